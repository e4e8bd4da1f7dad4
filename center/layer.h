/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture in the upper right corner of the screen, above windows, that never
 * gets the keyboard: a surface of the layer shell. GTK has none, so it has a
 * connection to the compositor of its own, in the main loop.
 */
#ifndef CENTER_LAYER_H
#define CENTER_LAYER_H

#include <cairo.h>
#include <stdbool.h>

struct layer_handlers {
	/* Draws all of it, in logical units. */
	void (*draw)(cairo_t *cr, int width, int height);
	/* A button went down there. */
	void (*press)(double x, double y);
};

/* False: there is no Wayland compositor, or none that knows the layer shell. */
bool layer_open(const struct layer_handlers *handlers);
/* Of that size from now on, and to be drawn anew. */
void layer_show(int width, int height);
void layer_hide(void);

#endif
