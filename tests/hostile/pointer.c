/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mouse for tests: moves the pointer of a wlroots compositor by commands.
 *
 *	pointer WIDTH HEIGHT COMMAND…
 *
 * move X Y, down, up, click, right, wheel STEPS, sleep MS. WIDTH × HEIGHT: of all outputs together.
 */
#include <err.h>
#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#include "virtual-pointer-client-protocol.h"

struct mouse {
	struct wl_display *display;
	struct zwlr_virtual_pointer_manager_v1 *manager;
	struct zwlr_virtual_pointer_v1 *pointer;
	uint32_t w, h, time;
};

static void handle_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	struct mouse *m = data;

	if (strcmp(interface, zwlr_virtual_pointer_manager_v1_interface.name) == 0)
		m->manager = wl_registry_bind(registry, name, &zwlr_virtual_pointer_manager_v1_interface, 1);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void end_step(struct mouse *m)
{
	zwlr_virtual_pointer_v1_frame(m->pointer);
	wl_display_roundtrip(m->display);
	usleep(30000);
	m->time += 30;
}

static void press(struct mouse *m, uint32_t button, bool down)
{
	zwlr_virtual_pointer_v1_button(m->pointer, m->time, button, down);
	end_step(m);
}

static uint32_t number(char ***argv)
{
	if (!**argv)
		errx(2, "a number is missing");
	return (uint32_t)strtol(*(*argv)++, NULL, 10);
}

static void wheel(struct mouse *m, int steps)
{
	zwlr_virtual_pointer_v1_axis_source(m->pointer, WL_POINTER_AXIS_SOURCE_WHEEL);
	zwlr_virtual_pointer_v1_axis_discrete(
		m->pointer, m->time, WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_int(steps * 15), steps);
	end_step(m);
}

static void obey(struct mouse *m, char ***argv)
{
	const char *word = *(*argv)++;

	if (strcmp(word, "move") == 0) {
		uint32_t x = number(argv), y = number(argv);

		zwlr_virtual_pointer_v1_motion_absolute(m->pointer, m->time, x, y, m->w, m->h);
		end_step(m);
	} else if (strcmp(word, "sleep") == 0) {
		usleep(number(argv) * 1000);
	} else if (strcmp(word, "wheel") == 0) {
		wheel(m, (int)number(argv));
	} else if (strcmp(word, "down") == 0 || strcmp(word, "up") == 0) {
		press(m, BTN_LEFT, word[0] == 'd');
	} else if (strcmp(word, "click") == 0 || strcmp(word, "right") == 0) {
		press(m, word[0] == 'c' ? BTN_LEFT : BTN_RIGHT, true);
		press(m, word[0] == 'c' ? BTN_LEFT : BTN_RIGHT, false);
	} else {
		errx(2, "unknown command %s", word);
	}
}

int main(int argc, char **argv)
{
	struct mouse m = { .display = wl_display_connect(NULL), .time = 1000 };

	if (argc < 4 || !m.display)
		errx(2, "usage: pointer WIDTH HEIGHT COMMAND…, with WAYLAND_DISPLAY set");
	wl_registry_add_listener(wl_display_get_registry(m.display), &registry_listener, &m);
	wl_display_roundtrip(m.display);
	if (!m.manager)
		errx(2, "this compositor has no virtual pointer");
	argv++;
	m.w = number(&argv);
	m.h = number(&argv);
	m.pointer = zwlr_virtual_pointer_manager_v1_create_virtual_pointer(m.manager, NULL);
	wl_display_roundtrip(m.display);
	usleep(100000); /* clients bind the new pointer */
	while (*argv)
		obey(&m, &argv);
	zwlr_virtual_pointer_v1_destroy(m.pointer);
	wl_display_roundtrip(m.display);
	wl_display_disconnect(m.display);
	return 0;
}
