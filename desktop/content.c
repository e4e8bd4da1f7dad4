/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/content.h"

#include <errno.h>
#include <wayland-client.h>

#include "desktop/buffer.h"
#include "desktop/display.h"
#include "desktop/end.h"
#include "viewporter-client-protocol.h"

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

int content_init(struct content *c, struct display *d, struct wl_surface *parent, struct surface_ref *ref)
{
	c->display = d;
	c->shown = false;
	c->crop = (struct content_crop){ 0 };
	c->wl = display_surface(d, ref);
	if (!c->wl)
		return -ENOMEM;
	c->sub = wl_subcompositor_get_subsurface(d->subcompositor, c->wl, parent);
	c->viewport = wp_viewporter_get_viewport(d->viewporter, c->wl);
	return c->sub && c->viewport ? 0 : -ENOMEM;
}

void content_finish(struct content *c)
{
	if (c->staged)
		buffer_give_back(c->staged);
	c->staged = NULL;
	END(c->callback, wl_callback_destroy);
	END(c->viewport, wp_viewport_destroy);
	END(c->sub, wl_subsurface_destroy);
	END(c->wl, wl_surface_destroy);
	c->display = NULL;
}

void content_damage(struct content *c, const struct gui_rect *rects, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (rects[i].w == 0 || rects[i].h == 0)
			continue;
		if (c->ndamage == CONTENT_DAMAGE_MAX)
			c->damage_all = true;
		else
			c->damage[c->ndamage++] = rects[i];
	}
}

void content_stage(struct content *c, struct buffer *b, const struct gui_commit *commit)
{
	if (c->staged)
		buffer_give_back(c->staged);
	if (c->w != commit->w || c->h != commit->h)
		c->damage_all = true;
	c->staged = b;
	c->w = commit->w;
	c->h = commit->h;
	c->scale120 = commit->scale120;
}

/* A window's part along one axis: @geo_at, @geo_len of a buffer that is @len logical units long. */
static int part_at(int geo_at, int geo_len, int len)
{
	return geo_len ? smaller(geo_at, len - 1) : 0;
}

static int part_len(int geo_at, int geo_len, int len)
{
	int left = len - part_at(geo_at, geo_len, len);

	return geo_len ? smaller(geo_len, left) : left;
}

/* As guests round the size of a buffer, and wp_fractional_scale does. */
static int to_pixels(const struct content *c, int units)
{
	return (units * c->scale120 + GUI_SCALE_ONE / 2) / GUI_SCALE_ONE;
}

/* The most units that a buffer has all pixels for. */
static int logical(const struct content *c, int pixels)
{
	int len = c->scale120 ? (pixels * GUI_SCALE_ONE + c->scale120 / 2) / c->scale120 : pixels;

	len -= to_pixels(c, len) > pixels;
	return len > 0 ? len : 1;
}

void content_size(const struct content *c, int *ret_w, int *ret_h)
{
	*ret_w = part_len(c->geo.x, c->geo.w, logical(c, c->w));
	*ret_h = part_len(c->geo.y, c->geo.h, logical(c, c->h));
}

void content_origin(const struct content *c, int *ret_x, int *ret_y)
{
	*ret_x = part_at(c->geo.x, c->geo.w, logical(c, c->w));
	*ret_y = part_at(c->geo.y, c->geo.h, logical(c, c->h));
}

/* A part of a buffer along one axis, 24.8. */
struct source {
	wl_fixed_t at, len;
};

/* @at and @len (logical) along an axis of @pixels: whole pixels of the buffer, as the compositor would mix parts of one. */
static struct source source_axis(const struct content *c, int pixels, int at, int len)
{
	int from = smaller(to_pixels(c, at), pixels - 1);
	int end = smaller(to_pixels(c, at + len), pixels);

	return (struct source){ wl_fixed_from_int(from), wl_fixed_from_int(end > from ? end - from : 1) };
}

static bool is_same_crop(const struct content_crop *a, const struct content_crop *b)
{
	return a->sx == b->sx && a->sy == b->sy && a->sw == b->sw && a->sh == b->sh && rect_is_same(a->at, b->at);
}

static void crop(struct content *c, struct rect room)
{
	int x, y, w, h;
	struct source sx, sy;
	struct content_crop now;

	content_origin(c, &x, &y);
	content_size(c, &w, &h);
	w = smaller(w, room.w);
	h = smaller(h, room.h);
	sx = source_axis(c, c->w, x, w);
	sy = source_axis(c, c->h, y, h);
	now = (struct content_crop){ sx.at, sy.at, sx.len, sy.len, { room.x, room.y, w, h } };
	if (is_same_crop(&now, &c->crop))
		return;
	c->crop = now;
	wp_viewport_set_source(c->viewport, sx.at, sy.at, sx.len, sy.len);
	wp_viewport_set_destination(c->viewport, w, h);
	wl_subsurface_set_position(c->sub, room.x, room.y);
}

static void handle_frame(void *data, struct wl_callback *callback, uint32_t ms)
{
	struct content *c = data;

	END(c->callback, wl_callback_destroy);
	c->on_frame(c);
}

static const struct wl_callback_listener frame_listener = { .done = handle_frame };

static void send_damage(struct content *c)
{
	for (unsigned i = 0; i < c->ndamage && !c->damage_all; i++) {
		const struct gui_rect *r = &c->damage[i];

		if (r->x < c->w && r->y < c->h)
			wl_surface_damage_buffer(
				c->wl, r->x, r->y, smaller(r->w, c->w - r->x), smaller(r->h, c->h - r->y));
	}
	if (c->damage_all || c->ndamage == 0)
		wl_surface_damage_buffer(c->wl, 0, 0, c->w, c->h);
	c->ndamage = 0;
	c->damage_all = false;
}

void content_push(struct content *c, struct rect room, bool sync)
{
	if (!c->staged && !c->shown)
		return;
	if (sync)
		wl_subsurface_set_sync(c->sub);
	crop(c, room);
	if (c->staged) {
		wl_surface_attach(c->wl, c->staged->wl, 0, 0);
		send_damage(c);
		c->staged = NULL;
		c->shown = true;
		if (!c->callback) {
			c->callback = wl_surface_frame(c->wl);
			wl_callback_add_listener(c->callback, &frame_listener, c);
		}
	}
	wl_surface_commit(c->wl);
}

void content_release_sync(struct content *c)
{
	wl_subsurface_set_desync(c->sub);
}
