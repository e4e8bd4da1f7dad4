/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An input method, as fcitx5 is one: while a text field is written to it has
 * the keyboard, shows candidates below the cursor and writes into the field. The
 * letter a is composed, the space bar chooses, backspace takes a letter of
 * the field back; all other keys are passed on by a keyboard of its own.
 *
 *	gui-method
 */
#include <err.h>
#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "input-method-client-protocol.h"
#include "tests/tools/sheet.h"
#include "tools-virtual-keyboard-client-protocol.h"

#define POPUP_W 120
#define POPUP_H 40

static struct {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct zwp_input_method_manager_v2 *methods;
	struct zwp_virtual_keyboard_manager_v1 *keyboards;
	struct zwp_input_method_v2 *method;
	struct zwp_virtual_keyboard_v1 *keyboard;
	struct zwp_input_method_keyboard_grab_v2 *grab; /* NULL: no field is active */
	struct wl_surface *popup;
	uint32_t serial; /* how many done events there were */
	bool active, wanted; /* now, after the next done */
} ime;

static void show_popup(bool on)
{
	wl_surface_attach(ime.popup, on ? sheet_buffer(ime.shm, POPUP_W, POPUP_H, 0xffc0c0ff) : NULL, 0, 0);
	wl_surface_damage_buffer(ime.popup, 0, 0, POPUP_W, POPUP_H);
	wl_surface_commit(ime.popup);
}

static void handle_grab_keymap(
	void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t format, int32_t fd, uint32_t size)
{
	zwp_virtual_keyboard_v1_keymap(ime.keyboard, format, fd, size);
	wl_display_flush(ime.display);
	close(fd);
}

static void handle_grab_key(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t serial, uint32_t time,
	uint32_t key, uint32_t state)
{
	printf("GRABBED %u %u\n", key, state);
	if (key == KEY_A && state) {
		zwp_input_method_v2_set_preedit_string(ime.method, "\xe3\x81\x82", 3, 3);
		show_popup(true);
	} else if (key == KEY_SPACE && state) {
		zwp_input_method_v2_commit_string(ime.method, "\xe6\x84\x9b");
		show_popup(false);
	} else if (key == KEY_BACKSPACE && state) {
		zwp_input_method_v2_delete_surrounding_text(ime.method, 1, 0);
	} else if (key != KEY_A && key != KEY_SPACE && key != KEY_BACKSPACE) {
		zwp_virtual_keyboard_v1_key(ime.keyboard, time, key, state);
		return;
	} else {
		return;
	}
	zwp_input_method_v2_commit(ime.method, ime.serial);
}

static void handle_grab_modifiers(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t serial,
	uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	zwp_virtual_keyboard_v1_modifiers(ime.keyboard, depressed, latched, locked, group);
}

static void handle_grab_repeat(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, int32_t rate, int32_t delay)
{
}

static const struct zwp_input_method_keyboard_grab_v2_listener grab_listener = {
	.keymap = handle_grab_keymap,
	.key = handle_grab_key,
	.modifiers = handle_grab_modifiers,
	.repeat_info = handle_grab_repeat,
};

static void handle_activate(void *data, struct zwp_input_method_v2 *m)
{
	ime.wanted = true;
}

static void handle_deactivate(void *data, struct zwp_input_method_v2 *m)
{
	ime.wanted = false;
}

static void handle_surrounding(
	void *data, struct zwp_input_method_v2 *m, const char *text, uint32_t cursor, uint32_t anchor)
{
	printf("SURROUNDING %s %u\n", text, cursor);
}

static void handle_cause(void *data, struct zwp_input_method_v2 *m, uint32_t cause)
{
}

static void handle_content_type(void *data, struct zwp_input_method_v2 *m, uint32_t hint, uint32_t purpose)
{
}

static void handle_done(void *data, struct zwp_input_method_v2 *m)
{
	ime.serial++;
	if (ime.active == ime.wanted)
		return;
	ime.active = ime.wanted;
	puts(ime.active ? "ACTIVE" : "IDLE");
	if (ime.active) {
		ime.grab = zwp_input_method_v2_grab_keyboard(m);
		zwp_input_method_keyboard_grab_v2_add_listener(ime.grab, &grab_listener, NULL);
	} else if (ime.grab) {
		zwp_input_method_keyboard_grab_v2_release(ime.grab);
		ime.grab = NULL;
	}
}

static void handle_unavailable(void *data, struct zwp_input_method_v2 *m)
{
	puts("UNAVAILABLE");
}

static const struct zwp_input_method_v2_listener method_listener = {
	.activate = handle_activate,
	.deactivate = handle_deactivate,
	.surrounding_text = handle_surrounding,
	.text_change_cause = handle_cause,
	.content_type = handle_content_type,
	.done = handle_done,
	.unavailable = handle_unavailable,
};

static void handle_rectangle(
	void *data, struct zwp_input_popup_surface_v2 *popup, int32_t x, int32_t y, int32_t w, int32_t h)
{
	printf("CURSOR %d %d %d %d\n", x, y, w, h);
}

static const struct zwp_input_popup_surface_v2_listener popup_listener = { .text_input_rectangle = handle_rectangle };

int main(void)
{
	const struct sheet_global globals[] = {
		{ &wl_compositor_interface, 4, (void **)&ime.compositor },
		{ &wl_shm_interface, 1, (void **)&ime.shm },
		{ &wl_seat_interface, 5, (void **)&ime.seat },
		{ &zwp_input_method_manager_v2_interface, 1, (void **)&ime.methods },
		{ &zwp_virtual_keyboard_manager_v1_interface, 1, (void **)&ime.keyboards },
	};

	setlinebuf(stdout);
	ime.display = sheet_connect(globals, sizeof(globals) / sizeof(globals[0]));
	ime.method = zwp_input_method_manager_v2_get_input_method(ime.methods, ime.seat);
	zwp_input_method_v2_add_listener(ime.method, &method_listener, NULL);
	ime.keyboard = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(ime.keyboards, ime.seat);
	ime.popup = wl_compositor_create_surface(ime.compositor);
	zwp_input_popup_surface_v2_add_listener(
		zwp_input_method_v2_get_input_popup_surface(ime.method, ime.popup), &popup_listener, NULL);
	puts("THERE");
	while (wl_display_dispatch(ime.display) >= 0)
		;
	return 0;
}
