/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pointer images: the host's theme, loaded before the sandbox, and small images of the guest's. */
#ifndef DESKTOP_CURSOR_H
#define DESKTOP_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/gui.h"

struct display;
struct wl_buffer;
struct wl_cursor;
struct wl_cursor_theme;
struct wl_surface;

struct cursor {
	struct wl_cursor_theme *theme; /* may be NULL: the host has none, the pointer stays as it is */
	struct wl_cursor *shape[GUI_CURSOR_SHAPE_MAX + 1]; /* by number; may be NULL */
	struct wl_surface *surface;
	int scale; /* of the theme's images */
	uint32_t guest_shape;
};

/* Reads the theme's files. 0 or -ENOMEM; a missing theme is no error. */
int cursor_init(struct cursor *c, struct display *d);
void cursor_finish(struct cursor *c);

/* Puts a shape of the theme on the surface; gives its hot spot, logical. False: the theme has none. */
bool cursor_show_shape(struct cursor *c, uint32_t shape, int *ret_hot_x, int *ret_hot_y);
/* Any buffer, of @scale pixels a unit. */
void cursor_show(struct cursor *c, struct wl_buffer *b, int scale);

/* The resize shape for edge bits. */
uint32_t cursor_for_edges(uint32_t edges);

#endif
