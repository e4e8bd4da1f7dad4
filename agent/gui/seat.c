/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/seat.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <time.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_primary_selection.h>
#include <wlr/types/wlr_seat.h>
#include <xkbcommon/xkbcommon.h>

#include "agent/gui/cursor.h"
#include "agent/gui/ime.h"
#include "agent/gui/surface.h"
#include "agent/gui/touch.h"
#include "agent/gui/window.h"

struct seat {
	struct server *server;
	struct wlr_seat *wlr;
	struct wlr_keyboard keyboard;
	struct xkb_context *xkb;
	struct window *kb_window; /* the host's keyboard focus; NULL: none */
	struct window *ptr_window;
	struct touch touch;
	uint32_t keys[WLR_KEYBOARD_KEYS_CAP]; /* down when kb_window got the focus */
	size_t nkeys;
	struct wl_listener request_cursor, request_selection, request_primary, request_drag;
	struct wl_listener keyboard_grab_end;
};

static const struct wlr_keyboard_impl keyboard_impl = { .name = "host" };

/* The topmost popup with a grab, of the client that has the keyboard; NULL: none. */
static struct window *seat_grabbing_popup(const struct seat *s)
{
	struct wl_client *client = wl_resource_get_client(s->kb_window->root->wlr->resource);
	struct window *w, *top = NULL;

	wl_list_for_each(w, &s->server->windows, link) {
		if (w->popup && w->popup->seat == s->wlr && w->root->wlr->mapped &&
			wl_resource_get_client(w->xdg->resource) == client)
			top = w;
	}
	return top;
}

/*
 * Gives the keyboard to the surface of the window that has it on the host, or
 * to the popup that grabs it there: xdg_popup.grab says that the topmost one
 * always has it, and menus of toolkits act on no key without. wlroots leaves
 * the focus where it was while a popup grabs, so its grab is gone around.
 */
void seat_sync_keyboard(struct seat *s)
{
	struct window *popup;

	if (!s->kb_window) {
		wlr_seat_keyboard_clear_focus(s->wlr);
		return;
	}
	popup = seat_grabbing_popup(s);
	wlr_seat_keyboard_enter(
		s->wlr, popup ? popup->root->wlr : s->kb_window->root->wlr, s->keys, s->nkeys, &s->keyboard.modifiers);
}

static void handle_keyboard_grab_end(struct wl_listener *listener, void *data)
{
	struct seat *s = wl_container_of(listener, s, keyboard_grab_end);

	seat_sync_keyboard(s);
}

static void handle_request_cursor(struct wl_listener *listener, void *data)
{
	struct seat *s = wl_container_of(listener, s, request_cursor);
	const struct wlr_seat_pointer_request_set_cursor_event *event = data;

	if (event->seat_client == s->wlr->pointer_state.focused_client)
		cursor_set_surface(s->server->cursor, event->surface, event->hotspot_x, event->hotspot_y);
}

static void handle_request_selection(struct wl_listener *listener, void *data)
{
	struct seat *s = wl_container_of(listener, s, request_selection);
	const struct wlr_seat_request_set_selection_event *event = data;

	wlr_seat_set_selection(s->wlr, event->source, event->serial);
}

static void handle_request_primary(struct wl_listener *listener, void *data)
{
	struct seat *s = wl_container_of(listener, s, request_primary);
	const struct wlr_seat_request_set_primary_selection_event *event = data;

	wlr_seat_set_primary_selection(s->wlr, event->source, event->serial);
}

static void handle_request_drag(struct wl_listener *listener, void *data)
{
	struct seat *s = wl_container_of(listener, s, request_drag);
	const struct wlr_seat_request_start_drag_event *event = data;

	if (!wlr_seat_validate_pointer_grab_serial(s->wlr, event->origin, event->serial)) {
		wlr_data_source_destroy(event->drag->source);
		return;
	}
	wlr_seat_start_pointer_drag(s->wlr, event->drag, event->serial);
	if (s->ptr_window && s->server->host_features & GUI_FEATURE_DRAG)
		server_send_plain(s->server, GUI_DRAG, s->ptr_window->id);
}

static void seat_listen(struct seat *s)
{
	s->request_cursor.notify = handle_request_cursor;
	wl_signal_add(&s->wlr->events.request_set_cursor, &s->request_cursor);
	s->request_selection.notify = handle_request_selection;
	wl_signal_add(&s->wlr->events.request_set_selection, &s->request_selection);
	s->request_primary.notify = handle_request_primary;
	wl_signal_add(&s->wlr->events.request_set_primary_selection, &s->request_primary);
	s->request_drag.notify = handle_request_drag;
	wl_signal_add(&s->wlr->events.request_start_drag, &s->request_drag);
	s->keyboard_grab_end.notify = handle_keyboard_grab_end;
	wl_signal_add(&s->wlr->events.keyboard_grab_end, &s->keyboard_grab_end);
}

static int seat_use_keymap(struct seat *s, struct xkb_keymap *keymap)
{
	if (!keymap)
		return -EINVAL;
	wlr_keyboard_set_keymap(&s->keyboard, keymap);
	xkb_keymap_unref(keymap);
	return 0;
}

struct seat *seat_create(struct server *server)
{
	struct seat *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->server = server;
	s->wlr = wlr_seat_create(server->display, "seat0");
	s->xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	if (!s->wlr || !s->xkb) {
		xkb_context_unref(s->xkb);
		free(s);
		return NULL;
	}
	wlr_keyboard_init(&s->keyboard, &keyboard_impl, "host");
	seat_use_keymap(s, xkb_keymap_new_from_names(s->xkb, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS));
	wlr_keyboard_set_repeat_info(&s->keyboard, 25, 600);
	wlr_seat_set_keyboard(s->wlr, &s->keyboard);
	wlr_seat_set_capabilities(s->wlr, WL_SEAT_CAPABILITY_KEYBOARD | WL_SEAT_CAPABILITY_POINTER);
	s->touch = (struct touch){ .server = server, .seat = s->wlr };
	seat_listen(s);
	return s;
}

void seat_destroy(struct seat *s)
{
	wl_list_remove(&s->request_cursor.link);
	wl_list_remove(&s->request_selection.link);
	wl_list_remove(&s->request_primary.link);
	wl_list_remove(&s->request_drag.link);
	wl_list_remove(&s->keyboard_grab_end.link);
	wlr_seat_destroy(s->wlr);
	wlr_keyboard_finish(&s->keyboard);
	xkb_context_unref(s->xkb);
	free(s);
}

int seat_set_keymap(struct seat *s, const char *text, size_t len)
{
	return seat_use_keymap(s,
		xkb_keymap_new_from_buffer(s->xkb, text, len, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS));
}

/* Who had the keyboard and who gets it may be the same window: then it keeps it. */
static void seat_set_keyboard_window(struct seat *s, struct window *w)
{
	struct window *old = s->kb_window;

	s->kb_window = w;
	if (old && old != w && old->ops->focus)
		old->ops->focus(old, false);
	if (w && old != w && w->ops->focus)
		w->ops->focus(w, true);
}

static void seat_kb_enter(struct seat *s, const struct gui_msg *g)
{
	seat_set_keyboard_window(s, window_find(s->server, g->head.win));
	s->nkeys = 0;
	for (unsigned i = 0; i < g->kb_enter.n && s->kb_window; i++)
		s->keys[s->nkeys++] = g->kb_enter.key[i];
	seat_sync_keyboard(s);
}

static void seat_kb_leave(struct seat *s)
{
	seat_set_keyboard_window(s, NULL);
	s->nkeys = 0;
	ime_keys_up(s->server->ime);
	seat_sync_keyboard(s);
}

/* An input method's keyboard may have been the last: the clients have its keymap then. */
static void seat_key(struct seat *s, const struct gui_key *k)
{
	if (ime_key(s->server->ime, k))
		return;
	wlr_seat_set_keyboard(s->wlr, &s->keyboard);
	wlr_seat_keyboard_notify_key(s->wlr, k->time_ms, k->key, k->pressed);
}

static void seat_mods(struct seat *s, const struct gui_mods *m)
{
	wlr_keyboard_notify_modifiers(&s->keyboard, m->depressed, m->latched, m->locked, m->group);
	if (ime_mods(s->server->ime))
		return;
	wlr_seat_set_keyboard(s->wlr, &s->keyboard);
	wlr_seat_keyboard_notify_modifiers(s->wlr, &s->keyboard.modifiers);
}

/*
 * Puts the pointer at a point of ptr_window's content. With a button down it
 * stays with the surface that it was pressed on, wherever it goes: an implicit
 * grab, as the protocol wants.
 */
static void seat_point(struct seat *s, const struct gui_ptr *p, bool motion)
{
	struct wlr_surface *held =
		s->wlr->pointer_state.button_count > 0 ? s->wlr->pointer_state.focused_surface : NULL;
	struct wlr_surface *at;
	double x = p->x / 256.0, y = p->y / 256.0, sx, sy;
	struct wlr_box geometry;
	int left, top;

	s->ptr_window->ops->geometry(s->ptr_window, &geometry);
	x += geometry.x;
	y += geometry.y;
	if (held && window_surface_at(s->ptr_window, held, &left, &top)) {
		sx = x - left;
		sy = y - top;
	} else {
		at = wlr_surface_surface_at(s->ptr_window->root->wlr, x, y, &sx, &sy);
		if (!at) {
			wlr_seat_pointer_notify_clear_focus(s->wlr);
			return;
		}
		wlr_seat_pointer_notify_enter(s->wlr, at, sx, sy);
	}
	if (motion)
		wlr_seat_pointer_notify_motion(s->wlr, p->time_ms, sx, sy);
	wlr_seat_pointer_notify_frame(s->wlr);
}

static void seat_ptr_enter(struct seat *s, const struct gui_msg *g)
{
	s->ptr_window = window_find(s->server, g->head.win);
	if (s->ptr_window && s->ptr_window->ops->pointed)
		s->ptr_window->ops->pointed(s->ptr_window);
	if (s->ptr_window && s->ptr_window->root->wlr->mapped)
		seat_point(s, &g->ptr, false);
}

static void seat_ptr_leave(struct seat *s)
{
	s->ptr_window = NULL;
	wlr_seat_pointer_notify_clear_focus(s->wlr);
	/* a button that was down when the host took the pointer away comes up unseen, but at the end of a drag */
	if (!s->wlr->drag)
		s->wlr->pointer_state.button_count = 0;
}

static void seat_axis(struct seat *s, const struct gui_axis *a)
{
	wlr_seat_pointer_notify_axis(s->wlr, a->time_ms,
		a->horizontal ? WL_POINTER_AXIS_HORIZONTAL_SCROLL : WL_POINTER_AXIS_VERTICAL_SCROLL,
		a->stop ? 0 : a->value / 256.0, a->value120, (enum wl_pointer_axis_source)a->source,
		WL_POINTER_AXIS_RELATIVE_DIRECTION_IDENTICAL);
	wlr_seat_pointer_notify_frame(s->wlr);
}

static void seat_button(struct seat *s, const struct gui_button *b)
{
	wlr_seat_pointer_notify_button(s->wlr, b->time_ms, b->button,
		b->pressed ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
	wlr_seat_pointer_notify_frame(s->wlr);
}

bool seat_handle(struct seat *s, const struct gui_msg *g)
{
	switch (g->head.type) {
	case GUI_KB_ENTER:
		seat_kb_enter(s, g);
		return true;
	case GUI_KB_LEAVE:
		seat_kb_leave(s);
		return true;
	case GUI_KEY:
		seat_key(s, &g->key);
		return true;
	case GUI_MODS:
		seat_mods(s, &g->mods);
		return true;
	case GUI_REPEAT:
		wlr_keyboard_set_repeat_info(&s->keyboard, (int32_t)g->repeat.per_s, (int32_t)g->repeat.delay_ms);
		return true;
	case GUI_PTR_ENTER:
		seat_ptr_enter(s, g);
		return true;
	case GUI_PTR_LEAVE:
		seat_ptr_leave(s);
		return true;
	case GUI_PTR_MOTION:
		if (s->ptr_window && s->ptr_window->root->wlr->mapped)
			seat_point(s, &g->ptr, true);
		return true;
	case GUI_PTR_BUTTON:
		seat_button(s, &g->button);
		return true;
	case GUI_PTR_AXIS:
		seat_axis(s, &g->axis);
		return true;
	default:
		return touch_handle(&s->touch, g);
	}
}

void seat_clear(struct seat *s)
{
	if (s->wlr->drag && s->wlr->drag->source)
		wlr_data_source_destroy(s->wlr->drag->source); /* its client hears that nothing comes of it */
	else if (s->wlr->drag)
		wlr_seat_pointer_end_grab(s->wlr);
	touch_clear(&s->touch);
	seat_ptr_leave(s);
	seat_kb_leave(s);
}

void seat_forget(struct seat *s, const struct window *w)
{
	if (s->ptr_window == w)
		seat_ptr_leave(s);
	if (s->kb_window == w)
		seat_kb_leave(s);
	touch_forget(&s->touch, w);
}

bool seat_is_pressed(const struct seat *s)
{
	return s->wlr->pointer_state.button_count > 0 || touch_held(&s->touch);
}

uint32_t seat_pointer_window(const struct seat *s)
{
	return s->ptr_window ? s->ptr_window->id : 0;
}

struct window *seat_keyboard_window(const struct seat *s)
{
	return s->kb_window;
}

void seat_press_escape(struct seat *s, struct wlr_surface *surface)
{
	struct timespec now;
	uint32_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
	wlr_seat_keyboard_enter(s->wlr, surface, NULL, 0, &s->keyboard.modifiers);
	wlr_seat_keyboard_send_key(s->wlr, ms, KEY_ESC, WL_KEYBOARD_KEY_STATE_PRESSED);
	wlr_seat_keyboard_send_key(s->wlr, ms, KEY_ESC, WL_KEYBOARD_KEY_STATE_RELEASED);
	seat_sync_keyboard(s);
}

struct wlr_keyboard *seat_keyboard(struct seat *s)
{
	return &s->keyboard;
}

struct wlr_seat *seat_wlr(struct seat *s)
{
	return s->wlr;
}
