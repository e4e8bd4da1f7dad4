/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboard. A popup with a grab takes the compositor's keyboard focus; to
 * the guest it stays with the window that the popup belongs to, as the guest's
 * own compositor does its popups' grabs. KB_LEAVE means that no key is down, and
 * so does KB_ENTER: a key that went down in another window, maybe of another VM,
 * is not this guest's to know, nor is its release.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include "base/cleanup.h"
#include "desktop/bounded.h"
#include "desktop/clipboard.h"
#include "desktop/display.h"
#include "desktop/end.h"
#include "desktop/guest.h"
#include "desktop/menu.h"
#include "desktop/seat.h"
#include "desktop/window.h"

void keyboard_send_keymap(struct seat *s)
{
	if (s->keymap)
		guest_send_keymap(s->guest, s->keymap, s->keymap_len);
}

/* Comes from the compositor, so it is believed but for its size. Needs mmap(2) of an fd it sends, read-only. */
static void handle_keymap(void *data, struct wl_keyboard *k, uint32_t format, int32_t received, uint32_t size)
{
	struct seat *s = data;
	int fd cleanup_fd = received;
	char *map, *copy;
	size_t len;

	if (format != WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1 || size == 0 || size > SEAT_KEYMAP_MAX)
		return;
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return;
	len = strnlen(map, size);
	copy = len ? malloc(len) : NULL;
	if (copy) {
		memcpy(copy, map, len);
		free(s->keymap);
		s->keymap = copy;
		s->keymap_len = len;
		gestures_keymap(&s->gestures, copy, len);
		keyboard_send_keymap(s);
	}
	munmap(map, size);
}

/* The window that the guest gets keys for: a popup's is the one it stands on. */
static struct window *key_window(struct wl_surface *surface)
{
	struct surface_ref *ref = surface ? wl_surface_get_user_data(surface) : NULL;
	struct window *w = ref ? ref->window : NULL;

	while (w && w->role == GUI_ROLE_POPUP)
		w = w->parent;
	return w;
}

static void send_mods(struct seat *s)
{
	struct gui_msg m = { .head = { .type = GUI_MODS }, .mods = s->mods };

	m.head.win = s->kb_focus ? s->kb_focus->id : 0;
	guest_send(s->guest, &m);
}

/* The place of a key that the guest is not told of, NULL: it is told. */
static uint32_t *find_hidden(struct seat *s, uint32_t key)
{
	for (int i = 0; i < SEAT_HIDDEN_MAX; i++) {
		if (s->hidden[i] == key)
			return &s->hidden[i];
	}
	return NULL;
}

/* The guest hears neither of the press nor of the release. */
static void hide(struct seat *s, uint32_t key)
{
	uint32_t *place = find_hidden(s, 0);

	if (place && !find_hidden(s, key))
		*place = key;
}

/* Which of the hidden keys are still down: @keys are all that are. */
static void review_hidden(struct seat *s, const uint32_t *keys, size_t n)
{
	for (int i = 0; i < SEAT_HIDDEN_MAX; i++) {
		bool down = false;

		for (size_t k = 0; k < n; k++)
			down |= keys[k] == s->hidden[i];
		if (!down)
			s->hidden[i] = 0;
	}
}

/* Whether a key is the host's: the menu's while it is open, a gesture, or the release of one of these. */
static bool take_key(struct seat *s, uint32_t serial, uint32_t key, bool pressed)
{
	enum gesture g = pressed ? gestures_key(&s->gestures, key) : GESTURE_NONE;
	uint32_t *hidden = find_hidden(s, key);

	if (!pressed && hidden)
		*hidden = 0;
	if (!pressed)
		return hidden != NULL;
	if (menu_is_open(s->menu))
		menu_key(s->menu, key, serial);
	else if (g == GESTURE_COPY && s->kb_focus)
		clipboard_copy(s->clipboard, s->kb_focus);
	else if (g == GESTURE_PASTE && s->kb_focus)
		clipboard_paste(s->clipboard, s->kb_focus);
	else if (g != GESTURE_LEAVE || !s->kb_focus || !window_leave_fullscreen(s->kb_focus))
		return false;
	hide(s, key);
	return true;
}

static void handle_enter(
	void *data, struct wl_keyboard *k, uint32_t serial, struct wl_surface *surface, struct wl_array *keys)
{
	struct seat *s = data;
	struct window *w = key_window(surface);
	struct gui_msg m = { .head = { .type = GUI_KB_ENTER, .serial = serial } };
	const uint32_t *key = keys->data;
	size_t n = keys->size / sizeof(*key);

	review_hidden(s, key, n);
	if (s->kb_left && w == s->kb_focus) {
		s->kb_left = false;
		return;
	}
	seat_settle(s);
	s->kb_focus = w;
	if (!w)
		return;
	m.head.win = w->id;
	for (size_t i = 0; i < n; i++)
		hide(s, key[i]);
	guest_send(s->guest, &m);
}

static void handle_leave(void *data, struct wl_keyboard *k, uint32_t serial, struct wl_surface *surface)
{
	struct seat *s = data;

	s->kb_left = s->kb_focus != NULL;
}

static void handle_key(void *data, struct wl_keyboard *k, uint32_t serial, uint32_t time, uint32_t key, uint32_t state)
{
	struct seat *s = data;
	struct gui_msg m = { .head = { .type = GUI_KEY, .serial = serial } };

	if (take_key(s, serial, key, state == WL_KEYBOARD_KEY_STATE_PRESSED) || !s->kb_focus || key > UINT16_MAX)
		return;
	if (state == WL_KEYBOARD_KEY_STATE_PRESSED)
		seat_note_press(s, s->kb_focus, serial);
	m.head.win = s->kb_focus->id;
	m.key = (struct gui_key){ time, (uint16_t)key, state == WL_KEYBOARD_KEY_STATE_PRESSED };
	guest_send(s->guest, &m);
}

static void handle_modifiers(void *data, struct wl_keyboard *k, uint32_t serial, uint32_t depressed, uint32_t latched,
	uint32_t locked, uint32_t group)
{
	struct seat *s = data;

	s->mods = (struct gui_mods){ depressed, latched, locked, group };
	gestures_mods(&s->gestures, &s->mods);
	send_mods(s);
}

static void handle_repeat(void *data, struct wl_keyboard *k, int32_t rate, int32_t delay)
{
	struct seat *s = data;
	struct gui_msg m = { .head = { .type = GUI_REPEAT } };

	s->repeat.per_s = (uint32_t)bounded(rate, 0, 1000);
	s->repeat.delay_ms = (uint32_t)bounded(delay, 0, 10000);
	m.repeat = s->repeat;
	guest_send(s->guest, &m);
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = handle_enter,
	.leave = handle_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.repeat_info = handle_repeat,
};

void keyboard_bind(struct seat *s)
{
	s->keyboard = wl_seat_get_keyboard(s->wl);
	if (s->keyboard)
		wl_keyboard_add_listener(s->keyboard, &keyboard_listener, s);
}

void keyboard_unbind(struct seat *s)
{
	END(s->keyboard, wl_keyboard_release);
	s->kb_left = s->kb_focus != NULL;
}
