/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's input, given to the clients: one seat with a keyboard, a pointer and what touches its screen. Selections: clipboard.h. */
#ifndef AGENT_GUI_SEAT_H
#define AGENT_GUI_SEAT_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/gui/server.h"

struct window;
struct wlr_keyboard;
struct wlr_surface;

/* NULL: memory is out. Until the host sends its keymap, xkb's default one holds. */
struct seat *seat_create(struct server *server);
/* Before wl_display_destroy(). */
void seat_destroy(struct seat *s);

/* An input message of the host. False: its type is none of these. */
bool seat_handle(struct seat *s, const struct gui_msg *g);
/* A KEYMAP's text, xkb v1 without NUL. -EINVAL: xkbcommon refuses it. */
int seat_set_keymap(struct seat *s, const char *text, size_t len);

/* No window has the focus, no key or button is down: the session ended. */
void seat_clear(struct seat *s);
/* A popup that may have grabbed the keyboard came or went. */
void seat_sync_keyboard(struct seat *s);
/* @w is no longer a window of the host. */
void seat_forget(struct seat *s, const struct window *w);

/* A button or a finger is down. */
bool seat_is_pressed(const struct seat *s);
/* The window under the pointer, 0: none. */
uint32_t seat_pointer_window(const struct seat *s);

/* The window that has the keyboard, NULL: none. */
struct window *seat_keyboard_window(const struct seat *s);
/* Presses Escape in @surface, whatever has the keyboard: the host has closed a menu that knows no other way to go. */
void seat_press_escape(struct seat *s, struct wlr_surface *surface);

struct wlr_seat *seat_wlr(struct seat *s);
/* The host's. */
struct wlr_keyboard *seat_keyboard(struct seat *s);

#endif
