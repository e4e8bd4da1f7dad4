/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The surfaces of a window and the frame on them. The root surface is the bar,
 * of a popup the strip; borders, the mat and the guest's content are its
 * subsurfaces, so that one commit of the root shows a new size of all of them
 * at once.
 *
 * mutter takes the root for the whole window: it closes a popup that does not
 * touch its parent's, and adds to the bounds of a size what the root is short
 * of it, so that windows grow for ever. There the root is as large as the
 * window, nothing is on it, and the bar is a subsurface, too.
 */
#include <errno.h>
#include <wayland-client.h>

#include "desktop/atlas.h"
#include "desktop/bounded.h"
#include "desktop/window.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

int window_make_surfaces(struct window *w)
{
	struct display *d = w->set->display;
	int r;

	w->root = display_surface(d, &w->ref_root);
	if (!w->root)
		return -ENOMEM;
	w->root_viewport = wp_viewporter_get_viewport(d->viewporter, w->root);
	if (!w->root_viewport)
		return -ENOMEM;
	r = d->mutter ? solid_init(&w->top, d, w->root, &w->ref_root) : 0;
	if (r == 0)
		r = solid_init(&w->back, d, w->root, &w->ref_back);
	if (r == 0)
		r = solid_init(&w->mat, d, w->root, &w->ref_mat);
	if (r == 0)
		r = content_init(&w->content, d, w->root, &w->ref_content);
	if (r < 0)
		return r;
	w->xdg = xdg_wm_base_get_xdg_surface(d->wm_base, w->root);
	return w->xdg ? 0 : -ENOMEM;
}

/* A bar buffer of that size which the compositor does not read. Those of other sizes end. NULL: none is free. */
static struct pool_buffer *free_bar(struct window *w, int width, int height)
{
	struct pool_buffer **slot = NULL;

	for (int i = 0; i < WINDOW_BARS; i++) {
		struct pool_buffer *b = w->bar[i];

		if (b && (b->w != width || b->h != height)) {
			if (b == w->bar_shown)
				w->bar_shown = NULL;
			pool_buffer_destroy(b);
			b = w->bar[i] = NULL;
		}
		if (b && !b->busy)
			return b;
		if (!b)
			slot = &w->bar[i];
	}
	if (slot)
		*slot = pool_buffer_create(w->set->pool, width, height);
	return slot ? *slot : NULL;
}

static void attach_bar(struct window *w, struct pool_buffer *b, int height)
{
	pool_buffer_attach(b, w->top.wl ? w->top.wl : w->root);
	wp_viewport_set_destination(w->top.wl ? w->top.viewport : w->root_viewport, w->outer_w, height);
	if (w->top.wl)
		wl_surface_commit(w->top.wl);
}

/* Draws the bar and attaches it. When no buffer is free the window stays dirty. */
static void draw_bar(struct window *w)
{
	const struct atlas_face *face = atlas_pick(w->set->atlas, w->scale120);
	int height = window_insets(w).top;
	struct pool_buffer *b = free_bar(w, atlas_px(face, w->outer_w), atlas_px(face, height));
	struct frame_look look = window_look(w);
	struct canvas c;

	w->dirty = !b;
	if (!b)
		return;
	canvas_init(&c, b->pixels, b->w, b->h);
	frame_draw_bar(&c, w->set->atlas, face, &look);
	w->bar_shown = b;
	attach_bar(w, b, height);
}

void window_redraw(struct window *w)
{
	draw_bar(w);
	wl_surface_commit(w->root);
}

struct frame_insets window_insets(const struct window *w)
{
	struct frame_insets in = frame_insets(w->role == GUI_ROLE_POPUP, w->states & GUI_STATE_FULLSCREEN);

	in.right += w->pad_w;
	in.top += w->pad_h;
	return in;
}

struct rect window_room(const struct window *w)
{
	struct frame_insets in = window_insets(w);

	return (struct rect){ in.left, in.top, w->inner_w, w->inner_h };
}

void window_layout(struct window *w)
{
	struct frame_insets in = window_insets(w);
	struct rect room = window_room(w), ground = room;
	int outer_w = room.w + in.left + in.right, outer_h = room.h + in.top + in.bottom;

	if (w->states & GUI_STATE_FULLSCREEN)
		ground.w = outer_w; /* no line of colour at its edge */
	if (outer_w != w->outer_w || !w->bar_shown)
		w->dirty = true;
	w->outer_w = outer_w;
	w->outer_h = outer_h;
	if (w->dirty)
		draw_bar(w);
	solid_show(&w->back, w->set->display, w->set->colour, (struct rect){ 0, in.top, outer_w, outer_h - in.top });
	solid_show(&w->mat, w->set->display, w->set->mat, ground);
	if (w->top.wl) {
		pool_buffer_attach(w->set->clear, w->root);
		wp_viewport_set_destination(w->root_viewport, outer_w, outer_h);
	}
	xdg_surface_set_window_geometry(w->xdg, 0, 0, outer_w, outer_h);
}

void window_obey_size(struct window *w, int outer_w, int outer_h)
{
	struct frame_insets in = window_insets(w);

	w->inner_w = bounded(outer_w - in.left - in.right, 1, GUI_SIZE_MAX);
	w->inner_h = bounded(outer_h - in.top - in.bottom, 1, GUI_SIZE_MAX);
}

bool window_fits(const struct window *w)
{
	struct frame_insets in = window_insets(w);

	return !w->dirty && w->inner_w + in.left + in.right == w->outer_w &&
		w->inner_h + in.top + in.bottom == w->outer_h;
}

/*
 * Weston 10 reckons a full screen's place by the size that the subsurfaces had
 * before this commit, and anew only with another size of the root: it gets one
 * that is a unit less for a moment.
 */
void window_show(struct window *w)
{
	bool twice = (w->states & GUI_STATE_FULLSCREEN) && !w->top.wl;
	int height = window_insets(w).top;

	window_layout(w);
	if (twice)
		wp_viewport_set_destination(w->root_viewport, w->outer_w, height - 1);
	content_push(&w->content, window_room(w), true);
	wl_surface_commit(w->root);
	content_release_sync(&w->content);
	if (!twice)
		return;
	wp_viewport_set_destination(w->root_viewport, w->outer_w, height);
	wl_surface_commit(w->root);
}
