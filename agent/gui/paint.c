/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/paint.h"

#include <string.h>

#include "agent/gui/canvas.h"

static void paint_clear(const struct paint_target *t, const pixman_region32_t *region)
{
	const pixman_box32_t *box;
	int n;

	box = pixman_region32_rectangles(region, &n);
	for (int i = 0; i < n; i++) {
		for (int y = box[i].y1; y < box[i].y2; y++)
			memset(t->pixels + (size_t)y * t->stride + (size_t)box[i].x1 * 4, 0,
				(size_t)(box[i].x2 - box[i].x1) * 4);
	}
}

static void paint_copy(const struct paint_target *t, const struct paint_layer *l, const pixman_region32_t *region)
{
	const pixman_box32_t *box;
	int n;

	box = pixman_region32_rectangles(region, &n);
	for (int i = 0; i < n; i++) {
		size_t sx = (size_t)(box[i].x1 - l->x + l->src_x) * 4;
		size_t len = (size_t)(box[i].x2 - box[i].x1) * 4;

		for (int y = box[i].y1; y < box[i].y2; y++)
			memcpy(t->pixels + (size_t)y * t->stride + (size_t)box[i].x1 * 4,
				l->src.pixels + (size_t)(y - l->y + l->src_y) * l->src.stride + sx, len);
	}
}

static void paint_composite(
	const struct paint_target *t, const struct paint_layer *l, pixman_op_t op, pixman_region32_t *region)
{
	/* pixman takes pointers to non-const bits; a source is only read */
	pixman_image_t *src = pixman_image_create_bits_no_clear(l->src.alpha ? PIXMAN_a8r8g8b8 : PIXMAN_x8r8g8b8,
		l->src.w, l->src.h, (uint32_t *)(uintptr_t)l->src.pixels, (int)l->src.stride);
	pixman_image_t *dst = pixman_image_create_bits_no_clear(t->alpha ? PIXMAN_a8r8g8b8 : PIXMAN_x8r8g8b8, t->w,
		t->h, (uint32_t *)(uintptr_t)t->pixels, (int)t->stride);

	if (src && dst) {
		if (!l->direct) {
			pixman_image_set_transform(src, &l->transform);
			pixman_image_set_filter(src, PIXMAN_FILTER_BILINEAR, NULL, 0);
			pixman_image_set_repeat(src, PIXMAN_REPEAT_PAD);
		}
		pixman_image_set_clip_region32(dst, region);
		pixman_image_composite32(op, src, NULL, dst, l->direct ? l->src_x : 0, l->direct ? l->src_y : 0, 0, 0,
			l->x, l->y, l->w, l->h);
	}
	if (src)
		pixman_image_unref(src);
	if (dst)
		pixman_image_unref(dst);
}

/* Writes the part of a layer that lies on nothing. */
static void paint_source(const struct paint_target *t, const struct paint_layer *l, pixman_region32_t *region)
{
	if (l->direct && (l->src.alpha || !t->alpha))
		paint_copy(t, l, region);
	else
		paint_composite(t, l, PIXMAN_OP_SRC, region);
}

/* The visible part of layer @i in @region: not outside it, not under an opaque part of a higher one. */
static void paint_visible(const struct paint_layer *layers, size_t n, size_t i, const pixman_region32_t *region,
	pixman_region32_t *ret_visible)
{
	const struct paint_layer *l = &layers[i];

	pixman_region32_intersect_rect(ret_visible, region, l->x, l->y, (unsigned)l->w, (unsigned)l->h);
	for (size_t j = i + 1; j < n; j++) {
		if (layers[j].src.pixels)
			pixman_region32_subtract(ret_visible, ret_visible, &layers[j].opaque);
	}
}

uint64_t paint_layers(
	const struct paint_target *t, const struct paint_layer *layers, size_t n, const pixman_region32_t *region)
{
	pixman_region32_t painted, visible, part;
	uint64_t bytes = 0;

	pixman_region32_init(&painted);
	pixman_region32_init(&visible);
	pixman_region32_init(&part);
	for (size_t i = 0; i < n; i++) {
		if (!layers[i].src.pixels || layers[i].w <= 0 || layers[i].h <= 0)
			continue;
		paint_visible(layers, n, i, region, &visible);
		bytes += canvas_region_bytes(&visible);
		pixman_region32_intersect(&part, &visible, &painted);
		if (pixman_region32_not_empty(&part))
			paint_composite(t, &layers[i], PIXMAN_OP_OVER, &part);
		pixman_region32_subtract(&part, &visible, &painted);
		if (pixman_region32_not_empty(&part))
			paint_source(t, &layers[i], &part);
		pixman_region32_union(&painted, &painted, &visible);
	}
	pixman_region32_subtract(&part, region, &painted);
	bytes += canvas_region_bytes(&part);
	paint_clear(t, &part);
	pixman_region32_fini(&painted);
	pixman_region32_fini(&visible);
	pixman_region32_fini(&part);
	return bytes;
}
