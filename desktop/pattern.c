/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/pattern.h"

#include "policy/palette.h"

void pattern_draw(struct canvas *c, struct rect area, const struct pattern_ink *ink)
{
	int scale = (int)ink->scale120;

	for (int y = 0; y < area.h; y++) {
		for (int x = 0; x < area.w; x++) {
			if (palette_covers(ink->number, x * 120 / scale, y * 120 / scale))
				canvas_fill(c, (struct rect){ area.x + x, area.y + y, 1, 1 }, ink->rgb);
		}
	}
}
