/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compositor's outputs. What it says is bounded here, so that it fits the guest's messages. */
#include <string.h>
#include <wayland-client.h>

#include "desktop/bounded.h"
#include "desktop/display.h"
#include "desktop/guest.h"
#include "desktop/window.h"
#include "xdg-output-unstable-v1-client-protocol.h"

static void handle_geometry(void *data, struct wl_output *wl, int32_t x, int32_t y, int32_t mm_w, int32_t mm_h,
	int32_t subpixel, const char *make, const char *model, int32_t transform)
{
	struct output *o = data;

	o->x = x;
	o->y = y;
	o->mm_w = bounded(mm_w, 0, UINT16_MAX);
	o->mm_h = bounded(mm_h, 0, UINT16_MAX);
	o->turned = transform & 1;
}

static void handle_mode(void *data, struct wl_output *wl, uint32_t flags, int32_t w, int32_t h, int32_t mhz)
{
	struct output *o = data;

	if (!(flags & WL_OUTPUT_MODE_CURRENT))
		return;
	o->mode_w = bounded(w, 1, 32767);
	o->mode_h = bounded(h, 1, 32767);
	o->mhz = bounded(mhz, 0, 1000000);
}

static void handle_scale(void *data, struct wl_output *wl, int32_t scale)
{
	struct output *o = data;

	o->scale = bounded(scale, 1, 8);
}

static void tell(struct output *o, bool gone)
{
	struct guest *g = o->display->guest;

	guest_send_output(g, o, gone);
	window_set_rescale(g->windows);
}

static void handle_done(void *data, struct wl_output *wl)
{
	tell(data, false);
}

static void handle_logical_position(void *data, struct zxdg_output_v1 *xdg, int32_t x, int32_t y)
{
	/* wl_output says it, too */
}

static void handle_logical_size(void *data, struct zxdg_output_v1 *xdg, int32_t w, int32_t h)
{
	struct output *o = data;

	o->logical_w = bounded(w, 0, 32767);
	o->logical_h = bounded(h, 0, 32767);
}

/* Before version 3. */
static void handle_logical_done(void *data, struct zxdg_output_v1 *xdg)
{
	handle_done(data, NULL);
}

static void handle_text(void *data, struct zxdg_output_v1 *xdg, const char *text)
{
	/* the guest is told no names */
}

static const struct zxdg_output_v1_listener logical_listener = {
	.logical_position = handle_logical_position,
	.logical_size = handle_logical_size,
	.done = handle_logical_done,
	.name = handle_text,
	.description = handle_text,
};

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.scale = handle_scale,
	.done = handle_done,
};

void output_bind(struct display *d, uint32_t name, uint32_t version)
{
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		struct output *o = &d->outputs[i];

		if (o->wl || version < WL_OUTPUT_RELEASE_SINCE_VERSION)
			continue;
		*o = (struct output){ .display = d, .name = name, .scale = 1 };
		o->wl = wl_registry_bind(d->registry, name, &wl_output_interface, version);
		if (o->wl)
			wl_output_add_listener(o->wl, &output_listener, o);
		outputs_describe(d);
		return;
	}
}

void outputs_describe(struct display *d)
{
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		struct output *o = &d->outputs[i];

		if (!d->xdg_outputs || !o->wl || o->xdg)
			continue;
		o->xdg = zxdg_output_manager_v1_get_xdg_output(d->xdg_outputs, o->wl);
		if (o->xdg)
			zxdg_output_v1_add_listener(o->xdg, &logical_listener, o);
	}
}

void output_remove(struct display *d, uint32_t name)
{
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		struct output *o = &d->outputs[i];

		if (!o->wl || o->name != name)
			continue;
		tell(o, true);
		if (o->xdg)
			zxdg_output_v1_destroy(o->xdg);
		wl_output_release(o->wl);
		*o = (struct output){ 0 };
	}
}

void output_logical(const struct output *o, int *ret_w, int *ret_h)
{
	int scale = o->wl && o->scale > 0 ? o->scale : 1;

	*ret_w = o->logical_w;
	*ret_h = o->logical_h;
	if (*ret_w > 0 && *ret_h > 0)
		return;
	*ret_w = (o->turned ? o->mode_h : o->mode_w) / scale;
	*ret_h = (o->turned ? o->mode_w : o->mode_h) / scale;
}

unsigned output_scale120(const struct output *o)
{
	int pixels = o->mode_w > o->mode_h ? o->mode_w : o->mode_h;
	int units = o->logical_w > o->logical_h ? o->logical_w : o->logical_h;
	int scale120 = units > 0 ? (pixels * 120 + units / 2) / units : 0;

	return (unsigned)(scale120 >= 60 && scale120 <= 960 ? scale120 : o->scale * 120);
}

struct output *output_find(struct display *d, struct wl_output *wl)
{
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		if (wl && d->outputs[i].wl == wl)
			return &d->outputs[i];
	}
	return NULL;
}
