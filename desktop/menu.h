/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame's menu, opened by a right click on the bar: the clipboard's
 * gestures by pointer, and what may be done to the window and the VM. The host
 * draws it in its own memory, and while it is
 * open the guest gets no key.
 */
#ifndef DESKTOP_MENU_H
#define DESKTOP_MENU_H

#include <stdbool.h>
#include <stdint.h>

#include "desktop/display.h"

struct clipboard;
struct manager;
struct pool_buffer;
struct window;
struct window_set;
struct wl_surface;
struct wp_viewport;
struct xdg_popup;
struct xdg_surface;

struct menu {
	struct window_set *set;
	struct clipboard *clipboard;
	struct manager *manager;
	struct surface_ref ref; /* of its surface; belongs to no window */
	struct window *window; /* whose it is; NULL: it is closed */
	struct wl_surface *surface;
	struct wp_viewport *viewport;
	struct xdg_surface *xdg;
	struct xdg_popup *popup;
	struct pool_buffer *shown; /* may be NULL */
	int w, h; /* logical */
	int row; /* below the pointer, or chosen by keys; -1: none */
	int x; /* in the window, where it was opened */
	bool asking; /* it shows the question whether to kill the VM, instead of its rows */
	bool ready; /* it may be drawn */
	bool dirty;
};

/* Opens it below @w's bar, from @x on. @serial: of the press. */
void menu_open(struct menu *m, struct window *w, uint32_t serial, int x);
/* Closes it, if it is open. */
void menu_close(struct menu *m);
bool menu_is_open(const struct menu *m);

/* The pointer is at @y of it; < 0: it left. */
void menu_point(struct menu *m, int y);
/* A button came up, with the pointer over it, or Enter was pressed: does what the row says. */
void menu_choose(struct menu *m, uint32_t serial);
/* A key was pressed. */
void menu_key(struct menu *m, uint32_t key, uint32_t serial);
/* Draws it if it must be. Once per round of the event loop. */
void menu_refresh(struct menu *m);

#endif
