/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A keyboard for tests: presses keys of an ordinary keymap on a wlroots
 * compositor. wtype makes a keymap of its own for each call, in which GTK's
 * menus, natively too, act on no key.
 *
 *	keys CODE[+CODE…][@MS]…
 *	keys -
 *
 * Between them layout=LAYOUTS changes the keymap to these of xkb, as in us,ru, and group=N uses its Nth layout, 0 the
 * first. CODE: a key's number in linux/input-event-codes.h; each is pressed and released, those joined by + are held together,
 * for MS where that is said. With "-" the words come from standard input, and "done" is printed for each line: the
 * keyboard is there all the time, as a real one is.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client.h>
#include <xkbcommon/xkbcommon.h>

#include "base/fd.h"
#include "virtual-keyboard-client-protocol.h"

#define STEP_MS 50
#define CHORD_MAX 4
#define XKB_OFFSET 8 /* of a key's number in xkb */

struct keyboard {
	struct wl_display *display;
	struct wl_seat *seat;
	struct zwp_virtual_keyboard_manager_v1 *manager;
	struct zwp_virtual_keyboard_v1 *wl;
	struct xkb_state *state; /* what the keys make of the modifiers: nobody else does for a virtual keyboard */
	xkb_layout_index_t group;
	uint32_t time;
};

static void handle_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	struct keyboard *k = data;

	if (strcmp(interface, zwp_virtual_keyboard_manager_v1_interface.name) == 0)
		k->manager = wl_registry_bind(registry, name, &zwp_virtual_keyboard_manager_v1_interface, 1);
	else if (strcmp(interface, wl_seat_interface.name) == 0 && !k->seat)
		k->seat = wl_registry_bind(registry, name, &wl_seat_interface, 1);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void send_keymap(struct keyboard *k, const char *layouts)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	const struct xkb_rule_names names = { .layout = layouts };
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	char *text = keymap ? xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1) : NULL;
	int fd = text ? fd_memfd_data("keymap", text, strlen(text) + 1) : -1;

	if (fd < 0)
		errx(1, "no keymap");
	zwp_virtual_keyboard_v1_keymap(k->wl, XKB_KEYMAP_FORMAT_TEXT_V1, fd, (uint32_t)strlen(text) + 1);
	wl_display_roundtrip(k->display);
	close(fd);
	free(text);
	xkb_state_unref(k->state);
	k->state = xkb_state_new(keymap);
	k->group = 0;
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	usleep(200000); /* the focused client gets the new keymap */
}

static void send_modifiers(struct keyboard *k)
{
	zwp_virtual_keyboard_v1_modifiers(k->wl, xkb_state_serialize_mods(k->state, XKB_STATE_MODS_DEPRESSED), 0,
		xkb_state_serialize_mods(k->state, XKB_STATE_MODS_LOCKED), k->group);
}

static void step(struct keyboard *k, uint32_t code, uint32_t state)
{
	enum xkb_key_direction direction = state == WL_KEYBOARD_KEY_STATE_PRESSED ? XKB_KEY_DOWN : XKB_KEY_UP;

	zwp_virtual_keyboard_v1_key(k->wl, k->time, code, state);
	if (xkb_state_update_key(k->state, code + XKB_OFFSET, direction))
		send_modifiers(k);
	wl_display_roundtrip(k->display);
	usleep(STEP_MS * 1000);
	k->time += STEP_MS;
}

static void hold(struct keyboard *k, uint32_t msec)
{
	usleep(msec * 1000);
	k->time += msec;
}

/* Presses the keys of "CODE+CODE…" in their order and lets them go the other way round. */
static void chord(struct keyboard *k, const char *word)
{
	uint32_t codes[CHORD_MAX];
	int n = 0;
	char *end;

	do {
		codes[n++] = (uint32_t)strtol(word, &end, 10);
		word = end + 1;
	} while (*end == '+' && n < CHORD_MAX);
	for (int i = 0; i < n; i++)
		step(k, codes[i], WL_KEYBOARD_KEY_STATE_PRESSED);
	if (*end == '@')
		hold(k, (uint32_t)strtoul(word, NULL, 10));
	while (n-- > 0)
		step(k, codes[n], WL_KEYBOARD_KEY_STATE_RELEASED);
}

static void obey_word(struct keyboard *k, const char *word)
{
	if (strncmp(word, "layout=", 7) == 0) {
		send_keymap(k, word + 7);
	} else if (strncmp(word, "group=", 6) == 0) {
		k->group = (xkb_layout_index_t)strtoul(word + 6, NULL, 10);
		send_modifiers(k);
		wl_display_roundtrip(k->display);
	} else {
		chord(k, word);
	}
}

static void obey_lines(struct keyboard *k)
{
	char line[256], *rest, *word;

	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		rest = line;
		while ((word = strsep(&rest, " \n"))) {
			if (*word)
				obey_word(k, word);
		}
		puts("done");
	}
}

int main(int argc, char **argv)
{
	struct keyboard k = { .display = wl_display_connect(NULL), .time = 1000 };

	if (argc < 2 || !k.display)
		errx(2, "usage: keys CODE…, with WAYLAND_DISPLAY set");
	wl_registry_add_listener(wl_display_get_registry(k.display), &registry_listener, &k);
	wl_display_roundtrip(k.display);
	if (!k.manager || !k.seat)
		errx(2, "this compositor has no virtual keyboard");
	k.wl = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(k.manager, k.seat);
	send_keymap(&k, NULL);
	setlinebuf(stdout);
	if (strcmp(argv[1], "-") == 0)
		obey_lines(&k);
	else
		while (*++argv)
			obey_word(&k, *argv);
	zwp_virtual_keyboard_v1_destroy(k.wl);
	wl_display_roundtrip(k.display);
	wl_display_disconnect(k.display);
	xkb_state_unref(k.state);
	return 0;
}
