/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What clients ask of a compositor. The few requests that matter here have a
 * row in a table; of all others it is enough that the objects they make exist.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xkbcommon/xkbcommon.h>

#include "bench-fractional-scale-server-protocol.h"
#include "bench-viewporter-server-protocol.h"
#include "bench-xdg-output-server-protocol.h"
#include "bench-xdg-shell-server-protocol.h"
#include "tests/bench/screen.h"

static void on_attach(struct wl_resource *r, union wl_argument *args);
static void on_damage(struct wl_resource *r, union wl_argument *args);
static void on_frame(struct wl_resource *r, union wl_argument *args);
static void on_commit(struct wl_resource *r, union wl_argument *args);
static void on_xdg_surface(struct wl_resource *r, union wl_argument *args);
static void on_toplevel(struct wl_resource *r, union wl_argument *args);
static void on_popup(struct wl_resource *r, union wl_argument *args);
static void on_keyboard(struct wl_resource *r, union wl_argument *args);

/* After the objects that a request makes have been made: the arguments hold their ids still. */
static const struct {
	const struct wl_interface *of;
	const char *name;
	void (*handle)(struct wl_resource *r, union wl_argument *args);
} requests[] = {
	{ &wl_surface_interface, "attach", on_attach },
	{ &wl_surface_interface, "damage_buffer", on_damage },
	{ &wl_surface_interface, "damage", on_damage },
	{ &wl_surface_interface, "frame", on_frame },
	{ &wl_surface_interface, "commit", on_commit },
	{ &xdg_wm_base_interface, "get_xdg_surface", on_xdg_surface },
	{ &xdg_surface_interface, "get_toplevel", on_toplevel },
	{ &xdg_surface_interface, "get_popup", on_popup },
	{ &wl_seat_interface, "get_keyboard", on_keyboard },
	{ &wl_seat_interface, "get_touch", on_touch },
	{ &wp_viewporter_interface, "get_viewport", on_viewport },
	{ &wp_viewport_interface, "set_source", on_source },
	{ &wp_viewport_interface, "set_destination", on_destination },
	{ &wp_fractional_scale_manager_v1_interface, "get_fractional_scale", on_fractional },
	{ &zxdg_output_manager_v1_interface, "get_xdg_output", on_xdg_output },
};

static struct wl_resource *object(struct wl_resource *r, uint32_t id)
{
	return wl_client_get_object(wl_resource_get_client(r), id);
}

static void handle_surface_end(struct wl_resource *r)
{
	struct surface *s = wl_resource_get_user_data(r);
	struct wl_resource *callback, *next;

	wl_resource_for_each_safe(callback, next, &s->callbacks) wl_resource_destroy(callback);
	if (s->buffer)
		wl_list_remove(&s->buffer_gone.link);
	wl_list_remove(&s->link);
	free(s->grid);
	free(s->copy);
	free(s);
}

struct surface *surface_nth(unsigned n)
{
	struct surface *s;

	wl_list_for_each_reverse(s, &screen.surfaces, link) {
		if (n-- == 0)
			return s;
	}
	return NULL;
}

static void handle_unlink(struct wl_resource *r)
{
	wl_list_remove(wl_resource_get_link(r));
}

static struct surface *surface_create(struct wl_resource *r)
{
	struct surface *s = calloc(1, sizeof(*s));

	if (!s)
		exit(1);
	s->wl = r;
	s->probe = -1;
	wl_list_init(&s->callbacks);
	wl_list_insert(&screen.surfaces, &s->link);
	return s;
}

static int dispatch(const void *interface, void *target, uint32_t opcode, const struct wl_message *message,
	union wl_argument *args);

static void make(struct wl_resource *parent, const struct wl_interface *type, uint32_t id)
{
	struct wl_resource *r =
		wl_resource_create(wl_resource_get_client(parent), type, wl_resource_get_version(parent), id);

	if (!r)
		exit(1);
	if (type == &wl_surface_interface) {
		wl_resource_set_dispatcher(r, dispatch, type, surface_create(r), handle_surface_end);
	} else if (type == &wl_callback_interface || type == &wl_keyboard_interface || type == &wl_touch_interface) {
		wl_list_init(wl_resource_get_link(r));
		wl_resource_set_dispatcher(r, dispatch, type, NULL, handle_unlink);
	} else {
		wl_resource_set_dispatcher(r, dispatch, type, NULL, NULL);
	}
}

static int dispatch(
	const void *interface, void *target, uint32_t opcode, const struct wl_message *message, union wl_argument *args)
{
	struct wl_resource *r = target;
	int n = 0;

	for (const char *c = message->signature; *c; c++) {
		if (*c == '?' || (*c >= '0' && *c <= '9'))
			continue;
		if (*c == 'n')
			make(r, message->types[n], args[n].n);
		else if (*c == 'h')
			close(args[n].h);
		n++;
	}
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (requests[i].of == interface && !strcmp(requests[i].name, message->name)) {
			requests[i].handle(r, args);
			return 0;
		}
	}
	if (!strcmp(message->name, "destroy") || !strcmp(message->name, "release"))
		wl_resource_destroy(r);
	return 0;
}

/* --- surfaces --- */

static void handle_buffer_gone(struct wl_listener *listener, void *data)
{
	struct surface *s = wl_container_of(listener, s, buffer_gone);

	s->buffer = NULL;
}

static void on_attach(struct wl_resource *r, union wl_argument *args)
{
	struct surface *s = wl_resource_get_user_data(r);

	if (s->buffer)
		wl_list_remove(&s->buffer_gone.link);
	s->buffer = (struct wl_resource *)args[0].o;
	s->buffer_gone.notify = handle_buffer_gone;
	if (s->buffer)
		wl_resource_add_destroy_listener(s->buffer, &s->buffer_gone);
}

static void on_damage(struct wl_resource *r, union wl_argument *args)
{
	struct surface *s = wl_resource_get_user_data(r);

	if (s->nrects == RECTS_MAX)
		s->rects[s->nrects - 1] = (struct rect){ 0, 0, INT16_MAX, INT16_MAX };
	else
		s->rects[s->nrects++] = (struct rect){ args[0].i, args[1].i, args[2].i, args[3].i };
}

static void on_frame(struct wl_resource *r, union wl_argument *args)
{
	struct surface *s = wl_resource_get_user_data(r);

	wl_list_insert(s->callbacks.prev, wl_resource_get_link(object(r, args[0].n)));
}

/* Its size is its own to choose, or @w × @h, maximised. */
static void configure(struct surface *s, int w, int h)
{
	struct wl_array states;
	uint32_t *state;

	wl_array_init(&states);
	state = wl_array_add(&states, sizeof(*state));
	if (state)
		*state = XDG_TOPLEVEL_STATE_ACTIVATED;
	state = w > 0 ? wl_array_add(&states, sizeof(*state)) : NULL;
	if (state)
		*state = XDG_TOPLEVEL_STATE_MAXIMIZED;
	xdg_toplevel_send_configure(s->toplevel, w, h, &states);
	wl_array_release(&states);
	xdg_surface_send_configure(s->xdg, ++screen.serial);
	s->configured = true;
}

void shell_maximise(int w, int h)
{
	struct surface *s;

	wl_list_for_each(s, &screen.surfaces, link) {
		if (s->focused && s->toplevel)
			configure(s, w, h);
	}
}

/* The newest window has the keyboard. */
static void focus(struct surface *s)
{
	struct wl_resource *keyboard;
	struct surface *other;
	struct wl_array keys;

	wl_array_init(&keys);
	wl_resource_for_each(keyboard, &screen.keyboards)
	{
		wl_list_for_each(other, &screen.surfaces, link) {
			if (other->focused && wl_resource_get_client(other->wl) == wl_resource_get_client(keyboard))
				wl_keyboard_send_leave(keyboard, ++screen.serial, other->wl);
		}
		if (wl_resource_get_client(keyboard) != wl_resource_get_client(s->wl))
			continue;
		wl_keyboard_send_enter(keyboard, ++screen.serial, s->wl, &keys);
		wl_keyboard_send_modifiers(keyboard, ++screen.serial, 0, 0, 0, 0);
	}
	wl_list_for_each(other, &screen.surfaces, link)
		other->focused = other == s;
}

/* As a compositor that draws by a graphics card does: the pixels are taken at once, and the buffer goes back. */
static void take_buffer(struct surface *s)
{
	struct wl_shm_buffer *buffer = wl_shm_buffer_get(s->buffer);
	bool changed = buffer && surface_touch(s, buffer);

	screen.counts.commits += s->nrects > 0;
	wl_list_remove(&s->buffer_gone.link);
	wl_buffer_send_release(s->buffer);
	s->buffer = NULL;
	s->nrects = 0;
	if (s->toplevel && !s->mapped) {
		s->mapped = true;
		focus(s);
	}
	screen.counts.frames += changed;
	ask_changed(changed);
}

static void on_commit(struct wl_resource *r, union wl_argument *args)
{
	struct surface *s = wl_resource_get_user_data(r);
	struct wl_resource *callback, *next;

	if (s->toplevel && !s->configured)
		configure(s, 0, 0);
	if (s->buffer)
		take_buffer(s);
	wl_resource_for_each_safe(callback, next, &s->callbacks)
	{
		wl_callback_send_done(callback, (uint32_t)(now_ns() / 1000000));
		wl_resource_destroy(callback);
	}
}

/* --- xdg-shell --- */

static void on_xdg_surface(struct wl_resource *r, union wl_argument *args)
{
	struct surface *s = wl_resource_get_user_data((struct wl_resource *)args[1].o);

	s->xdg = object(r, args[0].n);
	s->configured = false;
	wl_resource_set_user_data(s->xdg, s);
}

static void handle_toplevel_end(struct wl_resource *r)
{
	struct surface *s;

	wl_list_for_each(s, &screen.surfaces, link) {
		if (s->toplevel != r)
			continue;
		s->toplevel = NULL;
		s->focused = s->mapped = s->configured = false;
	}
}

static void on_toplevel(struct wl_resource *r, union wl_argument *args)
{
	struct surface *s = wl_resource_get_user_data(r);

	s->toplevel = object(r, args[0].n);
	wl_resource_set_destructor(s->toplevel, handle_toplevel_end);
}

static void on_popup(struct wl_resource *r, union wl_argument *args)
{
	xdg_popup_send_configure(object(r, args[0].n), 0, 0, 100, 100);
	xdg_surface_send_configure(r, ++screen.serial);
}

/* --- input --- */

static void on_keyboard(struct wl_resource *r, union wl_argument *args)
{
	struct wl_resource *keyboard = object(r, args[0].n);
	struct surface *s;

	wl_list_insert(&screen.keyboards, wl_resource_get_link(keyboard));
	wl_keyboard_send_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, screen.keymap, screen.keymap_size);
	if (wl_resource_get_version(keyboard) >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION)
		wl_keyboard_send_repeat_info(keyboard, 0, 0);
	wl_list_for_each(s, &screen.surfaces, link) {
		if (s->focused && wl_resource_get_client(s->wl) == wl_resource_get_client(keyboard)) {
			focus(s);
			break;
		}
	}
}

void shell_key(uint32_t key, bool pressed)
{
	struct wl_resource *keyboard;
	struct surface *s;

	wl_list_for_each(s, &screen.surfaces, link) {
		wl_resource_for_each(keyboard, &screen.keyboards)
		{
			if (s->focused && wl_resource_get_client(keyboard) == wl_resource_get_client(s->wl))
				wl_keyboard_send_key(keyboard, ++screen.serial, (uint32_t)(now_ns() / 1000000), key,
					pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
		}
	}
}

static bool make_keymap(void)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_rule_names names = { .layout = "us" };
	struct xkb_keymap *keymap = context ? xkb_keymap_new_from_names(context, &names, 0) : NULL;
	char *text = keymap ? xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1) : NULL;
	size_t size = text ? strlen(text) + 1 : 0;

	screen.keymap = memfd_create("keymap", MFD_CLOEXEC);
	screen.keymap_size = (uint32_t)size;
	return text && screen.keymap >= 0 && write(screen.keymap, text, size) == (ssize_t)size;
}

/* --- globals --- */

static void send_output(struct wl_resource *r)
{
	wl_output_send_geometry(r, 0, 0, 600, 340, 0, "vmOS", "bench", 0);
	wl_output_send_mode(r, WL_OUTPUT_MODE_CURRENT | WL_OUTPUT_MODE_PREFERRED, SCREEN_W, SCREEN_H, 60000);
	if (wl_resource_get_version(r) >= WL_OUTPUT_SCALE_SINCE_VERSION)
		wl_output_send_scale(r, (int)(screen.scale120 + 119) / 120);
	if (wl_resource_get_version(r) >= WL_OUTPUT_DONE_SINCE_VERSION)
		wl_output_send_done(r);
}

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	const struct wl_interface *type = data;
	struct wl_resource *r = wl_resource_create(client, type, (int)version, id);

	if (!r)
		exit(1);
	wl_resource_set_dispatcher(r, dispatch, type, NULL, NULL);
	if (type == &wl_output_interface)
		send_output(r);
	if (type == &wl_seat_interface) {
		wl_seat_send_capabilities(
			r, WL_SEAT_CAPABILITY_KEYBOARD | (screen.touches ? WL_SEAT_CAPABILITY_TOUCH : 0));
		if (version >= WL_SEAT_NAME_SINCE_VERSION)
			wl_seat_send_name(r, "seat0");
	}
}

bool shell_init(void)
{
	const struct {
		const struct wl_interface *type;
		int version;
	} globals[] = {
		{ &wl_compositor_interface, 4 },
		{ &wl_subcompositor_interface, 1 },
		{ &wl_data_device_manager_interface, 3 },
		{ &wl_output_interface, 3 },
		{ &wl_seat_interface, 5 },
		{ &wp_viewporter_interface, 1 },
		{ &xdg_wm_base_interface, 2 },
		{ &wp_fractional_scale_manager_v1_interface, 1 },
		{ &zxdg_output_manager_v1_interface, 3 },
	};
	/* Where the scale is 1 it is the screen of the benchmark, which has no more than it had. */
	size_t n = sizeof(globals) / sizeof(globals[0]) - (screen.scale120 == 120 ? 2 : 0);

	wl_list_init(&screen.surfaces);
	wl_list_init(&screen.keyboards);
	touch_init();
	for (size_t i = 0; i < n; i++) {
		if (!wl_global_create(
			    screen.display, globals[i].type, globals[i].version, (void *)globals[i].type, bind))
			return false;
	}
	return wl_display_init_shm(screen.display) == 0 && make_keymap();
}
