/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pattern beside each colour, for people who cannot tell the colours apart:
 * the same colour has always the same one (policy/palette.h), and no two are
 * alike when moved or seen small.
 */
#ifndef DESKTOP_PATTERN_H
#define DESKTOP_PATTERN_H

#include "desktop/canvas.h"

/* Draws the marks, and only them, in @rgb over @area (pixels, a canvas of @scale120), from its upper left corner on. */
struct pattern_ink {
	unsigned number, scale120;
	uint32_t rgb;
};
void pattern_draw(struct canvas *c, struct rect area, const struct pattern_ink *ink);

#endif
