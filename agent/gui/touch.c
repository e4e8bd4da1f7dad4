/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/touch.h"

#include <wlr/types/wlr_seat.h>

#include "agent/gui/surface.h"
#include "agent/gui/window.h"

/* A place in a window's content as one in its root surface. */
static void touch_place(const struct window *w, const struct gui_touch *p, double *ret_x, double *ret_y)
{
	struct wlr_box geometry;

	w->ops->geometry(w, &geometry);
	*ret_x = p->x / 256.0 + geometry.x;
	*ret_y = p->y / 256.0 + geometry.y;
}

static void touch_down(struct touch *t, const struct gui_msg *g)
{
	struct window *w = window_find(t->server, g->head.win);
	struct wlr_surface *at;
	double x, y, sx, sy;

	if (!w || !w->root->wlr->mapped || t->at[g->touch.id])
		return;
	touch_place(w, &g->touch, &x, &y);
	at = wlr_surface_surface_at(w->root->wlr, x, y, &sx, &sy);
	if (!at || !wlr_surface_accepts_touch(t->seat, at))
		return;
	if (w->ops->pointed)
		w->ops->pointed(w);
	if (wlr_seat_touch_notify_down(t->seat, at, g->touch.time_ms, (int32_t)g->touch.id, sx, sy))
		t->at[g->touch.id] = w;
}

/* It stays with the surface that it came down on, wherever it goes. */
static void touch_motion(struct touch *t, const struct gui_msg *g)
{
	struct window *w = t->at[g->touch.id];
	struct wlr_touch_point *point = wlr_seat_touch_get_point(t->seat, (int32_t)g->touch.id);
	int left = 0, top = 0;
	double x, y;

	if (!w || !point || !point->surface)
		return;
	touch_place(w, &g->touch, &x, &y);
	if (window_surface_at(w, point->surface, &left, &top))
		wlr_seat_touch_notify_motion(t->seat, g->touch.time_ms, (int32_t)g->touch.id, x - left, y - top);
}

static void touch_up(struct touch *t, const struct gui_msg *g)
{
	if (!t->at[g->touch.id])
		return;
	t->at[g->touch.id] = NULL;
	wlr_seat_touch_notify_up(t->seat, g->touch.time_ms, (int32_t)g->touch.id);
}

/* A client that loses one finger so loses all: there is no event for a single one. */
static void touch_cancel(struct touch *t, unsigned id)
{
	struct wlr_touch_point *point = wlr_seat_touch_get_point(t->seat, (int32_t)id);

	t->at[id] = NULL;
	if (point && point->client)
		wlr_seat_touch_notify_cancel(t->seat, point->client);
	/* one that wlroots keeps would be another finger's */
	if (wlr_seat_touch_get_point(t->seat, (int32_t)id))
		wlr_seat_touch_notify_up(t->seat, 0, (int32_t)id);
}

void touch_clear(struct touch *t)
{
	for (unsigned id = 0; id < GUI_TOUCH_POINTS; id++) {
		if (t->at[id])
			touch_cancel(t, id);
	}
}

void touch_forget(struct touch *t, const struct window *w)
{
	for (unsigned id = 0; id < GUI_TOUCH_POINTS; id++) {
		if (t->at[id] == w)
			touch_cancel(t, id);
	}
}

bool touch_held(const struct touch *t)
{
	return wlr_seat_touch_num_points(t->seat) > 0;
}

static void touch_set_device(struct touch *t, bool there)
{
	uint32_t others = t->seat->capabilities & ~(uint32_t)WL_SEAT_CAPABILITY_TOUCH;

	if (!there)
		touch_clear(t);
	wlr_seat_set_capabilities(t->seat, others | (there ? WL_SEAT_CAPABILITY_TOUCH : 0));
}

bool touch_handle(struct touch *t, const struct gui_msg *g)
{
	const struct window *w;

	switch (g->head.type) {
	case GUI_TOUCH_DEVICE:
		touch_set_device(t, g->touch_device.there);
		return true;
	case GUI_TOUCH_DOWN:
		touch_down(t, g);
		return true;
	case GUI_TOUCH_MOTION:
		touch_motion(t, g);
		return true;
	case GUI_TOUCH_UP:
		touch_up(t, g);
		return true;
	case GUI_TOUCH_FRAME:
		wlr_seat_touch_notify_frame(t->seat);
		return true;
	case GUI_TOUCH_CANCEL:
		w = g->head.win ? window_find(t->server, g->head.win) : NULL;
		if (w)
			touch_forget(t, w);
		else if (!g->head.win)
			touch_clear(t);
		return true;
	default:
		return false;
	}
}
