/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A subsurface of one opaque colour: borders, and the mat behind a guest's pixels. */
#ifndef DESKTOP_SOLID_H
#define DESKTOP_SOLID_H

#include <stdint.h>

#include "desktop/canvas.h"
#include "desktop/pool.h"

struct display;
struct surface_ref;
struct wl_subsurface;
struct wl_surface;
struct wp_viewport;

struct solid {
	struct wl_surface *wl;
	struct wl_subsurface *sub;
	struct wp_viewport *viewport;
	struct rect at;
};

/* One small buffer of colour @rgb that any number of solids may show at once. NULL: no room. */
struct pool_buffer *solid_buffer(struct pool *pool, uint32_t rgb);

/* @ref: who owns the surface, for input. 0 or -ENOMEM. */
int solid_init(struct solid *s, struct display *d, struct wl_surface *parent, struct surface_ref *ref);
void solid_finish(struct solid *s);

/* Shows @b over @at (logical units, relative to the parent) with the parent's next commit. */
void solid_show(struct solid *s, struct display *d, struct pool_buffer *b, struct rect at);

#endif
