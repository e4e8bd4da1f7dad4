/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compositor's outputs. What it says is bounded here, so that it fits the guest's messages. */
#include <string.h>
#include <wayland-client.h>

#include "desktop/bounded.h"
#include "desktop/display.h"
#include "desktop/guest.h"
#include "desktop/window.h"

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
		return;
	}
}

void output_remove(struct display *d, uint32_t name)
{
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		struct output *o = &d->outputs[i];

		if (!o->wl || o->name != name)
			continue;
		tell(o, true);
		wl_output_release(o->wl);
		*o = (struct output){ 0 };
	}
}

void output_logical(const struct output *o, int *ret_w, int *ret_h)
{
	int scale = o->wl && o->scale > 0 ? o->scale : 1;

	*ret_w = (o->turned ? o->mode_h : o->mode_w) / scale;
	*ret_h = (o->turned ? o->mode_w : o->mode_h) / scale;
}

struct output *output_find(struct display *d, struct wl_output *wl)
{
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		if (wl && d->outputs[i].wl == wl)
			return &d->outputs[i];
	}
	return NULL;
}
