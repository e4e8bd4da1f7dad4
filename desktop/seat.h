/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard, pointer and touch screen of the host. What happens over a frame is the host's;
 * what happens over a guest's content goes to that guest, in coordinates of
 * the content. Nothing here can take the keyboard or a shortcut away from the
 * host's compositor.
 */
#ifndef DESKTOP_SEAT_H
#define DESKTOP_SEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "desktop/cursor.h"
#include "desktop/drag.h"
#include "desktop/frame.h"
#include "desktop/gesture.h"
#include "desktop/press.h"
#include "desktop/touch.h"
#include "proto/gui.h"

#define SEAT_KEYMAP_MAX (256u << 10)
#define SEAT_HIDDEN_MAX GUI_ENTER_KEYS

struct clipboard;
struct display;
struct guest;
struct menu;
struct window;
struct window_set;
struct wl_keyboard;
struct wl_pointer;
struct wl_seat;
struct wl_surface;

/* What a pointer frame has gathered for one axis. */
struct seat_axis {
	int32_t value, value120;
	uint32_t time;
	bool stop, any;
};

struct seat {
	struct display *display;
	struct guest *guest;
	struct window_set *windows;
	struct clipboard *clipboard;
	struct menu *menu;
	struct wl_seat *wl; /* may be NULL */
	struct cursor cursor;

	struct wl_keyboard *keyboard; /* may be NULL */
	char *keymap; /* owned; may be NULL */
	size_t keymap_len;
	struct gui_repeat repeat;
	struct gui_mods mods;
	struct gestures gestures;
	uint32_t hidden[SEAT_HIDDEN_MAX]; /* keys that are down and that the guest does not know of; 0: none */
	struct window *kb_focus; /* as the guest knows it: never a popup */
	bool kb_left; /* the compositor said leave; the guest hears it unless an enter of the same window follows */

	struct wl_pointer *pointer; /* may be NULL */
	struct press_place place; /* of the pointer */
	bool in_content; /* the guest has been told that the pointer is in the window there */
	uint32_t enter_serial;
	uint32_t buttons; /* pressed over content */
	uint32_t hidden_button; /* pressed to close the menu: the guest does not know of it; 0: none */
	uint32_t button, button_serial; /* of the last press over content, for MOVE, RESIZE and DRAG */
	uint32_t fresh_serial; /* of the last press or key in this VM's windows, until taken */
	uint64_t fresh_ms;
	uint32_t title_ms; /* of the last press on a title, for double clicks */
	uint32_t axis_source;
	struct seat_axis axis[2];
	bool guest_hides; /* the guest's cursor: none */
	struct touch touch;
	struct drag drag;
};

/* Binds keyboard, pointer and touch screen as they are announced. Loads the cursor theme: before the sandbox. 0 or -errno. */
int seat_init(struct seat *s);
void seat_finish(struct seat *s);
/* A guest has joined: KEYMAP, REPEAT and TOUCH_DEVICE. */
void seat_greet(struct seat *s);
/* Once per round of the event loop: says a leave that nothing took back. */
void seat_settle(struct seat *s);
/* The window's surfaces end. */
void seat_forget(struct seat *s, struct window *w);
/* The surface of @ref, which no window has, ends. */
void seat_forget_surface(struct seat *s, const struct surface_ref *ref);
/* The guest is gone: nothing is focused any more as far as a guest knows. */
void seat_reset(struct seat *s);
/* Serial of a recent press in this VM's windows, once; 0: none, or the keyboard is with another client by now. */
uint32_t seat_take_serial(struct seat *s);
/* The user pressed a key or button, or put a finger, in @w's content. */
void seat_note_press(struct seat *s, struct window *w, uint32_t serial);

/* Whether a button is held that was pressed in @w's content. */
bool seat_is_pressed_in(const struct seat *s, const struct window *w);
/* The guest's requests. Those without a pressed button are ignored; cursor errors as buffers_take(). */
void seat_move(struct seat *s, struct window *w);
void seat_resize(struct seat *s, struct window *w, uint32_t edges);
void seat_cursor_shape(struct seat *s, uint32_t shape);
int seat_cursor_image(struct seat *s, uint32_t win, const struct gui_cursor_img *img);

/* keyboard.c, pointer.c */
void keyboard_bind(struct seat *s);
void keyboard_unbind(struct seat *s);
void keyboard_send_keymap(struct seat *s);
void pointer_bind(struct seat *s);
void pointer_unbind(struct seat *s);
void pointer_show_cursor(struct seat *s);
/* Where the pointer is, by the compositor's pointer or by its drag. @surface: one of ours. */
void pointer_enter(struct seat *s, struct wl_surface *surface, uint32_t serial, int32_t x, int32_t y);
void pointer_leave(struct seat *s);
void pointer_motion(struct seat *s, uint32_t time, int32_t x, int32_t y);

#endif
