/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The icon of a VM's application: pixels of the guest, made smaller, tinted and
 * framed in the VM's colour, so that no guest can make an entry look like the
 * host's own or another VM's. Where the guest has none the host draws one.
 */
#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/menu.h"

#define SIDE APP_ICON_SIDE
#define FRAME 4 /* pixels of the VM's colour all around */
#define ROUND 11 /* radius of the corners */
#define INNER (SIDE - 2 * FRAME - 4) /* what is left for the guest's */
#define TINT 72 /* of 256: how much of a pixel is the VM's colour */
#define SAMPLES 3 /* of a pixel, in each direction */

struct rgba {
	uint32_t r, g, b, a;
};

static struct rgba color_of(uint32_t rgb)
{
	return (struct rgba){ rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, 255 };
}

static uint32_t mix(uint32_t from, uint32_t to, uint32_t part)
{
	return (from * (256 - part) + to * part) / 256;
}

static struct rgba blend(struct rgba from, struct rgba to, uint32_t part)
{
	return (struct rgba){ mix(from.r, to.r, part), mix(from.g, to.g, part), mix(from.b, to.b, part), from.a };
}

/* The guest's icon at x, y of INNER: the mean of what lies there, weighed by how opaque it is. */
static struct rgba sample(const uint8_t *icon, int x, int y)
{
	struct rgba sum = { 0 };

	for (int i = 0; i < SAMPLES * SAMPLES; i++) {
		int sx = (SAMPLES * x + i % SAMPLES) * SIDE / (SAMPLES * INNER);
		int sy = (SAMPLES * y + i / SAMPLES) * SIDE / (SAMPLES * INNER);
		const uint8_t *p = icon + 4 * (sy * SIDE + sx);

		sum.r += p[0] * p[3];
		sum.g += p[1] * p[3];
		sum.b += p[2] * p[3];
		sum.a += p[3];
	}
	if (sum.a == 0)
		return sum;
	return (struct rgba){ sum.r / sum.a, sum.g / sum.a, sum.b / sum.a, sum.a / (SAMPLES * SAMPLES) };
}

struct box {
	int left, top, right, bottom;
};

static bool is_in(int x, int y, struct box b)
{
	return x >= b.left && x < b.right && y >= b.top && y < b.bottom;
}

/* Shapes for icons that are not there, on a field of 64 pixels: a folder, a prompt, a globe, a window. */
static bool is_drawn(uint32_t categories, int x, int y)
{
	int dx = x - 32, dy = y - 32, d = dx * dx + dy * dy;

	if (categories & APP_FILE_MANAGER)
		return is_in(x, y, (struct box){ 14, 18, 30, 24 }) || is_in(x, y, (struct box){ 14, 24, 50, 47 });
	if (categories & APP_TERMINAL)
		return (is_in(x, y, (struct box){ 14, 20, 30, 44 }) && abs(y - 32) + (x - 16) >= 8 &&
			       abs(y - 32) + (x - 16) < 14) ||
			is_in(x, y, (struct box){ 33, 40, 50, 45 });
	if (categories & APP_BROWSER)
		return (d < 19 * 19 && d >= 15 * 15) || (d < 16 * 16 && (abs(dx) < 2 || abs(dy) < 2)) ||
			(d < 16 * 16 && abs(4 * dx * dx + dy * dy - 15 * 15) < 60);
	return is_in(x, y, (struct box){ 14, 16, 50, 48 }) && !is_in(x, y, (struct box){ 18, 25, 46, 44 });
}

static struct rgba own_pixel(const struct app *app, int x, int y)
{
	return (struct rgba){ 255, 255, 255, is_drawn(app->categories, x * SIDE / INNER, y * SIDE / INNER) ? 255 : 0 };
}

/* 0 inside the rounded square that stands @inset pixels from the edge. */
static bool is_outside(int x, int y, int inset, int radius)
{
	int low = inset + radius, high = SIDE - 1 - inset - radius;
	int dx = x < low ? low - x : x > high ? x - high : 0, dy = y < low ? low - y : y > high ? y - high : 0;

	return dx * dx + dy * dy > radius * radius;
}

static struct rgba pixel(const struct menu_app *a, bool has_icon, int x, int y)
{
	const struct rgba color = color_of(a->rgb), paper = blend(color, (struct rgba){ 255, 255, 255, 255 }, 190);
	const struct rgba ground = has_icon ? paper : blend(color, (struct rgba){ 0, 0, 0, 255 }, 110);
	int ix = x - (SIDE - INNER) / 2, iy = y - (SIDE - INNER) / 2;
	struct rgba p = { 0 };

	if (is_outside(x, y, 0, ROUND))
		return p;
	if (is_outside(x, y, FRAME, ROUND - FRAME))
		return color;
	if (is_in(ix, iy, (struct box){ 0, 0, INNER, INNER }))
		p = has_icon ? blend(sample(a->app.icon, ix, iy), color, TINT) : own_pixel(&a->app, ix, iy);
	return blend(ground, p, p.a * 256 / 255);
}

static void draw(const struct menu_app *a, uint8_t out[APP_ICON_BYTES])
{
	static const uint8_t none[APP_ICON_BYTES];
	bool has_icon = memcmp(a->app.icon, none, sizeof(none)) != 0;

	for (int i = 0; i < SIDE * SIDE; i++) {
		struct rgba p = pixel(a, has_icon, i % SIDE, i / SIDE);

		out[4 * i] = (uint8_t)p.r;
		out[4 * i + 1] = (uint8_t)p.g;
		out[4 * i + 2] = (uint8_t)p.b;
		out[4 * i + 3] = (uint8_t)p.a;
	}
}

int menu_icon(const struct menu_app *a, uint8_t **ret_png, size_t *ret_len)
{
	png_image image = { .version = PNG_IMAGE_VERSION, .width = SIDE, .height = SIDE, .format = PNG_FORMAT_RGBA };
	uint8_t pixels[APP_ICON_BYTES], *png cleanup_free = NULL;
	png_alloc_size_t len = PNG_IMAGE_PNG_SIZE_MAX(image);

	draw(a, pixels);
	png = malloc(len);
	if (!png)
		return -ENOMEM;
	if (!png_image_write_to_memory(&image, png, &len, 0, pixels, 0, NULL))
		return -EIO;
	*ret_png = steal_ptr(&png);
	*ret_len = len;
	return 0;
}
