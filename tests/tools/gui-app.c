/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An application that prints what its compositor says: keys as the characters
 * that they make, scrolling, fingers, and what an input method writes into its
 * text field. A window of 300 × 200; its field's cursor is at 20,30.
 *
 *	gui-app
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon-compose.h>
#include <xkbcommon/xkbcommon.h>

#include "tests/tools/sheet.h"
#include "text-input-unstable-v3-client-protocol.h"
#include "tools-xdg-shell-client-protocol.h"

#define WIDTH 300
#define HEIGHT 200

static struct {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct xdg_wm_base *wm_base;
	struct zwp_text_input_manager_v3 *texts;
	struct wl_surface *surface;
	struct wl_touch *touch;
	struct zwp_text_input_v3 *text;
	struct xkb_context *xkb;
	struct xkb_state *state;
	struct xkb_compose_state *compose; /* NULL: no dead keys in this locale */
	bool shown;
} app;

/* --- keyboard --- */

static void handle_keymap(void *data, struct wl_keyboard *k, uint32_t format, int32_t fd, uint32_t size)
{
	char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	struct xkb_keymap *keymap;

	close(fd);
	if (text == MAP_FAILED)
		err(1, "keymap");
	keymap = xkb_keymap_new_from_buffer(
		app.xkb, text, size - 1, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	munmap(text, size);
	xkb_state_unref(app.state);
	app.state = keymap ? xkb_state_new(keymap) : NULL;
	printf("KEYMAP %s\n", keymap ? xkb_keymap_layout_get_name(keymap, 0) : "none");
	xkb_keymap_unref(keymap);
}

static void handle_enter(
	void *data, struct wl_keyboard *k, uint32_t serial, struct wl_surface *s, struct wl_array *keys)
{
	puts("FOCUS");
}

static void handle_leave(void *data, struct wl_keyboard *k, uint32_t serial, struct wl_surface *s)
{
	puts("NO FOCUS");
}

/* A key, or with those before it the character that they compose. */
static void print_character(uint32_t code)
{
	xkb_keysym_t sym = xkb_state_key_get_one_sym(app.state, code);
	char text[64] = "";

	if (app.compose && xkb_compose_state_feed(app.compose, sym) == XKB_COMPOSE_FEED_ACCEPTED) {
		enum xkb_compose_status status = xkb_compose_state_get_status(app.compose);

		if (status == XKB_COMPOSE_COMPOSING)
			return;
		if (status == XKB_COMPOSE_COMPOSED) {
			xkb_compose_state_get_utf8(app.compose, text, sizeof(text));
			xkb_compose_state_reset(app.compose);
			printf("TYPED %s\n", text);
			return;
		}
	}
	xkb_state_key_get_utf8(app.state, code, text, sizeof(text));
	printf("TYPED %s\n", text);
}

static void handle_key(void *data, struct wl_keyboard *k, uint32_t serial, uint32_t time, uint32_t key, uint32_t state)
{
	printf("KEY %u %u\n", key, state);
	if (state && app.state)
		print_character(key + 8);
}

static void handle_modifiers(void *data, struct wl_keyboard *k, uint32_t serial, uint32_t depressed, uint32_t latched,
	uint32_t locked, uint32_t group)
{
	if (app.state)
		xkb_state_update_mask(app.state, depressed, latched, locked, 0, 0, group);
}

static void handle_repeat(void *data, struct wl_keyboard *k, int32_t rate, int32_t delay)
{
	printf("REPEAT %d %d\n", rate, delay);
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = handle_enter,
	.leave = handle_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.repeat_info = handle_repeat,
};

/* --- pointer --- */

static void handle_pointer_enter(
	void *data, struct wl_pointer *p, uint32_t serial, struct wl_surface *s, wl_fixed_t x, wl_fixed_t y)
{
	printf("POINTER %g %g\n", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void handle_pointer_leave(void *data, struct wl_pointer *p, uint32_t serial, struct wl_surface *s)
{
}

static void handle_motion(void *data, struct wl_pointer *p, uint32_t time, wl_fixed_t x, wl_fixed_t y)
{
}

static void handle_button(
	void *data, struct wl_pointer *p, uint32_t serial, uint32_t time, uint32_t button, uint32_t state)
{
	printf("BUTTON %x %u\n", button, state);
}

static void handle_axis(void *data, struct wl_pointer *p, uint32_t time, uint32_t axis, wl_fixed_t value)
{
	printf("AXIS %u %g\n", axis, wl_fixed_to_double(value));
}

static void handle_frame(void *data, struct wl_pointer *p)
{
}

static void handle_axis_source(void *data, struct wl_pointer *p, uint32_t source)
{
	printf("SOURCE %u\n", source);
}

static void handle_axis_stop(void *data, struct wl_pointer *p, uint32_t time, uint32_t axis)
{
	printf("STOP %u\n", axis);
}

static void handle_axis_discrete(void *data, struct wl_pointer *p, uint32_t axis, int32_t steps)
{
	printf("STEPS %u %d\n", axis, steps);
}

static void handle_axis_value120(void *data, struct wl_pointer *p, uint32_t axis, int32_t value)
{
	printf("VALUE120 %u %d\n", axis, value);
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_pointer_enter,
	.leave = handle_pointer_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.frame = handle_frame,
	.axis_source = handle_axis_source,
	.axis_stop = handle_axis_stop,
	.axis_discrete = handle_axis_discrete,
	.axis_value120 = handle_axis_value120,
};

/* --- touch --- */

static void handle_down(void *data, struct wl_touch *t, uint32_t serial, uint32_t time, struct wl_surface *s,
	int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	printf("DOWN %d %g %g\n", id, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void handle_up(void *data, struct wl_touch *t, uint32_t serial, uint32_t time, int32_t id)
{
	printf("UP %d\n", id);
}

static void handle_touch_motion(void *data, struct wl_touch *t, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	printf("MOVED %d %g %g\n", id, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void handle_touch_frame(void *data, struct wl_touch *t)
{
	puts("FRAME");
}

static void handle_cancel(void *data, struct wl_touch *t)
{
	puts("CANCEL");
}

static void handle_shape(void *data, struct wl_touch *t, int32_t id, wl_fixed_t major, wl_fixed_t minor)
{
}

static void handle_orientation(void *data, struct wl_touch *t, int32_t id, wl_fixed_t orientation)
{
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = handle_touch_motion,
	.frame = handle_touch_frame,
	.cancel = handle_cancel,
	.shape = handle_shape,
	.orientation = handle_orientation,
};

static void handle_capabilities(void *data, struct wl_seat *seat, uint32_t caps)
{
	bool there = caps & WL_SEAT_CAPABILITY_TOUCH;

	printf("TOUCH SCREEN %d\n", there);
	if (there && !app.touch) {
		app.touch = wl_seat_get_touch(seat);
		wl_touch_add_listener(app.touch, &touch_listener, NULL);
	}
}

static void handle_name(void *data, struct wl_seat *seat, const char *name)
{
}

static const struct wl_seat_listener seat_listener = { .capabilities = handle_capabilities, .name = handle_name };

/* --- text field --- */

static void handle_text_enter(void *data, struct zwp_text_input_v3 *t, struct wl_surface *s)
{
	puts("FIELD");
	zwp_text_input_v3_enable(t);
	zwp_text_input_v3_set_surrounding_text(t, "before", 6, 6);
	zwp_text_input_v3_set_content_type(t, 0, 0);
	zwp_text_input_v3_set_cursor_rectangle(t, 20, 30, 2, 10);
	zwp_text_input_v3_commit(t);
}

static void handle_text_leave(void *data, struct zwp_text_input_v3 *t, struct wl_surface *s)
{
	puts("NO FIELD");
	zwp_text_input_v3_disable(t);
	zwp_text_input_v3_commit(t);
}

static void handle_preedit(void *data, struct zwp_text_input_v3 *t, const char *text, int32_t from, int32_t to)
{
	printf("PREEDIT %s\n", text ? text : "");
}

static void handle_commit(void *data, struct zwp_text_input_v3 *t, const char *text)
{
	printf("TEXT %s\n", text ? text : "");
}

static void handle_delete(void *data, struct zwp_text_input_v3 *t, uint32_t before, uint32_t after)
{
	printf("DELETE %u %u\n", before, after);
}

static void handle_done(void *data, struct zwp_text_input_v3 *t, uint32_t serial)
{
}

static const struct zwp_text_input_v3_listener text_listener = {
	.enter = handle_text_enter,
	.leave = handle_text_leave,
	.preedit_string = handle_preedit,
	.commit_string = handle_commit,
	.delete_surrounding_text = handle_delete,
	.done = handle_done,
};

/* --- window --- */

static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial)
{
	xdg_surface_ack_configure(xdg, serial);
	if (!app.shown)
		wl_surface_attach(app.surface, sheet_buffer(app.shm, WIDTH, HEIGHT, 0xff204060), 0, 0);
	app.shown = true;
	wl_surface_damage_buffer(app.surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(app.surface);
}

static const struct xdg_surface_listener surface_listener = { .configure = handle_configure };

static void handle_toplevel(void *data, struct xdg_toplevel *t, int32_t w, int32_t h, struct wl_array *states)
{
}

static void handle_close(void *data, struct xdg_toplevel *t)
{
	exit(0);
}

static void handle_bounds(void *data, struct xdg_toplevel *t, int32_t w, int32_t h)
{
}

static void handle_can(void *data, struct xdg_toplevel *t, struct wl_array *capabilities)
{
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel,
	.close = handle_close,
	.configure_bounds = handle_bounds,
	.wm_capabilities = handle_can,
};

static void open_window(void)
{
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel;

	app.surface = wl_compositor_create_surface(app.compositor);
	xdg = xdg_wm_base_get_xdg_surface(app.wm_base, app.surface);
	xdg_surface_add_listener(xdg, &surface_listener, NULL);
	toplevel = xdg_surface_get_toplevel(xdg);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, NULL);
	wl_surface_commit(app.surface);
}

int main(void)
{
	const struct sheet_global globals[] = {
		{ &wl_compositor_interface, 4, (void **)&app.compositor },
		{ &wl_shm_interface, 1, (void **)&app.shm },
		{ &wl_seat_interface, 8, (void **)&app.seat },
		{ &xdg_wm_base_interface, 1, (void **)&app.wm_base },
		{ &zwp_text_input_manager_v3_interface, 1, (void **)&app.texts },
	};
	struct xkb_compose_table *table;

	setlinebuf(stdout);
	app.xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	table = xkb_compose_table_new_from_locale(app.xkb, "en_US.UTF-8", XKB_COMPOSE_COMPILE_NO_FLAGS);
	app.compose = table ? xkb_compose_state_new(table, XKB_COMPOSE_STATE_NO_FLAGS) : NULL;
	app.display = sheet_connect(globals, sizeof(globals) / sizeof(globals[0]));
	wl_seat_add_listener(app.seat, &seat_listener, NULL);
	wl_keyboard_add_listener(wl_seat_get_keyboard(app.seat), &keyboard_listener, NULL);
	wl_pointer_add_listener(wl_seat_get_pointer(app.seat), &pointer_listener, NULL);
	app.text = zwp_text_input_manager_v3_get_text_input(app.texts, app.seat);
	zwp_text_input_v3_add_listener(app.text, &text_listener, NULL);
	open_window();
	while (wl_display_dispatch(app.display) >= 0)
		;
	return 0;
}
