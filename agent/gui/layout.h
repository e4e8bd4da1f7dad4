/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the surfaces of a window lie in its content: the tree of subsurfaces as a stack of layers, in pixels. */
#ifndef AGENT_GUI_LAYOUT_H
#define AGENT_GUI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <wlr/util/box.h>

#include "agent/gui/canvas.h"
#include "agent/gui/paint.h"

struct surface;
struct wlr_surface;

struct layout_layer {
	struct surface *surface; /* NULL: gone since */
	struct paint_layer paint; /* all but its source */
};

struct layout {
	struct wlr_box geometry; /* surface units */
	int w, h; /* pixels of the content */
	int scale120; /* pixels per surface unit × 120 */
	bool opaque; /* the content hides all beneath it */
	struct layout_layer *layers; /* lowest first; owned */
	size_t n;
};

/*
 * The present layout of @root and its subsurfaces, of which @geometry is shown. @host_scale120 is the scale that the
 * host wants; the one taken is that of the root surface's buffer where it is
 * that or a whole number, so that its pixels are copied and never resampled.
 * False: memory is out or there is nothing to show.
 */
bool layout_build(struct wlr_surface *root, const struct wlr_box *geometry, int host_scale120, struct layout *ret);
void layout_finish(struct layout *l);

/* Damages what moved, came or went between two layouts of one size and scale. */
void layout_damage_difference(const struct layout *old, const struct layout *now, struct canvas *canvas);
/* Damages what the client damaged in @layer since the last copy. */
void layout_damage_layer(const struct layout *l, const struct layout_layer *layer, struct canvas *canvas);

#endif
