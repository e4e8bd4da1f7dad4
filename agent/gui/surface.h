/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client's surface: its last buffer, held until its pixels have been copied,
 * and the damage since. wlroots has no renderer here, so it makes no textures
 * and leaves the buffers to us.
 */
#ifndef AGENT_GUI_SURFACE_H
#define AGENT_GUI_SURFACE_H

#include <pixman.h>
#include <stdbool.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>

#include "agent/gui/paint.h"
#include "agent/gui/server.h"

struct window;

struct surface {
	struct server *server;
	struct wlr_surface *wlr;
	struct window *window; /* whose layer it is; NULL: none, or not yet */
	struct wlr_buffer *held; /* locked; NULL: none, or given back after the copy */
	uint8_t *kept; /* a copy of the pixels of a buffer given back, stride 4 × kept_w; owned, may be NULL */
	int kept_w, kept_h;
	bool kept_alpha; /* of kept, or of the pixels in the slot */
	bool in_slot; /* the buffer was given back and its pixels are in the window's newest slot */
	bool accessing;
	pixman_region32_t buffer_damage; /* since the last copy, buffer pixels */
	pixman_region32_t surface_damage; /* the same in surface units */
	struct wl_listener commit, unmap, destroy;
};

/* Makes the struct of a new wlr_surface; it lives as long as that. */
void surface_create(struct server *server, struct wlr_surface *wlr);
/* The struct of a wlr_surface; NULL: memory was out when it came. */
struct surface *surface_of(struct wlr_surface *wlr);

/* Opens and closes access to the pixels; a source without pixels when there are none. */
struct paint_source surface_begin(struct surface *s);
void surface_end(struct surface *s);

void surface_clear_damage(struct surface *s);
/* Gives the buffer back to the client; its pixels are in the newest slot now. */
void surface_give_back(struct surface *s, bool alpha);

#endif
