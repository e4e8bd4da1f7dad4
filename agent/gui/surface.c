/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/surface.h"

#include <drm_fourcc.h>
#include <stdlib.h>

#include "agent/gui/cursor.h"
#include "agent/gui/window.h"

static void surface_drop_pixels(struct surface *s)
{
	wlr_buffer_unlock(s->held);
	s->held = NULL;
	free(s->kept);
	s->kept = NULL;
	s->in_slot = false;
}

static void add_damage(struct surface *s)
{
	pixman_region32_t damage;

	pixman_region32_union(&s->buffer_damage, &s->buffer_damage, &s->wlr->buffer_damage);
	pixman_region32_init(&damage);
	wlr_surface_get_effective_damage(s->wlr, &damage);
	pixman_region32_union(&s->surface_damage, &s->surface_damage, &damage);
	pixman_region32_fini(&damage);
}

/* A buffer that was given back and not attached again has not changed, whatever the client damages. */
static void handle_commit(struct wl_listener *listener, void *data)
{
	struct surface *s = wl_container_of(listener, s, commit);
	struct surface *root = surface_of(wlr_surface_get_root_surface(s->wlr));

	if (s->wlr->current.committed & WLR_SURFACE_STATE_BUFFER) {
		surface_drop_pixels(s);
		if (s->wlr->current.buffer)
			s->held = wlr_buffer_lock(s->wlr->current.buffer);
	}
	if (!s->in_slot)
		add_damage(s);
	if (s == root && s->window)
		window_handle_commit(s->window);
	else if (root && root->window)
		window_mark(root->window);
	cursor_handle_commit(s->server, s);
}

static void handle_unmap(struct wl_listener *listener, void *data)
{
	struct surface *s = wl_container_of(listener, s, unmap);

	if (s->window)
		window_mark(s->window);
}

static void handle_destroy(struct wl_listener *listener, void *data)
{
	struct surface *s = wl_container_of(listener, s, destroy);

	if (s->window)
		window_forget(s->window, s);
	cursor_forget(s->server, s);
	surface_drop_pixels(s);
	pixman_region32_fini(&s->buffer_damage);
	pixman_region32_fini(&s->surface_damage);
	wl_list_remove(&s->commit.link);
	wl_list_remove(&s->unmap.link);
	wl_list_remove(&s->destroy.link);
	s->wlr->data = NULL;
	free(s);
}

void surface_create(struct server *server, struct wlr_surface *wlr)
{
	struct surface *s = calloc(1, sizeof(*s));

	if (!s) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	s->server = server;
	s->wlr = wlr;
	pixman_region32_init(&s->buffer_damage);
	pixman_region32_init(&s->surface_damage);
	s->commit.notify = handle_commit;
	wl_signal_add(&wlr->events.commit, &s->commit);
	s->unmap.notify = handle_unmap;
	wl_signal_add(&wlr->events.unmap, &s->unmap);
	s->destroy.notify = handle_destroy;
	wl_signal_add(&wlr->events.destroy, &s->destroy);
	wlr->data = s;
}

struct surface *surface_of(struct wlr_surface *wlr)
{
	return wlr ? wlr->data : NULL;
}

struct paint_source surface_begin(struct surface *s)
{
	struct paint_source src = { 0 };
	void *pixels;
	uint32_t format;
	size_t stride;

	if (!s->held) {
		if (s->kept)
			src = (struct paint_source){ .pixels = s->kept,
				.stride = (uint32_t)s->kept_w * 4,
				.w = s->kept_w,
				.h = s->kept_h,
				.alpha = s->kept_alpha };
		return src;
	}
	if (!wlr_buffer_begin_data_ptr_access(s->held, WLR_BUFFER_DATA_PTR_ACCESS_READ, &pixels, &format, &stride))
		return src;
	s->accessing = true;
	return (struct paint_source){ .pixels = pixels,
		.stride = (uint32_t)stride,
		.w = s->held->width,
		.h = s->held->height,
		.alpha = format != DRM_FORMAT_XRGB8888 };
}

void surface_end(struct surface *s)
{
	if (s->accessing)
		wlr_buffer_end_data_ptr_access(s->held);
	s->accessing = false;
}

void surface_clear_damage(struct surface *s)
{
	pixman_region32_clear(&s->buffer_damage);
	pixman_region32_clear(&s->surface_damage);
}

void surface_give_back(struct surface *s, bool alpha)
{
	if (!s->held)
		return;
	surface_drop_pixels(s);
	s->in_slot = true;
	s->kept_alpha = alpha;
}
