/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client gets its buffer back right after the copy where the window is one
 * surface whose pixels are copied as they are: the newest slot then is the only
 * copy. Should they be needed again (a subsurface appears over them, the
 * geometry moves), keep_from_slot() reads them back. Windows of several
 * surfaces hold their buffers, as blending needs what lies beneath.
 */
#include "agent/gui/commit.h"

#include <stdlib.h>
#include <string.h>

#include "agent/gui/surface.h"
#include "agent/gui/window.h"

#define RECTS_MAX (GUI_COMMIT_RECTS + GUI_DAMAGE_RECTS)

/* Makes a surface's own copy of the pixels that are only in the newest slot, as if it still had its buffer. */
static void keep_from_slot(struct window *w, struct surface *s)
{
	const struct paint_layer *p = w->layout.n == 1 ? &w->layout.layers[0].paint : NULL;
	const struct canvas *c = &w->canvas;
	int kept_w = s->wlr->current.buffer_width, kept_h = s->wlr->current.buffer_height;

	s->in_slot = false;
	if (!p || !c->newest || kept_w <= 0 || kept_h <= 0)
		return;
	s->kept = calloc((size_t)kept_w * (size_t)kept_h, 4);
	if (!s->kept)
		return;
	s->kept_w = kept_w;
	s->kept_h = kept_h;
	for (int y = 0; y < c->h; y++) {
		int x1 = p->src_x - p->x, from = x1 < 0 ? -x1 : 0;
		int to = c->w < kept_w - x1 ? c->w : kept_w - x1;
		int row = y - p->y + p->src_y;

		if (row >= 0 && row < kept_h && to > from)
			memcpy(s->kept + 4 * ((size_t)row * (size_t)kept_w + (size_t)(x1 + from)),
				canvas_pixels(c, c->newest) + (size_t)y * c->stride + 4 * (size_t)from,
				4 * (size_t)(to - from));
	}
}

/* Whether the newest slot no longer shows the only surface as the new layout wants it. */
static bool layout_moved(const struct layout *a, const struct layout *b)
{
	const struct paint_layer *p, *q;

	if (a->n != 1 || b->n != 1 || a->w != b->w || a->h != b->h || a->scale120 != b->scale120)
		return true;
	p = &a->layers[0].paint;
	q = &b->layers[0].paint;
	return p->x != q->x || p->y != q->y || p->direct != q->direct || p->src_x != q->src_x || p->src_y != q->src_y;
}

/* Takes @now as the window's layout and turns all changes into damage of the canvas. */
static void commit_layout(struct window *w, struct layout *now)
{
	struct layout *old = &w->layout;
	struct wlr_box *g = &now->geometry;

	for (size_t i = 0; i < now->n; i++) {
		struct surface *s = now->layers[i].surface;

		if (s->in_slot && layout_moved(old, now))
			keep_from_slot(w, s);
		if (!s->window)
			window_scale_surface(w, s->wlr);
		s->window = w;
	}
	canvas_resize(&w->canvas, now->w, now->h);
	if (old->scale120 != now->scale120 || (old->opaque && !now->opaque && now->n > 1))
		canvas_damage_all(&w->canvas);
	layout_damage_difference(old, now, &w->canvas);
	for (size_t i = 0; i < now->n; i++) {
		layout_damage_layer(now, &now->layers[i], &w->canvas);
		surface_clear_damage(now->layers[i].surface);
	}
	if (g->width != old->geometry.width || g->height != old->geometry.height)
		w->hints_dirty = true;
	layout_finish(old);
	*old = *now;
}

static void commit_paint(struct window *w, struct canvas_slot *slot)
{
	struct layout *l = &w->layout;
	struct paint_target target = { .pixels = canvas_pixels(&w->canvas, slot),
		.stride = w->canvas.stride,
		.w = w->canvas.w,
		.h = w->canvas.h,
		.alpha = !l->opaque };
	struct paint_layer *layers = calloc(l->n, sizeof(*layers));
	struct stats *stats = &w->server->stats;

	if (!layers)
		return;
	for (size_t i = 0; i < l->n; i++) {
		layers[i] = l->layers[i].paint;
		layers[i].src = surface_begin(l->layers[i].surface);
	}
	stats->bytes_damaged += canvas_region_bytes(&w->canvas.damage);
	stats->bytes_copied += paint_layers(&target, layers, l->n, &w->canvas.damage);
	for (size_t i = 0; i < l->n; i++)
		surface_end(l->layers[i].surface);
	if (l->n == 1 && l->layers[0].paint.direct && (layers[0].src.alpha || l->opaque))
		surface_give_back(l->layers[0].surface, layers[0].src.alpha);
	free(layers);
}

static struct gui_rect rect_of(const pixman_box32_t *box)
{
	return (struct gui_rect){ (uint16_t)box->x1, (uint16_t)box->y1, (uint16_t)(box->x2 - box->x1),
		(uint16_t)(box->y2 - box->y1) };
}

/* COMMIT carries the first rectangles, a DAMAGE before it the rest; more than both hold become their bounding box. */
static void commit_rects(struct window *w, const pixman_region32_t *damage, struct gui_commit *commit)
{
	struct gui_msg more = { .head = { .type = GUI_DAMAGE, .win = w->id } };
	const pixman_box32_t *box;
	int n;

	box = pixman_region32_rectangles(damage, &n);
	if (n > RECTS_MAX) {
		box = pixman_region32_extents(damage);
		n = 1;
	}
	for (int i = 0; i < n && i < GUI_COMMIT_RECTS; i++)
		commit->rect[commit->nrect++] = rect_of(&box[i]);
	if (n <= GUI_COMMIT_RECTS)
		return;
	for (int i = GUI_COMMIT_RECTS; i < n; i++)
		more.damage.rect[i - GUI_COMMIT_RECTS] = rect_of(&box[i]);
	server_send(w->server, &more);
}

/* Sends @slot with the damage, or as a whole when the host has lost what it knew of the window. */
static void commit_send(struct window *w, struct canvas_slot *slot)
{
	struct gui_msg g = { .head = { .type = GUI_COMMIT, .win = w->id, .serial = w->acked } };
	struct canvas *c = &w->canvas;

	g.commit = (struct gui_commit){
		.page = slot->page,
		.w = (uint16_t)c->w,
		.h = (uint16_t)c->h,
		.stride = c->stride,
		.fmt = w->layout.opaque ? GUI_FMT_XRGB : GUI_FMT_ARGB,
		.scale120 = (uint16_t)w->layout.scale120,
	};
	if (w->resend) {
		g.commit.rect[0] = (struct gui_rect){ 0, 0, (uint16_t)c->w, (uint16_t)c->h };
		g.commit.nrect = 1;
	} else {
		commit_rects(w, &c->damage, &g.commit);
	}
	w->flight[w->nflight++] = link_next_seq(&w->server->link);
	server_send(w->server, &g);
	w->server->stats.commits++;
	w->resend = false;
	canvas_committed(c, slot);
}

static bool has_callbacks(const struct window *w)
{
	for (size_t i = 0; i < w->layout.n; i++) {
		const struct surface *s = w->layout.layers[i].surface;

		if (s && !wl_list_empty(&s->wlr->current.frame_callback_list))
			return true;
	}
	return false;
}

static bool commit_build(const struct window *w, struct layout *ret)
{
	struct wlr_box geometry;

	w->ops->geometry(w, &geometry);
	return layout_build(w->root->wlr, &geometry, w->host_scale120, ret);
}

void commit_window(struct window *w)
{
	struct canvas *c = &w->canvas;
	struct canvas_slot *slot;
	struct layout now;
	uint64_t caught_up;

	if (w->nflight == WINDOW_FLIGHT_MAX || !commit_build(w, &now))
		return;
	commit_layout(w, &now);
	if (!pixman_region32_not_empty(&c->damage)) {
		if (w->resend && c->newest && !c->newest->held)
			commit_send(w, c->newest);
		else if (w->nflight == 0 && has_callbacks(w) && w->pace)
			wl_event_source_timer_update(w->pace, WINDOW_PACE_MS);
		return;
	}
	slot = canvas_acquire(c, &caught_up);
	if (!slot)
		return;
	w->server->stats.bytes_caught_up += caught_up;
	commit_paint(w, slot);
	commit_send(w, slot);
}
