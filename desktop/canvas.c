/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/canvas.h"

#include <string.h>

static struct rect intersect(struct rect a, struct rect b)
{
	int x0 = a.x > b.x ? a.x : b.x;
	int y0 = a.y > b.y ? a.y : b.y;
	int x1 = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
	int y1 = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;

	return (struct rect){ x0, y0, x1 > x0 ? x1 - x0 : 0, y1 > y0 ? y1 - y0 : 0 };
}

void canvas_init(struct canvas *c, uint32_t *pixels, int w, int h)
{
	*c = (struct canvas){ pixels, w, h };
}

void canvas_fill(struct canvas *c, struct rect r, uint32_t rgb)
{
	r = intersect(r, (struct rect){ 0, 0, c->w, c->h });
	for (int y = r.y; y < r.y + r.h; y++) {
		for (int x = r.x; x < r.x + r.w; x++)
			c->pixels[(size_t)y * c->w + x] = 0xff000000u | rgb;
	}
}

/* One channel of a mix, rounded. */
static uint32_t mix_channel(uint32_t a, uint32_t b, unsigned shift, unsigned amount)
{
	unsigned from = (a >> shift) & 0xff, to = (b >> shift) & 0xff;

	return ((from * (255 - amount) + to * amount + 127) / 255) << shift;
}

uint32_t canvas_mix(uint32_t a, uint32_t b, unsigned amount)
{
	return mix_channel(a, b, 24, amount) | mix_channel(a, b, 16, amount) | mix_channel(a, b, 8, amount) |
		mix_channel(a, b, 0, amount);
}

/* For each pixel of @m inside the canvas: mixes the pixel with @argb by coverage, or by what is not covered. */
static void blend(struct canvas *c, const struct mask *m, struct rect at, const uint32_t *argb)
{
	struct rect r = intersect((struct rect){ at.x, at.y, m->w, m->h }, (struct rect){ 0, 0, c->w, c->h });

	for (int y = r.y; y < r.y + r.h; y++) {
		const uint8_t *row = m->bytes + (size_t)(y - at.y) * m->w - at.x;
		uint32_t *out = c->pixels + (size_t)y * c->w;

		for (int x = r.x; x < r.x + r.w; x++)
			out[x] = argb ? canvas_mix(out[x], *argb, row[x]) : canvas_mix(0, out[x], row[x]);
	}
}

void canvas_mask(struct canvas *c, const struct mask *m, struct rect at, uint32_t rgb)
{
	uint32_t argb = 0xff000000u | rgb;

	blend(c, m, at, &argb);
}

void canvas_cut(struct canvas *c, const struct mask *m, struct rect at)
{
	blend(c, m, at, NULL);
}
