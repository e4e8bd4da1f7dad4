/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/emblem.h"

#include "center/question.h"
#include "policy/palette.h"

#define UNIT 2 /* of the pattern, in ours: it is seen small */

static void set_rgb(cairo_t *cr, uint32_t rgb, double alpha)
{
	cairo_set_source_rgba(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, alpha);
}

void emblem_draw(cairo_t *cr, uint32_t rgb, int x, int y, int side)
{
	unsigned pattern = palette_pattern(rgb);

	set_rgb(cr, rgb, 1);
	cairo_rectangle(cr, x, y, side, side);
	cairo_fill(cr);
	for (int i = 0; i < side; i += UNIT)
		for (int j = 0; j < side; j += UNIT)
			if (palette_covers(pattern, j / UNIT, i / UNIT))
				cairo_rectangle(cr, x + j, y + i, UNIT, UNIT);
	set_rgb(cr, question_ink(rgb), 0.55);
	cairo_fill(cr);
}
