/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/solid.h"

#include <errno.h>
#include <wayland-client.h>

#include "desktop/display.h"
#include "desktop/end.h"
#include "viewporter-client-protocol.h"

/*
 * The middle of a larger buffer is shown, so that a compositor that filters
 * blends in no edge. It is not small: pixman's transforms are 16.16 fixed point,
 * and a stretch by hundreds would miss the window's edge by a pixel.
 */
#define SIDE 256
#define INSET 2
#define SHOWN (SIDE - 2 * INSET)

struct pool_buffer *solid_buffer(struct pool *pool, uint32_t rgb)
{
	struct pool_buffer *b = pool_buffer_create(pool, SIDE, SIDE);
	struct canvas c;

	if (!b)
		return NULL;
	canvas_init(&c, b->pixels, SIDE, SIDE);
	canvas_fill(&c, (struct rect){ 0, 0, SIDE, SIDE }, rgb);
	return b;
}

int solid_init(struct solid *s, struct display *d, struct wl_surface *parent, struct surface_ref *ref)
{
	*s = (struct solid){ .wl = display_surface(d, ref) };
	if (!s->wl)
		return -ENOMEM;
	s->viewport = wp_viewporter_get_viewport(d->viewporter, s->wl);
	s->sub = wl_subcompositor_get_subsurface(d->subcompositor, s->wl, parent);
	return s->viewport && s->sub ? 0 : -ENOMEM;
}

void solid_finish(struct solid *s)
{
	END(s->sub, wl_subsurface_destroy);
	END(s->viewport, wp_viewport_destroy);
	END(s->wl, wl_surface_destroy);
}

void solid_show(struct solid *s, struct display *d, struct pool_buffer *b, struct rect at)
{
	struct wl_region *all;

	if (rect_is_same(s->at, at))
		return;
	s->at = at;
	all = wl_compositor_create_region(d->compositor);
	wl_subsurface_set_position(s->sub, at.x, at.y);
	pool_buffer_attach(b, s->wl);
	wp_viewport_set_source(s->viewport, wl_fixed_from_int(INSET), wl_fixed_from_int(INSET),
		wl_fixed_from_int(SHOWN), wl_fixed_from_int(SHOWN));
	wp_viewport_set_destination(s->viewport, at.w, at.h);
	wl_region_add(all, 0, 0, at.w, at.h);
	wl_surface_set_opaque_region(s->wl, all);
	wl_region_destroy(all);
	wl_surface_commit(s->wl);
}
