/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at a screenshot for a test.
 *
 *	picture FILE.png box RRGGBB                      X Y W H of the smallest box round the pixels of that colour
 *	picture FILE.png pixel X Y                       its colour
 *	picture FILE.png count RRGGBB X Y W H            how many pixels of the area have the colour
 *	picture FILE.png marks PATTERN RGB INK X Y W H SCALE120
 *	                                                 of 1000 pixels, how many are nearer to what the frames' pattern
 *	                                                 (a number) has there than to its opposite
 *	picture FILE.png same X Y W H FILE.png X Y       exit code 0: both areas are alike
 */
#include <cairo.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desktop/canvas.h"
#include "policy/palette.h"

struct picture {
	cairo_surface_t *surface;
	int w, h;
};

static struct picture load(const char *path)
{
	cairo_surface_t *s = cairo_image_surface_create_from_png(path);

	if (cairo_surface_status(s))
		errx(2, "%s: %s", path, cairo_status_to_string(cairo_surface_status(s)));
	return (struct picture){ s, cairo_image_surface_get_width(s), cairo_image_surface_get_height(s) };
}

static uint32_t at(const struct picture *p, int x, int y)
{
	const uint8_t *row = cairo_image_surface_get_data(p->surface) + y * cairo_image_surface_get_stride(p->surface);
	uint32_t v;

	if (x < 0 || y < 0 || x >= p->w || y >= p->h)
		return 0xff000000;
	memcpy(&v, row + 4 * (size_t)x, sizeof(v));
	return v & 0xffffff;
}

static int number(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

static uint32_t colour(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 16);
}

static struct rect area(char **v)
{
	return (struct rect){ number(v[0]), number(v[1]), number(v[2]), number(v[3]) };
}

static int box(const struct picture *p, uint32_t rgb)
{
	int x0 = p->w, y0 = p->h, x1 = -1, y1 = -1;

	for (int y = 0; y < p->h; y++) {
		for (int x = 0; x < p->w; x++) {
			if (at(p, x, y) != rgb)
				continue;
			x0 = x < x0 ? x : x0;
			x1 = x > x1 ? x : x1;
			y0 = y < y0 ? y : y0;
			y1 = y;
		}
	}
	if (x1 < 0)
		return 1;
	printf("%d %d %d %d\n", x0, y0, x1 - x0 + 1, y1 - y0 + 1);
	return 0;
}

static int count(const struct picture *p, uint32_t rgb, struct rect r)
{
	int n = 0;

	for (int y = r.y; y < r.y + r.h; y++) {
		for (int x = r.x; x < r.x + r.w; x++)
			n += at(p, x, y) == rgb;
	}
	printf("%d\n", n);
	return 0;
}

static int distance(uint32_t a, uint32_t b)
{
	int sum = 0;

	for (unsigned shift = 0; shift < 24; shift += 8)
		sum += abs((int)(a >> shift & 0xff) - (int)(b >> shift & 0xff));
	return sum;
}

static int marks(const struct picture *p, char **v)
{
	unsigned pattern = (unsigned)number(v[0]);
	uint32_t rgb = colour(v[1]), ink = colour(v[2]);
	struct rect r = area(v + 3);
	int scale = number(v[7]), right = 0;

	for (int y = 0; y < r.h; y++) {
		for (int x = 0; x < r.w; x++) {
			uint32_t is = at(p, r.x + x, r.y + y);
			bool marked = distance(is, ink) < distance(is, rgb);

			right += marked == palette_covers(pattern, x * 120 / scale, y * 120 / scale);
		}
	}
	printf("%d\n", right * 1000 / (r.w * r.h));
	return 0;
}

static int same(const struct picture *a, struct rect r, const struct picture *b, int bx, int by)
{
	for (int y = 0; y < r.h; y++) {
		for (int x = 0; x < r.w; x++) {
			if (at(a, r.x + x, r.y + y) == at(b, bx + x, by + y))
				continue;
			printf("at %d,%d: %06x, not %06x\n", r.x + x, r.y + y, at(a, r.x + x, r.y + y),
				at(b, bx + x, by + y));
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct picture p, other;
	char **v = argv + 3;

	if (argc < 4)
		errx(2, "usage: picture FILE.png COMMAND …");
	p = load(argv[1]);
	if (strcmp(argv[2], "box") == 0)
		return box(&p, colour(v[0]));
	if (strcmp(argv[2], "pixel") == 0 && argc == 5)
		return printf("%06x\n", at(&p, number(v[0]), number(v[1]))) < 0;
	if (strcmp(argv[2], "count") == 0 && argc == 8)
		return count(&p, colour(v[0]), area(v + 1));
	if (strcmp(argv[2], "marks") == 0 && argc == 11)
		return marks(&p, v);
	if (strcmp(argv[2], "same") != 0 || argc != 10)
		errx(2, "unknown command %s", argv[2]);
	other = load(v[4]);
	return same(&p, area(v), &other, number(v[5]), number(v[6]));
}
