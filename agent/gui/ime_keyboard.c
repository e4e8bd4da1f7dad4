/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboards that clients make. An input method that has grabbed the host's
 * passes on by one what it does not use. The clients have the keymap of
 * whichever was used last.
 */
#include <stdlib.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_virtual_keyboard_v1.h>

#include "agent/gui/ime.h"
#include "agent/gui/seat.h"

struct ime_keyboard {
	struct server *server;
	struct wlr_virtual_keyboard_v1 *wlr;
	struct wl_listener key, modifiers, destroy;
};

/* Held keys repeat as those of the host's keyboard do, whichever they come by. */
static struct wlr_seat *use_keyboard(struct ime_keyboard *k)
{
	const struct wlr_keyboard *host = seat_keyboard(k->server->seat);
	struct wlr_seat *seat = seat_wlr(k->server->seat);

	wlr_keyboard_set_repeat_info(&k->wlr->keyboard, host->repeat_info.rate, host->repeat_info.delay);
	wlr_seat_set_keyboard(seat, &k->wlr->keyboard);
	return seat;
}

static void handle_key(struct wl_listener *listener, void *data)
{
	struct ime_keyboard *k = wl_container_of(listener, k, key);
	const struct wlr_keyboard_key_event *event = data;

	wlr_seat_keyboard_notify_key(use_keyboard(k), event->time_msec, event->keycode, event->state);
}

static void handle_modifiers(struct wl_listener *listener, void *data)
{
	struct ime_keyboard *k = wl_container_of(listener, k, modifiers);

	wlr_seat_keyboard_notify_modifiers(use_keyboard(k), &k->wlr->keyboard.modifiers);
}

static void handle_destroy(struct wl_listener *listener, void *data)
{
	struct ime_keyboard *k = wl_container_of(listener, k, destroy);

	wl_list_remove(&k->key.link);
	wl_list_remove(&k->modifiers.link);
	wl_list_remove(&k->destroy.link);
	if (k->server->ime)
		wlr_seat_set_keyboard(seat_wlr(k->server->seat), seat_keyboard(k->server->seat));
	free(k);
}

void ime_keyboard_create(struct server *server, void *virtual_keyboard)
{
	struct wlr_virtual_keyboard_v1 *wlr = virtual_keyboard;
	struct ime_keyboard *k = calloc(1, sizeof(*k));

	if (!k) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	k->server = server;
	k->wlr = wlr;
	k->key.notify = handle_key;
	wl_signal_add(&wlr->keyboard.events.key, &k->key);
	k->modifiers.notify = handle_modifiers;
	wl_signal_add(&wlr->keyboard.events.modifiers, &k->modifiers);
	k->destroy.notify = handle_destroy;
	wl_signal_add(&wlr->keyboard.base.events.destroy, &k->destroy);
}
