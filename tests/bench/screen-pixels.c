/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each damaged pixel is read once, as any compositor must, or copied once.
 * A frame is a commit after which the probe shows another colour: the first
 * point of a grid that is seen to change. A viewer of a remote screen that
 * shows one frame of its guest in several commits thus shows one.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/screen.h"

#define PITCH 16 /* of the grid, less than half of the smallest damage that is measured */
#define LEAST 100 /* smaller surfaces are pointers and decorations */

static void touch_row(struct surface *s, const uint8_t *pixels, size_t at, size_t bytes)
{
	uint64_t sum = 0, word;

	if (s->copy) {
		memcpy(s->copy + at, pixels + at, bytes);
		return;
	}
	for (size_t i = 0; i + 8 <= bytes; i += 8) {
		memcpy(&word, pixels + at + i, 8);
		sum += word;
	}
	screen.touched += sum;
}

static int grid_width(const struct surface *s)
{
	return s->w / PITCH;
}

static bool resize(struct surface *s, int w, int h, size_t size)
{
	if (s->grid && s->w == w && s->h == h)
		return true;
	free(s->grid);
	free(s->copy);
	s->w = w;
	s->h = h;
	s->probe = -1;
	s->grid = calloc((size_t)(w / PITCH + 1) * (size_t)(h / PITCH + 1), sizeof(*s->grid));
	s->copy = screen.copies ? calloc(1, size) : NULL;
	return s->grid && (s->copy || !screen.copies);
}

/* Looks at the points of the grid inside of @r: has the probe's changed, or any? */
static bool look(struct surface *s, const uint8_t *pixels, size_t stride, const struct rect *r, bool *any)
{
	bool changed = false;

	for (int y = (r->y + PITCH - 1) / PITCH; y * PITCH < r->y + r->h; y++) {
		for (int x = (r->x + PITCH - 1) / PITCH; x * PITCH < r->x + r->w && x < grid_width(s); x++) {
			int point = y * grid_width(s) + x;
			uint32_t pixel;

			memcpy(&pixel, pixels + (size_t)(y * PITCH) * stride + (size_t)(x * PITCH) * 4, 4);
			pixel &= 0xffffff;
			if (s->grid[point] == pixel)
				continue;
			s->grid[point] = pixel;
			*any = true;
			if (s->probe < 0)
				s->probe = point;
			changed |= s->probe == point;
		}
	}
	return changed;
}

static struct rect clip(struct rect r, int w, int h)
{
	int x2 = r.w > w - r.x ? w : r.x + r.w, y2 = r.h > h - r.y ? h : r.y + r.h;

	r.x = r.x < 0 ? 0 : r.x;
	r.y = r.y < 0 ? 0 : r.y;
	r.w = x2 > r.x ? x2 - r.x : 0;
	r.h = y2 > r.y ? y2 - r.y : 0;
	return r;
}

bool surface_touch(struct surface *s, struct wl_shm_buffer *buffer)
{
	int w = wl_shm_buffer_get_width(buffer), h = wl_shm_buffer_get_height(buffer);
	size_t stride = (size_t)wl_shm_buffer_get_stride(buffer);
	const uint8_t *pixels;
	bool changed = false, any = false;

	if (!resize(s, w, h, stride * (size_t)h))
		return false;
	wl_shm_buffer_begin_access(buffer);
	pixels = wl_shm_buffer_get_data(buffer);
	for (int i = 0; i < s->nrects; i++) {
		struct rect r = clip(s->rects[i], w, h);

		for (int y = r.y; y < r.y + r.h; y++)
			touch_row(s, pixels, (size_t)y * stride + (size_t)r.x * 4, (size_t)r.w * 4);
		screen.counts.bytes += (uint64_t)r.w * (uint64_t)r.h * 4;
		if (w >= LEAST && h >= LEAST)
			changed |= look(s, pixels, stride, &r, &any);
	}
	wl_shm_buffer_end_access(buffer);
	screen.counts.changes += any;
	return changed;
}

void surfaces_forget_probes(void)
{
	struct surface *s;

	wl_list_for_each(s, &screen.surfaces, link)
		s->probe = -1;
}
