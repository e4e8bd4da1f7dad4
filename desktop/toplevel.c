/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A window with a title bar. Its frame is on the screen before the guest's first buffer is attached. */
#include <errno.h>
#include <stdio.h>
#include <wayland-client.h>

#include "desktop/bounded.h"
#include "desktop/end.h"
#include "desktop/window.h"
#include "fractional-scale-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define TOPLEVEL_MIN_H 24 /* of the room for the content */
#define TOPLEVEL_DEFAULT_W 640
#define TOPLEVEL_DEFAULT_H 400

/* Whether the window's size is the guest's to choose. While the user drags an edge it is not. */
static bool is_floating(const struct window *w)
{
	return !(w->states & ~GUI_STATE_ACTIVATED);
}

/* What @units has beyond a number of them that is whole pixels, at scales where every fourth at least is one. */
static int beyond_pixels(int units, unsigned scale120)
{
	for (int step = 1; step <= 4; step++) {
		if (scale120 * (unsigned)step % GUI_SCALE_ONE == 0)
			return units > step ? units % step : 0;
	}
	return 0;
}

/*
 * The outer size is the compositor's: some end a client whose maximised window is off by a pixel. What is left over of
 * it is the frame's: at 1.5 an odd number of units would be made larger or smaller, as compositors round both edges.
 */
static void fit(struct window *w, int outer_w, int outer_h)
{
	struct frame_insets in;

	w->pad_w = w->pad_h = 0;
	in = window_insets(w);
	w->pad_w = beyond_pixels(outer_w - in.left - in.right, w->scale120);
	w->pad_h = beyond_pixels(outer_h - in.top - in.bottom, w->scale120);
	window_obey_size(w, outer_w, outer_h);
}

/* Gives the content room for @width × @height, but never more than the largest output. */
static void set_inner(struct window *w, int width, int height)
{
	struct frame_insets in;
	int most_w, most_h;

	w->pad_w = w->pad_h = 0;
	in = window_insets(w);
	display_largest(w->set->display, &most_w, &most_h);
	w->inner_w = bounded(width, FRAME_MIN_W - in.left - in.right, most_w - in.left - in.right);
	w->inner_h = bounded(height, TOPLEVEL_MIN_H, most_h - in.top - in.bottom);
}

static uint32_t state_bit(uint32_t state)
{
	static const uint32_t bits[] = {
		[XDG_TOPLEVEL_STATE_MAXIMIZED] = GUI_STATE_MAXIMIZED,
		[XDG_TOPLEVEL_STATE_FULLSCREEN] = GUI_STATE_FULLSCREEN,
		[XDG_TOPLEVEL_STATE_RESIZING] = GUI_STATE_RESIZING,
		[XDG_TOPLEVEL_STATE_ACTIVATED] = GUI_STATE_ACTIVATED,
		[XDG_TOPLEVEL_STATE_TILED_LEFT] = GUI_STATE_TILED_LEFT,
		[XDG_TOPLEVEL_STATE_TILED_RIGHT] = GUI_STATE_TILED_RIGHT,
		[XDG_TOPLEVEL_STATE_TILED_TOP] = GUI_STATE_TILED_TOP,
		[XDG_TOPLEVEL_STATE_TILED_BOTTOM] = GUI_STATE_TILED_BOTTOM,
	};

	return state < sizeof(bits) / sizeof(bits[0]) ? bits[state] : 0;
}

static void handle_toplevel_configure(
	void *data, struct xdg_toplevel *t, int32_t width, int32_t height, struct wl_array *states)
{
	struct window *w = data;
	const uint32_t *state = states->data;

	w->conf_w = width;
	w->conf_h = height;
	w->conf_states = 0;
	for (size_t i = 0; i < states->size / sizeof(*state); i++)
		w->conf_states |= state_bit(state[i]);
}

static void handle_close(void *data, struct xdg_toplevel *t)
{
	window_send(data, GUI_CLOSE);
}

static void handle_bounds(void *data, struct xdg_toplevel *t, int32_t width, int32_t height)
{
	struct window *w = data;

	w->bounds_w = width;
	w->bounds_h = height;
}

static void handle_capabilities(void *data, struct xdg_toplevel *t, struct wl_array *capabilities)
{
	struct window *w = data;
	const uint32_t *capability = capabilities->data;

	w->has_menu = false;
	for (size_t i = 0; i < capabilities->size / sizeof(*capability); i++)
		w->has_menu |= capability[i] == XDG_TOPLEVEL_WM_CAPABILITIES_WINDOW_MENU;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
	.configure_bounds = handle_bounds,
	.wm_capabilities = handle_capabilities,
};

/* The guest hears of the new size at once; the frame has it at once too, around the buffer there is. */
static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial)
{
	struct window *w = data;

	if (w->states != w->conf_states)
		w->dirty = true;
	w->states = w->conf_states;
	if (w->conf_w > 0 && w->conf_h > 0)
		fit(w, w->conf_w, w->conf_h);
	else if (w->inner_w == 0 && w->want_w > 0 && w->want_h > 0)
		set_inner(w, w->want_w, w->want_h);
	w->wish_waits = false;
	xdg_surface_ack_configure(xdg, serial);
	window_configure_guest(w);
	if (w->stage == WINDOW_BORN)
		w->stage = WINDOW_READY;
	if (w->stage == WINDOW_MAPPED || w->content.staged)
		toplevel_present(w, w->serial - 1);
}

static const struct xdg_surface_listener surface_listener = { .configure = handle_configure };

static void set_scale(struct window *w, unsigned scale120)
{
	scale120 = (unsigned)bounded(scale120, 60, 960);
	if (w->scale120 == scale120)
		return;
	w->scale120 = scale120;
	w->dirty = true;
	if (w->stage == WINDOW_MAPPED && !is_floating(w))
		fit(w, w->outer_w, w->outer_h);
	if (w->serial)
		window_configure_guest(w);
	if (w->stage == WINDOW_MAPPED)
		window_show(w);
}

static void handle_preferred_scale(void *data, struct wp_fractional_scale_v1 *f, uint32_t scale120)
{
	set_scale(data, scale120);
}

static const struct wp_fractional_scale_v1_listener fractional_listener = {
	.preferred_scale = handle_preferred_scale,
};

/* Without fractional-scale: the largest scale of the outputs the window is on. */
void toplevel_rescale(struct window *w)
{
	unsigned best = 0;

	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		const struct output *o = &w->set->display->outputs[i];

		if ((w->outputs & 1u << i) && o->wl && output_scale120(o) > best)
			best = output_scale120(o);
	}
	if (best && !w->fractional)
		set_scale(w, best);
}

static void set_on_output(const struct surface_ref *ref, struct wl_output *wl, bool on)
{
	struct window *w = ref->window;
	const struct output *o = output_find(w->set->display, wl);
	uint32_t bit = o ? 1u << (o - w->set->display->outputs) : 0;

	w->outputs = on ? w->outputs | bit : w->outputs & ~bit;
	toplevel_rescale(w);
}

static void handle_enter(void *data, struct wl_surface *surface, struct wl_output *wl)
{
	set_on_output(data, wl, true);
}

static void handle_leave(void *data, struct wl_surface *surface, struct wl_output *wl)
{
	set_on_output(data, wl, false);
}

static const struct wl_surface_listener root_listener = { .enter = handle_enter, .leave = handle_leave };

int toplevel_create(struct window *w)
{
	struct display *d = w->set->display;
	char line[VM_NAME_MAX + 16];
	int r = window_make_surfaces(w);

	if (r < 0)
		return r;
	wl_surface_add_listener(w->root, &root_listener, &w->ref_root);
	w->toplevel = xdg_surface_get_toplevel(w->xdg);
	if (!w->toplevel)
		return -ENOMEM;
	xdg_surface_add_listener(w->xdg, &surface_listener, w);
	xdg_toplevel_add_listener(w->toplevel, &toplevel_listener, w);
	if (d->decoration) {
		w->decoration = zxdg_decoration_manager_v1_get_toplevel_decoration(d->decoration, w->toplevel);
		zxdg_toplevel_decoration_v1_set_mode(w->decoration, ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
	}
	if (d->fractional) {
		w->fractional = wp_fractional_scale_manager_v1_get_fractional_scale(d->fractional, w->root);
		wp_fractional_scale_v1_add_listener(w->fractional, &fractional_listener, w);
	}
	/* One that is not on the screen does not count, and wlroots 0.15 keeps a pointer to it beyond its end. */
	if (w->parent && w->parent->toplevel && w->parent->stage == WINDOW_MAPPED)
		xdg_toplevel_set_parent(w->toplevel, w->parent->toplevel);
	snprintf(line, sizeof(line), "[%s]", w->set->owner.vm);
	xdg_toplevel_set_title(w->toplevel, line);
	snprintf(line, sizeof(line), "vmos.%s.", w->set->owner.vm);
	xdg_toplevel_set_app_id(w->toplevel, line);
	xdg_toplevel_set_min_size(w->toplevel, FRAME_MIN_W, FRAME_BAR + TOPLEVEL_MIN_H);
	wl_surface_commit(w->root);
	return 0;
}

void toplevel_end(struct window *w)
{
	END(w->fractional, wp_fractional_scale_v1_destroy);
	END(w->decoration, zxdg_toplevel_decoration_v1_destroy);
	END(w->toplevel, xdg_toplevel_destroy);
}

/* The size that a floating window takes with this commit: the guest's own, once it has answered. */
static void follow_content(struct window *w, uint32_t serial)
{
	int width, height;

	if (w->inner_w && (!is_floating(w) || serial != w->serial || !w->content.staged))
		return;
	content_size(&w->content, &width, &height);
	if (width < 1 || height < 1) {
		width = TOPLEVEL_DEFAULT_W;
		height = TOPLEVEL_DEFAULT_H;
	}
	set_inner(w, width, height);
	w->sent.w = (uint16_t)w->inner_w; /* it knows */
	w->sent.h = (uint16_t)w->inner_h;
}

void toplevel_present(struct window *w, uint32_t serial)
{
	follow_content(w, serial);
	if (w->stage == WINDOW_READY) {
		popup_yield(w->set);
		window_layout(w);
		wl_surface_commit(w->root);
		w->stage = WINDOW_MAPPED;
	} else if (window_fits(w)) {
		content_push(&w->content, window_room(w), false);
		return;
	}
	window_show(w);
	toplevel_pursue(w);
}

/*
 * The next step towards the states that were asked for: one at a time, each
 * waits for its configure, and never full screen on top of maximised. A
 * compositor may answer the two at once with sizes that no client can obey.
 */
void toplevel_pursue(struct window *w)
{
	uint32_t want = w->wish, is = w->states & (GUI_STATE_MAXIMIZED | GUI_STATE_FULLSCREEN);

	if (w->stage != WINDOW_MAPPED || w->wish_waits || !w->wish_open)
		return;
	w->wish_open = w->wish_steps > 0;
	if (!w->wish_open)
		return;
	w->wish_steps--;
	popup_yield(w->set);
	if (want & GUI_STATE_FULLSCREEN)
		want &= ~GUI_STATE_MAXIMIZED;
	if ((is & GUI_STATE_FULLSCREEN) && !(want & GUI_STATE_FULLSCREEN))
		xdg_toplevel_unset_fullscreen(w->toplevel);
	else if ((is & GUI_STATE_MAXIMIZED) && !(want & GUI_STATE_MAXIMIZED))
		xdg_toplevel_unset_maximized(w->toplevel);
	else if (!is && (want & GUI_STATE_FULLSCREEN))
		xdg_toplevel_set_fullscreen(w->toplevel, NULL);
	else if (!is && (want & GUI_STATE_MAXIMIZED))
		xdg_toplevel_set_maximized(w->toplevel);
	else
		w->wish_open = false;
	w->wish_waits = w->wish_open;
}

/* One bound along one axis, outer size: 0 stays none, and nothing is wished for beyond the largest output. */
static int outer_bound(int content, int add, int low, int most)
{
	return content ? bounded(content + add, low, most) : 0;
}

void toplevel_hints(struct window *w, const struct gui_hints *h)
{
	struct frame_insets in = window_insets(w);
	int add_w = in.left + in.right, add_h = in.top + in.bottom, most_w, most_h;
	const int low_h = FRAME_BAR + TOPLEVEL_MIN_H;

	display_largest(w->set->display, &most_w, &most_h);
	xdg_toplevel_set_min_size(w->toplevel, outer_bound(h->min_w ? h->min_w : 1, add_w, FRAME_MIN_W, most_w),
		outer_bound(h->min_h ? h->min_h : 1, add_h, low_h, most_h));
	xdg_toplevel_set_max_size(w->toplevel, outer_bound(h->max_w, add_w, FRAME_MIN_W, 2 * GUI_SIZE_MAX),
		outer_bound(h->max_h, add_h, low_h, 2 * GUI_SIZE_MAX));
}
