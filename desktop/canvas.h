/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain rectangles and masks on a buffer of premultiplied ARGB pixels: all the drawing that happens in the sandbox. */
#ifndef DESKTOP_CANVAS_H
#define DESKTOP_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

struct rect {
	int x, y, w, h;
};

static inline bool rect_is_same(struct rect a, struct rect b)
{
	return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

struct canvas {
	uint32_t *pixels; /* borrowed, w × h without gaps */
	int w, h; /* drawing outside of it does nothing */
};

/* Coverage, 0 … 255, w × h without gaps. */
struct mask {
	const uint8_t *bytes;
	int w, h;
};

void canvas_init(struct canvas *c, uint32_t *pixels, int w, int h);
/* Replaces the pixels of @r by the opaque colour @rgb. */
void canvas_fill(struct canvas *c, struct rect r, uint32_t rgb);
/* Blends the opaque colour @rgb through @m, whose upper left corner lies at @at's x, y. */
void canvas_mask(struct canvas *c, const struct mask *m, struct rect at, uint32_t rgb);
/* Takes away (to transparent) what @m does not cover: a rounded corner. */
void canvas_cut(struct canvas *c, const struct mask *m, struct rect at);

/* @a mixed with @b: @amount 0 … 255 of @b. */
uint32_t canvas_mix(uint32_t a, uint32_t b, unsigned amount);

#endif
