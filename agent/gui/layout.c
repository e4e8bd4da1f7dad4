/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/layout.h"

#include <math.h>
#include <stdlib.h>

#include "agent/gui/surface.h"
#include "proto/gui.h"

#define SCALE_MIN 60
#define SCALE_MAX 960

/* Surface to buffer for each wl_output_transform, both as fractions: u' = a u + b v + e, v' = c u + d v + f. */
static const struct {
	double a, b, e, c, d, f;
} layout_turns[8] = {
	{ 1, 0, 0, 0, 1, 0 },
	{ 0, 1, 0, -1, 0, 1 },
	{ -1, 0, 1, 0, -1, 1 },
	{ 0, -1, 1, 1, 0, 0 },
	{ -1, 0, 1, 0, 1, 0 },
	{ 0, 1, 0, 1, 0, 0 },
	{ 1, 0, 0, 0, -1, 1 },
	{ 0, -1, 1, -1, 0, 1 },
};

static int layout_px(const struct layout *l, int units)
{
	return (int)floor((double)units * l->scale120 / GUI_SCALE_ONE + 0.5);
}

static int layout_scale(struct wlr_surface *root, int host_scale120)
{
	int w = root->current.width, h = root->current.height;
	struct wlr_fbox src;
	int scale = host_scale120;

	wlr_surface_get_buffer_source_box(root, &src);
	if (w > 0 && root->current.transform == WL_OUTPUT_TRANSFORM_NORMAL) {
		int by = (int)(src.width / w);
		struct layout l = { .scale120 = host_scale120 };

		if (layout_px(&l, w) != (int)src.width && (int)src.width == by * w && (int)src.height == by * h)
			scale = by * GUI_SCALE_ONE;
	}
	return scale < SCALE_MIN ? SCALE_MIN : scale > SCALE_MAX ? SCALE_MAX : scale;
}

static bool is_whole(double v)
{
	return v == floor(v);
}

static void layer_transform(struct paint_layer *p, const struct wlr_fbox *src, enum wl_output_transform transform)
{
	struct pixman_f_transform f;
	double w = p->w > 0 ? p->w : 1, h = p->h > 0 ? p->h : 1;

	pixman_f_transform_init_identity(&f);
	f.m[0][0] = src->width * layout_turns[transform].a / w;
	f.m[0][1] = src->width * layout_turns[transform].b / h;
	f.m[0][2] = src->x + src->width * layout_turns[transform].e;
	f.m[1][0] = src->height * layout_turns[transform].c / w;
	f.m[1][1] = src->height * layout_turns[transform].d / h;
	f.m[1][2] = src->y + src->height * layout_turns[transform].f;
	pixman_transform_from_pixman_f_transform(&p->transform, &f);
}

/* Rectangles that are opaque in surface units, rounded inwards to pixels. */
static void layer_opaque(const struct layout *l, struct wlr_surface *wlr, struct paint_layer *p)
{
	double scale = (double)l->scale120 / GUI_SCALE_ONE;
	const pixman_box32_t *box;
	int n;

	box = pixman_region32_rectangles(&wlr->opaque_region, &n);
	for (int i = 0; i < n; i++) {
		int x1 = (int)ceil(box[i].x1 * scale), y1 = (int)ceil(box[i].y1 * scale);
		int x2 = box[i].x2 == wlr->current.width ? p->w : (int)floor(box[i].x2 * scale);
		int y2 = box[i].y2 == wlr->current.height ? p->h : (int)floor(box[i].y2 * scale);

		if (x2 > x1 && y2 > y1)
			pixman_region32_union_rect(
				&p->opaque, &p->opaque, p->x + x1, p->y + y1, (unsigned)(x2 - x1), (unsigned)(y2 - y1));
	}
}

static void layer_init(const struct layout *l, struct layout_layer *layer, struct wlr_surface *wlr, int x, int y)
{
	struct paint_layer *p = &layer->paint;
	struct wlr_fbox src;

	wlr_surface_get_buffer_source_box(wlr, &src);
	p->x = layout_px(l, x - l->geometry.x);
	p->y = layout_px(l, y - l->geometry.y);
	p->w = layout_px(l, wlr->current.width);
	p->h = layout_px(l, wlr->current.height);
	p->direct = wlr->current.transform == WL_OUTPUT_TRANSFORM_NORMAL && is_whole(src.x) && is_whole(src.y) &&
		p->w == src.width && p->h == src.height;
	p->src_x = (int)src.x;
	p->src_y = (int)src.y;
	layer_transform(p, &src, wlr->current.transform);
	pixman_region32_init(&p->opaque);
	layer_opaque(l, wlr, p);
}

static void handle_surface(struct wlr_surface *wlr, int x, int y, void *data)
{
	struct layout *l = data;
	struct surface *s = surface_of(wlr);
	struct layout_layer *layers;

	if (!s || l->w == 0)
		return;
	layers = realloc(l->layers, (l->n + 1) * sizeof(*layers));
	if (!layers) {
		l->w = 0;
		return;
	}
	l->layers = layers;
	layers[l->n] = (struct layout_layer){ .surface = s };
	layer_init(l, &layers[l->n], wlr, x, y);
	l->n++;
}

static bool layout_covered(const struct layout *l)
{
	pixman_region32_t rest;
	bool covered;

	pixman_region32_init_rect(&rest, 0, 0, (unsigned)l->w, (unsigned)l->h);
	for (size_t i = 0; i < l->n; i++)
		pixman_region32_subtract(&rest, &rest, &l->layers[i].paint.opaque);
	covered = !pixman_region32_not_empty(&rest);
	pixman_region32_fini(&rest);
	return covered;
}

static int layout_clamp(int px)
{
	return px < 1 ? 1 : px > GUI_SIZE_MAX ? GUI_SIZE_MAX : px;
}

bool layout_build(struct wlr_surface *root, const struct wlr_box *geometry, int host_scale120, struct layout *ret)
{
	*ret = (struct layout){ .geometry = *geometry, .scale120 = layout_scale(root, host_scale120) };
	ret->w = layout_clamp(layout_px(ret, ret->geometry.width));
	ret->h = layout_clamp(layout_px(ret, ret->geometry.height));
	wlr_surface_for_each_surface(root, handle_surface, ret);
	if (ret->w == 0 || ret->n == 0) {
		layout_finish(ret);
		return false;
	}
	ret->opaque = layout_covered(ret);
	return true;
}

void layout_finish(struct layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		pixman_region32_fini(&l->layers[i].paint.opaque);
	free(l->layers);
	*l = (struct layout){ 0 };
}

static bool layer_same(const struct layout_layer *a, const struct layout_layer *b)
{
	const struct paint_layer *p = &a->paint, *q = &b->paint;

	return a->surface == b->surface && p->x == q->x && p->y == q->y && p->w == q->w && p->h == q->h &&
		p->direct == q->direct && p->src_x == q->src_x && p->src_y == q->src_y;
}

void layout_damage_difference(const struct layout *old, const struct layout *now, struct canvas *canvas)
{
	size_t most = old->n > now->n ? old->n : now->n;

	for (size_t i = 0; i < most; i++) {
		const struct paint_layer *p = i < old->n ? &old->layers[i].paint : NULL;
		const struct paint_layer *q = i < now->n ? &now->layers[i].paint : NULL;

		if (p && q && layer_same(&old->layers[i], &now->layers[i]))
			continue;
		if (p)
			canvas_damage_box(canvas, p->x, p->y, p->w, p->h);
		if (q)
			canvas_damage_box(canvas, q->x, q->y, q->w, q->h);
	}
}

static void layer_damage_scaled(const struct layout *l, const struct layout_layer *layer, struct canvas *canvas)
{
	double scale = (double)l->scale120 / GUI_SCALE_ONE;
	const pixman_box32_t *box;
	int n;

	/* one pixel more on each side: resampling blends neighbours */
	box = pixman_region32_rectangles(&layer->surface->surface_damage, &n);
	for (int i = 0; i < n; i++) {
		int x1 = (int)floor(box[i].x1 * scale) - 1, y1 = (int)floor(box[i].y1 * scale) - 1;
		int x2 = (int)ceil(box[i].x2 * scale) + 1, y2 = (int)ceil(box[i].y2 * scale) + 1;

		canvas_damage_box(canvas, layer->paint.x + x1, layer->paint.y + y1, x2 - x1, y2 - y1);
	}
}

void layout_damage_layer(const struct layout *l, const struct layout_layer *layer, struct canvas *canvas)
{
	const struct paint_layer *p = &layer->paint;
	pixman_region32_t damage;

	if (!p->direct) {
		layer_damage_scaled(l, layer, canvas);
		return;
	}
	pixman_region32_init(&damage);
	pixman_region32_copy(&damage, &layer->surface->buffer_damage);
	pixman_region32_translate(&damage, p->x - p->src_x, p->y - p->src_y);
	pixman_region32_intersect_rect(&damage, &damage, p->x, p->y, (unsigned)p->w, (unsigned)p->h);
	canvas_damage(canvas, &damage);
	pixman_region32_fini(&damage);
}
