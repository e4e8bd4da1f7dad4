/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Glyphs and icons as masks. All are rasterised by atlas_init() with the host's
 * font, before the sandbox: afterwards no font is parsed and no file is read,
 * so that a title that a guest claims meets nothing but table look-ups.
 */
#ifndef DESKTOP_ATLAS_H
#define DESKTOP_ATLAS_H

#include <stddef.h>
#include <stdint.h>

#include "desktop/canvas.h"

#define ATLAS_SCALES 5 /* 1, 1.5 and 2, and what outputs have beside them */
#define ATLAS_SCALE_MAX 480 /* × 120: glyphs fit their cells up to here */
#define ATLAS_GLYPHS 1040
#define ATLAS_BOLD 95 /* U+0020 … U+007E: all that a VM's name has; also of the small face */

enum atlas_icon {
	ATLAS_CLOSE,
	ATLAS_MAXIMISE,
	ATLAS_RESTORE,
	ATLAS_MINIMISE,
	ATLAS_DISC, /* a round button's ground */
	ATLAS_CORNER_LEFT, /* what a window keeps of its upper corners */
	ATLAS_CORNER_RIGHT,
	ATLAS_PILL_LEFT, /* the ends of the name's badge */
	ATLAS_PILL_RIGHT,
	ATLAS_ICONS,
};

struct glyph {
	uint32_t off; /* of the mask in atlas.bytes */
	uint16_t w, h;
	int16_t left, top; /* from the pen, y down from the baseline */
	int16_t advance;
};

/* All lengths are pixels of this scale. */
struct atlas_face {
	unsigned scale120;
	int ascent, descent;
	int small_ascent, small_descent;
	struct glyph regular[ATLAS_GLYPHS];
	struct glyph bold[ATLAS_BOLD];
	struct glyph small[ATLAS_BOLD];
	struct glyph icon[ATLAS_ICONS];
};

struct atlas {
	struct atlas_face face[ATLAS_SCALES];
	int nfaces;
	uint8_t *bytes; /* owned */
	size_t len, cap;
};

enum atlas_weight { ATLAS_REGULAR, ATLAS_HEAVY, ATLAS_SMALL }; /* small: bold, of a popup's strip */

/* A run of text to draw. */
struct atlas_text {
	const struct atlas_face *face;
	enum atlas_weight weight;
	uint32_t rgb;
	const char *utf8; /* sanitised */
};

/* Rasterises everything. 0 or -errno: -ENOENT means that the host has no usable font. */
int atlas_init(struct atlas *a);
/* One more face, also before the sandbox; nothing where there is one of this scale or no room. 0 or -errno. */
int atlas_add(struct atlas *a, unsigned scale120);
void atlas_finish(struct atlas *a);

/* The face to draw with for an output of @scale120: the smallest that is not too small, else the largest. */
const struct atlas_face *atlas_pick(const struct atlas *a, unsigned scale120);

/* Logical units in pixels of a face. */
static inline int atlas_px(const struct atlas_face *f, int logical)
{
	return (logical * (int)f->scale120 + 60) / 120;
}

/* Width in pixels of @t, not cut. */
int atlas_measure(const struct atlas_text *t);

/*
 * Draws @t with its baseline at @at's x, y, in at most @at's
 * w pixels; a longer text ends in an ellipsis. A code point outside the atlas
 * shows as U+FFFD. Returns the width used.
 */
int atlas_text(const struct atlas *a, struct canvas *c, struct rect at, const struct atlas_text *t);

struct mask atlas_mask(const struct atlas *a, const struct glyph *g);

#endif
