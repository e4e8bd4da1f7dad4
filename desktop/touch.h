/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The touch screen. A finger over a frame is the host's, over content the
 * guest's, from where it came down until it goes up. To a guest that does not
 * know of touch nothing is told.
 */
#ifndef DESKTOP_TOUCH_H
#define DESKTOP_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

#include "desktop/press.h"
#include "proto/gui.h"

struct seat;
struct surface_ref;
struct window;
struct wl_touch;

/* A finger. Its place in struct touch is its id to the guest. */
struct touch_point {
	bool down;
	bool told; /* the guest knows of it */
	int32_t id; /* the compositor's */
	struct press_place place; /* on no surface: that is gone, or another client's */
};

struct touch {
	struct wl_touch *wl; /* may be NULL: there is no touch screen */
	struct touch_point points[GUI_TOUCH_POINTS];
	bool due; /* a message without its FRAME */
	uint32_t serial; /* of the last finger that came down in content, for MOVE and RESIZE */
};

void touch_bind(struct seat *s);
void touch_unbind(struct seat *s);
/* A guest has joined: whether there is a touch screen. */
void touch_greet(struct seat *s);
/* The window's surfaces end: its fingers are none any more. */
void touch_forget(struct seat *s, const struct window *w);
void touch_forget_surface(struct seat *s, const struct surface_ref *ref);
/* The guest is gone, and knows of no finger. */
void touch_reset(struct seat *s);
/* Whether a finger that the guest knows of is down in @w. */
bool touch_is_in(const struct seat *s, const struct window *w);

#endif
