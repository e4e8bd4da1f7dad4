/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scale that may be no whole number, for tests, as wp_fractional_scale_v1 and
 * xdg-output say it; and which part of its buffer a surface shows, how large.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench-fractional-scale-server-protocol.h"
#include "bench-xdg-output-server-protocol.h"
#include "tests/bench/screen.h"

static struct surface *surface_of(struct wl_resource *r)
{
	struct surface *s;

	wl_list_for_each(s, &screen.surfaces, link) {
		if (s == wl_resource_get_user_data(r))
			return s;
	}
	return NULL;
}

void on_viewport(struct wl_resource *r, union wl_argument *args)
{
	struct wl_resource *viewport = wl_client_get_object(wl_resource_get_client(r), args[0].n);

	wl_resource_set_user_data(viewport, wl_resource_get_user_data((struct wl_resource *)args[1].o));
}

void on_source(struct wl_resource *r, union wl_argument *args)
{
	struct surface *s = surface_of(r);

	for (int i = 0; s && i < 4; i++)
		s->source[i] = args[i].f;
}

void on_destination(struct wl_resource *r, union wl_argument *args)
{
	struct surface *s = surface_of(r);

	for (int i = 0; s && i < 2; i++)
		s->shown[i] = args[i].i;
}

void on_fractional(struct wl_resource *r, union wl_argument *args)
{
	wp_fractional_scale_v1_send_preferred_scale(
		wl_client_get_object(wl_resource_get_client(r), args[0].n), screen.scale120);
}

/* From version 3 on it is wl_output that says when all has been said. */
void on_xdg_output(struct wl_resource *r, union wl_argument *args)
{
	struct wl_resource *xdg = wl_client_get_object(wl_resource_get_client(r), args[0].n);
	int scale120 = (int)screen.scale120;

	zxdg_output_v1_send_logical_position(xdg, 0, 0);
	zxdg_output_v1_send_logical_size(xdg, SCREEN_W * 120 / scale120, SCREEN_H * 120 / scale120);
	wl_output_send_done((struct wl_resource *)args[1].o);
}

bool scale_tell(unsigned nth, char line[static 128])
{
	const struct surface *s = surface_nth(nth);

	if (!s)
		return false;
	snprintf(line, 128, "%dx%d %g,%g %gx%g %dx%d", s->w, s->h, s->source[0] / 256.0, s->source[1] / 256.0,
		s->source[2] / 256.0, s->source[3] / 256.0, s->shown[0], s->shown[1]);
	return true;
}
