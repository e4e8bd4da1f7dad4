/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text field hears of the keyboard's focus only while there is an input
 * method: toolkits compose by themselves until then. One field of one client
 * is active at a time.
 */
#include "agent/gui/ime.h"

#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_input_method_v2.h>
#include <wlr/types/wlr_text_input_v3.h>
#include <wlr/types/wlr_virtual_keyboard_v1.h>

#include "agent/gui/seat.h"

#define KEYS 0x300 /* above all of linux/input-event-codes.h */

struct text_input {
	struct ime *ime;
	struct wlr_text_input_v3 *wlr;
	struct wl_list link; /* ime.inputs */
	struct wl_listener enable, commit, disable, destroy;
};

struct ime {
	struct server *server;
	struct wlr_seat *seat;
	struct wl_list inputs; /* text_input.link */
	struct wlr_text_input_v3 *active; /* NULL: no text field is written to */
	struct wlr_input_method_v2 *method; /* NULL: there is none */
	struct wlr_input_method_keyboard_grab_v2 *grab; /* NULL: keys go to the focused client */
	bool taken[KEYS]; /* the press went to the grab, and so does the release */
	struct wl_listener new_text, new_method, new_keyboard, focus;
	struct wl_listener method_commit, method_popup, method_grab, method_destroy, grab_destroy;
};

static void listen(struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t notify)
{
	listener->notify = notify;
	wl_signal_add(signal, listener);
}

struct wlr_text_input_v3 *ime_text(const struct ime *ime)
{
	return ime->active;
}

/* What the input method has to know of the field. */
static void ime_send_state(struct ime *ime)
{
	const struct wlr_text_input_v3 *text = ime->active;
	const struct wlr_text_input_v3_state *state = &text->current;

	if (text->active_features & WLR_TEXT_INPUT_V3_FEATURE_SURROUNDING_TEXT) {
		wlr_input_method_v2_send_surrounding_text(ime->method,
			state->surrounding.text ? state->surrounding.text : "", state->surrounding.cursor,
			state->surrounding.anchor);
	}
	wlr_input_method_v2_send_text_change_cause(ime->method, state->text_change_cause);
	if (text->active_features & WLR_TEXT_INPUT_V3_FEATURE_CONTENT_TYPE)
		wlr_input_method_v2_send_content_type(
			ime->method, state->content_type.hint, state->content_type.purpose);
	wlr_input_method_v2_send_done(ime->method);
	ime_popup_move_all(ime->server);
}

static void ime_deactivate(struct ime *ime)
{
	if (!ime->active)
		return;
	ime->active = NULL;
	if (!ime->method)
		return;
	wlr_input_method_v2_send_deactivate(ime->method);
	wlr_input_method_v2_send_done(ime->method);
}

/* @surface has the keyboard now; NULL: nobody has. */
static void ime_focus(struct ime *ime, struct wlr_surface *surface)
{
	struct wl_client *client = surface ? wl_resource_get_client(surface->resource) : NULL;
	struct text_input *t;

	if (ime->active && ime->active->focused_surface != surface)
		ime_deactivate(ime);
	wl_list_for_each(t, &ime->inputs, link) {
		if (t->wlr->focused_surface && (t->wlr->focused_surface != surface || !ime->method))
			wlr_text_input_v3_send_leave(t->wlr);
		if (ime->method && client && !t->wlr->focused_surface &&
			wl_resource_get_client(t->wlr->resource) == client)
			wlr_text_input_v3_send_enter(t->wlr, surface);
	}
}

static void handle_focus(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, focus);
	const struct wlr_seat_keyboard_focus_change_event *event = data;

	ime_focus(ime, event->new_surface);
}

static void handle_enable(struct wl_listener *listener, void *data)
{
	struct text_input *t = wl_container_of(listener, t, enable);

	if (!t->ime->method || !t->wlr->focused_surface)
		return;
	t->ime->active = t->wlr;
	wlr_input_method_v2_send_activate(t->ime->method);
	ime_send_state(t->ime);
}

static void handle_text_commit(struct wl_listener *listener, void *data)
{
	struct text_input *t = wl_container_of(listener, t, commit);

	if (t->ime->active == t->wlr && t->ime->method)
		ime_send_state(t->ime);
}

static void handle_disable(struct wl_listener *listener, void *data)
{
	struct text_input *t = wl_container_of(listener, t, disable);

	if (t->ime->active == t->wlr)
		ime_deactivate(t->ime);
}

static void handle_text_destroy(struct wl_listener *listener, void *data)
{
	struct text_input *t = wl_container_of(listener, t, destroy);

	if (t->ime->active == t->wlr)
		ime_deactivate(t->ime);
	wl_list_remove(&t->enable.link);
	wl_list_remove(&t->commit.link);
	wl_list_remove(&t->disable.link);
	wl_list_remove(&t->destroy.link);
	wl_list_remove(&t->link);
	free(t);
}

static void handle_new_text(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, new_text);
	struct wlr_text_input_v3 *wlr = data;
	struct text_input *t = calloc(1, sizeof(*t));

	if (!t) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	t->ime = ime;
	t->wlr = wlr;
	wl_list_insert(&ime->inputs, &t->link);
	listen(&wlr->events.enable, &t->enable, handle_enable);
	listen(&wlr->events.commit, &t->commit, handle_text_commit);
	listen(&wlr->events.disable, &t->disable, handle_disable);
	listen(&wlr->events.destroy, &t->destroy, handle_text_destroy);
	ime_focus(ime, ime->seat->keyboard_state.focused_surface);
}

/* What it has composed. */
static void handle_method_commit(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, method_commit);
	const struct wlr_input_method_v2_state *state = &ime->method->current;

	if (!ime->active)
		return;
	if (state->preedit.text)
		wlr_text_input_v3_send_preedit_string(
			ime->active, state->preedit.text, state->preedit.cursor_begin, state->preedit.cursor_end);
	if (state->commit_text)
		wlr_text_input_v3_send_commit_string(ime->active, state->commit_text);
	if (state->delete.before_length || state->delete.after_length)
		wlr_text_input_v3_send_delete_surrounding_text(
			ime->active, state->delete.before_length, state->delete.after_length);
	wlr_text_input_v3_send_done(ime->active);
}

static void handle_method_popup(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, method_popup);

	ime_popup_create(ime->server, data);
}

/* The clients hear which modifiers are held now. */
static void handle_grab_destroy(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, grab_destroy);

	wl_list_remove(&ime->grab_destroy.link);
	ime->grab = NULL;
	wlr_seat_set_keyboard(ime->seat, seat_keyboard(ime->server->seat));
	wlr_seat_keyboard_notify_modifiers(ime->seat, &seat_keyboard(ime->server->seat)->modifiers);
}

static void handle_method_grab(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, method_grab);

	ime->grab = data;
	wlr_input_method_keyboard_grab_v2_set_keyboard(ime->grab, seat_keyboard(ime->server->seat));
	listen(&ime->grab->events.destroy, &ime->grab_destroy, handle_grab_destroy);
}

static void handle_method_destroy(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, method_destroy);

	wl_list_remove(&ime->method_commit.link);
	wl_list_remove(&ime->method_popup.link);
	wl_list_remove(&ime->method_grab.link);
	wl_list_remove(&ime->method_destroy.link);
	ime->method = NULL;
	ime->active = NULL;
	ime_focus(ime, ime->seat->keyboard_state.focused_surface);
}

static void handle_new_method(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, new_method);
	struct wlr_input_method_v2 *method = data;

	if (ime->method) {
		wlr_input_method_v2_send_unavailable(method);
		return;
	}
	ime->method = method;
	listen(&method->events.commit, &ime->method_commit, handle_method_commit);
	listen(&method->events.new_popup_surface, &ime->method_popup, handle_method_popup);
	listen(&method->events.grab_keyboard, &ime->method_grab, handle_method_grab);
	listen(&method->events.destroy, &ime->method_destroy, handle_method_destroy);
	ime_focus(ime, ime->seat->keyboard_state.focused_surface);
}

static void handle_new_keyboard(struct wl_listener *listener, void *data)
{
	struct ime *ime = wl_container_of(listener, ime, new_keyboard);

	ime_keyboard_create(ime->server, data);
}

bool ime_key(struct ime *ime, const struct gui_key *k)
{
	bool taken = k->pressed ? ime->grab != NULL : ime->taken[k->key];

	ime->taken[k->key] = taken && k->pressed;
	if (taken && ime->grab)
		wlr_input_method_keyboard_grab_v2_send_key(ime->grab, k->time_ms, k->key, k->pressed);
	return taken;
}

bool ime_mods(struct ime *ime)
{
	if (ime->grab)
		wlr_input_method_keyboard_grab_v2_send_modifiers(
			ime->grab, &seat_keyboard(ime->server->seat)->modifiers);
	return ime->grab != NULL;
}

void ime_keys_up(struct ime *ime)
{
	struct gui_key k = { 0 };

	for (unsigned key = 0; ime && key < KEYS; key++) {
		k.key = (uint16_t)key;
		if (ime->taken[key])
			ime_key(ime, &k);
	}
}

struct ime *ime_create(struct server *server)
{
	struct ime *ime = calloc(1, sizeof(*ime));
	struct wlr_text_input_manager_v3 *texts = wlr_text_input_manager_v3_create(server->display);
	struct wlr_input_method_manager_v2 *methods = wlr_input_method_manager_v2_create(server->display);
	struct wlr_virtual_keyboard_manager_v1 *keyboards = wlr_virtual_keyboard_manager_v1_create(server->display);

	if (!ime || !texts || !methods || !keyboards) {
		free(ime);
		return NULL;
	}
	ime->server = server;
	ime->seat = seat_wlr(server->seat);
	wl_list_init(&ime->inputs);
	listen(&texts->events.text_input, &ime->new_text, handle_new_text);
	listen(&methods->events.input_method, &ime->new_method, handle_new_method);
	listen(&keyboards->events.new_virtual_keyboard, &ime->new_keyboard, handle_new_keyboard);
	listen(&ime->seat->keyboard_state.events.focus_change, &ime->focus, handle_focus);
	return ime;
}

void ime_destroy(struct ime *ime)
{
	wl_list_remove(&ime->new_text.link);
	wl_list_remove(&ime->new_method.link);
	wl_list_remove(&ime->new_keyboard.link);
	wl_list_remove(&ime->focus.link);
	ime->server->ime = NULL;
	free(ime);
}
