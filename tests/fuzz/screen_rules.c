/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For what compositors end a client, as the protocols' texts, wlroots 0.15 and
 * Weston 10 have it, and what they say to one.
 */
#include "tests/fuzz/screen_rules.h"

#include <stdio.h>

#include "fractional-scale-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "proto/gui.h"
#include "tests/fuzz/fuzz.h"
#include "viewporter-client-protocol.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

const struct screen_global screen_globals[] = {
	{ &wl_compositor_interface, 4, 0 },
	{ &wl_subcompositor_interface, 1, 0 },
	{ &wl_shm_interface, 1, 0 },
	{ &wp_viewporter_interface, 1, 0 },
	{ &xdg_wm_base_interface, 2, 1 },
	{ &xdg_wm_base_interface, 5, 0 },
	{ &wl_seat_interface, 5, 2 },
	{ &wl_seat_interface, 8, 0 },
	{ &zxdg_decoration_manager_v1_interface, 1, 4 },
	{ &wp_fractional_scale_manager_v1_interface, 1, 8 },
	{ &zwp_idle_inhibit_manager_v1_interface, 1, 16 },
	{ &xdg_activation_v1_interface, 1, 32 },
	{ &wl_output_interface, 3, 0 },
	{ &zxdg_output_manager_v1_interface, 3, 128 },
	{ &wl_output_interface, 3, 64 },
};
const uint32_t screen_nglobals = sizeof(screen_globals) / sizeof(screen_globals[0]);

void screen_rule(bool kept, const char *what, const char *how)
{
	if (kept)
		return;
	fprintf(stderr, "%s: %s\n", what, how);
	abort();
}

/* The object that @type made of @xdg, or NULL. */
static struct wl_proxy *role_of(const struct wl_proxy *xdg, const struct wl_interface *type)
{
	struct wl_proxy *p = screen_first();

	while (p && (p->type != type || p->xdg != xdg))
		p = screen_next(p);
	return p;
}

static struct wl_proxy *popup_on(const struct wl_proxy *xdg)
{
	struct wl_proxy *p = screen_first();

	while (p && (p->type != &xdg_popup_interface || p->parent != xdg))
		p = screen_next(p);
	return p;
}

static bool is_serial(uint32_t serial)
{
	return serial != 0 && serial <= screen_last_serial();
}

static struct wl_proxy *object(union wl_argument *arg)
{
	return (struct wl_proxy *)arg->o;
}

/* --- surfaces --- */

static void on_attach(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	p->pending = object(&args[0]);
	p->attached = true;
}

static void on_damage(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	screen_rule(args[0].i >= 0 && args[1].i >= 0 && args[2].i > 0 && args[3].i > 0, "wl_surface.damage_buffer",
		"is no rectangle of the buffer");
}

static void of_surface(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	made->surface = p;
}

static void for_surface(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	made->surface = object(&args[1]);
	screen_rule(made->surface != NULL, p->type->name, "names no surface");
}

static void on_viewport(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	for_surface(p, args, made);
	screen_rule(!made->surface->viewport, "wp_viewporter.get_viewport", "is the surface's second");
	made->surface->viewport = made;
}

static void on_source(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	for (int i = 0; i < 4; i++)
		p->src[i] = args[i].f;
	screen_rule(p->surface && p->src[0] >= 0 && p->src[1] >= 0 && p->src[2] > 0 && p->src[3] > 0,
		"wp_viewport.set_source", "is no rectangle, or of no surface");
}

static void on_destination(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	p->dst[0] = args[0].i;
	p->dst[1] = args[1].i;
	screen_rule(p->surface && p->dst[0] > 0 && p->dst[1] > 0, "wp_viewport.set_destination",
		"is no size, or of no surface");
}

static void check_viewport(const struct wl_proxy *s)
{
	const struct wl_proxy *v = s->viewport;

	if (!v || !s->buffer || v->src[2] == 0)
		return;
	screen_rule(v->dst[0] > 0, "wp_viewport", "has a source without a destination");
	screen_rule((int64_t)v->src[0] + v->src[2] <= (int64_t)s->w * 256 &&
			(int64_t)v->src[1] + v->src[3] <= (int64_t)s->h * 256,
		"wp_viewport", "shows what is not in the buffer");
}

static void check_window(const struct wl_proxy *s)
{
	const struct wl_proxy *x = s->xdg, *t = role_of(x, &xdg_toplevel_interface);

	if (!t || !s->mapped)
		return;
	screen_rule(t->max_w == 0 || t->max_w >= t->min_w, "xdg_toplevel", "is wider at least than at most");
	screen_rule(t->max_h == 0 || t->max_h >= t->min_h, "xdg_toplevel", "is higher at least than at most");
	if (t->states & 2)
		screen_rule(x->geo_w <= t->w && x->geo_h <= t->h, "xdg_toplevel", "is larger than full screen");
	else if (t->states & 1)
		screen_rule(x->geo_w == t->w && x->geo_h == t->h, "xdg_toplevel", "has not the size of maximised");
}

static void on_commit(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	struct wl_proxy *x = p->xdg;

	if (x && x->role != ROLE_XDG && x->sent == 0)
		x->initial = true;
	if (p->attached) {
		screen_rule(p->pending != NULL, "wl_surface.commit", "shows a buffer that has ended");
		screen_rule(!x || x->acked, "wl_surface.commit", "shows a buffer before the first configure");
		p->buffer = p->pending;
		p->buffer->held++;
		p->w = p->buffer->w;
		p->h = p->buffer->h;
		p->mapped = true;
	}
	p->attached = false;
	p->pending = NULL;
	check_viewport(p);
	if (x)
		check_window(p);
}

static void on_subsurface(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	for_surface(p, args, made);
	made->parent = object(&args[2]);
	screen_rule(made->parent && made->parent != made->surface && made->surface->role == ROLE_NONE,
		"wl_subcompositor.get_subsurface", "is of a surface with a role, or without a parent");
	made->surface->role = ROLE_SUBSURFACE;
}

static void on_set_cursor(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	struct wl_proxy *s = object(&args[1]);

	screen_rule(is_serial(args[0].u) && (!s || s->role == ROLE_NONE || s->role == ROLE_CURSOR),
		"wl_pointer.set_cursor", "has a wrong surface or serial");
	if (s)
		s->role = ROLE_CURSOR;
}

/* --- memory --- */

static void on_pool(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	made->size = args[2].i;
	screen_rule(made->size > 0, "wl_shm.create_pool", "is empty");
}

static void on_buffer(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	int64_t off = args[1].i, w = args[2].i, h = args[3].i, stride = args[4].i;

	screen_rule(off >= 0 && w > 0 && h > 0 && stride >= 4 * w && off + stride * h <= p->size,
		"wl_shm_pool.create_buffer", "does not lie in its pool");
	made->w = (int32_t)w;
	made->h = (int32_t)h;
}

/* --- xdg-shell --- */

static void on_xdg_surface(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	for_surface(p, args, made);
	screen_rule(made->surface->role == ROLE_NONE && !made->surface->buffer && !made->surface->attached,
		"xdg_wm_base.get_xdg_surface", "is of a surface with a role or a buffer");
	made->role = made->surface->role = ROLE_XDG;
	made->surface->xdg = made;
}

static void on_toplevel(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	screen_rule(p->role == ROLE_XDG, "xdg_surface.get_toplevel", "has a role already");
	p->role = ROLE_TOPLEVEL;
	made->xdg = p;
}

static void on_positioner_size(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	p->w = args[0].i;
	p->h = args[1].i;
	screen_rule(p->w > 0 && p->h > 0, "xdg_positioner.set_size", "is empty");
}

static void on_anchor_rect(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	p->min_w = args[0].i;
	p->min_h = args[1].i;
	p->max_w = args[2].i;
	p->max_h = args[3].i;
	screen_rule(p->max_w > 0 && p->max_h > 0, "xdg_positioner.set_anchor_rect", "is empty");
}

static void on_side(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	screen_rule(args[0].u <= XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT, "xdg_positioner", "has a side that is none");
}

/* How many popups a popup on @xdg would be the end of. */
static unsigned depth(const struct wl_proxy *xdg)
{
	unsigned n = 1;

	for (const struct wl_proxy *p; xdg && (p = role_of(xdg, &xdg_popup_interface)); xdg = p->parent)
		n++;
	return n;
}

static void place(struct wl_proxy *popup, const struct wl_proxy *positioner)
{
	const struct wl_proxy *parent = popup->parent;

	screen_rule(positioner->w > 0 && positioner->max_w > 0, "xdg_positioner", "lacks a size or an anchor");
	screen_rule(positioner->min_w >= 0 && positioner->min_h >= 0 &&
			positioner->min_w + positioner->max_w <= parent->geo_w &&
			positioner->min_h + positioner->max_h <= parent->geo_h,
		"xdg_positioner", "has its anchor outside of the parent");
	popup->w = positioner->w;
	popup->h = positioner->h;
}

static void on_popup(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	made->xdg = p;
	made->parent = object(&args[1]);
	screen_rule(p->role == ROLE_XDG, "xdg_surface.get_popup", "has a role already");
	screen_rule(made->parent && made->parent->surface && made->parent->surface->mapped, "xdg_surface.get_popup",
		"has no parent on the screen");
	screen_rule(depth(made->parent) <= GUI_POPUP_DEPTH_MAX, "xdg_surface.get_popup", "is nested too deeply");
	p->role = ROLE_POPUP;
	place(made, object(&args[2]));
}

static void on_reposition(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	screen_rule(p->parent != NULL, "xdg_popup.reposition", "has lost its parent");
	place(p, object(&args[0]));
}

static struct wl_proxy *top_grab(void)
{
	struct wl_proxy *top = NULL;

	for (struct wl_proxy *p = screen_first(); p; p = screen_next(p)) {
		if (p->type == &xdg_popup_interface && p->grabbed)
			top = p;
	}
	return top;
}

static void on_grab(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	const struct wl_proxy *top = top_grab();

	screen_rule(is_serial(args[1].u) && args[0].o && !p->xdg->surface->mapped, "xdg_popup.grab",
		"comes too late, or without a press");
	screen_rule(top ? p->parent == top->xdg : p->parent->role == ROLE_TOPLEVEL, "xdg_popup.grab",
		"is not on the topmost");
	p->grabbed = true;
}

static void on_ack(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	struct wl_proxy *t = role_of(p, &xdg_toplevel_interface);

	screen_rule(args[0].u == p->sent && p->acked != p->sent, "xdg_surface.ack_configure",
		"has a serial that was never sent, or twice");
	p->acked = p->sent;
	if (!t)
		return;
	t->w = t->sent_w;
	t->h = t->sent_h;
	t->states = t->sent_states;
}

static void on_geometry(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	p->geo_w = args[2].i;
	p->geo_h = args[3].i;
	screen_rule(p->geo_w > 0 && p->geo_h > 0, "xdg_surface.set_window_geometry", "is empty");
}

static void on_min_size(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	p->min_w = args[0].i;
	p->min_h = args[1].i;
	screen_rule(p->min_w >= 0 && p->min_h >= 0, "xdg_toplevel.set_min_size", "is negative");
}

static void on_max_size(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	p->max_w = args[0].i;
	p->max_h = args[1].i;
	screen_rule(p->max_w >= 0 && p->max_h >= 0, "xdg_toplevel.set_max_size", "is negative");
}

static void on_parent(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	struct wl_proxy *parent = object(&args[0]);

	screen_rule(!parent || (parent != p && parent->xdg->surface->mapped), "xdg_toplevel.set_parent",
		"is itself, or not on the screen");
	p->parent = parent ? parent->xdg : NULL;
}

static void on_move(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	screen_rule(args[0].o && is_serial(args[1].u), "xdg_toplevel", "is moved without a press");
}

static void on_decoration(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	struct wl_proxy *t = object(&args[1]);

	screen_rule(!t->decoration && !t->xdg->surface->buffer, "zxdg_decoration_manager_v1", "comes late or twice");
	t->decoration = made;
}

static void on_token(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	screen_rule(args[1].o != NULL, "xdg_activation_v1.activate", "names no surface");
}

static void on_registry(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made)
{
	screen_set_registry(made);
}

static const struct {
	const struct wl_interface *of;
	const char *name;
	void (*check)(struct wl_proxy *p, union wl_argument *args, struct wl_proxy *made);
} requests[] = {
	{ &wl_display_interface, "get_registry", on_registry },
	{ &wl_surface_interface, "attach", on_attach },
	{ &wl_surface_interface, "damage_buffer", on_damage },
	{ &wl_surface_interface, "frame", of_surface },
	{ &wl_surface_interface, "commit", on_commit },
	{ &wl_subcompositor_interface, "get_subsurface", on_subsurface },
	{ &wl_pointer_interface, "set_cursor", on_set_cursor },
	{ &wl_shm_interface, "create_pool", on_pool },
	{ &wl_shm_pool_interface, "create_buffer", on_buffer },
	{ &wp_viewporter_interface, "get_viewport", on_viewport },
	{ &wp_viewport_interface, "set_source", on_source },
	{ &wp_viewport_interface, "set_destination", on_destination },
	{ &wp_fractional_scale_manager_v1_interface, "get_fractional_scale", for_surface },
	{ &zwp_idle_inhibit_manager_v1_interface, "create_inhibitor", for_surface },
	{ &zxdg_decoration_manager_v1_interface, "get_toplevel_decoration", on_decoration },
	{ &xdg_activation_v1_interface, "activate", on_token },
	{ &xdg_wm_base_interface, "get_xdg_surface", on_xdg_surface },
	{ &xdg_positioner_interface, "set_size", on_positioner_size },
	{ &xdg_positioner_interface, "set_anchor_rect", on_anchor_rect },
	{ &xdg_positioner_interface, "set_anchor", on_side },
	{ &xdg_positioner_interface, "set_gravity", on_side },
	{ &xdg_surface_interface, "get_toplevel", on_toplevel },
	{ &xdg_surface_interface, "get_popup", on_popup },
	{ &xdg_surface_interface, "ack_configure", on_ack },
	{ &xdg_surface_interface, "set_window_geometry", on_geometry },
	{ &xdg_toplevel_interface, "set_parent", on_parent },
	{ &xdg_toplevel_interface, "set_min_size", on_min_size },
	{ &xdg_toplevel_interface, "set_max_size", on_max_size },
	{ &xdg_toplevel_interface, "show_window_menu", on_move },
	{ &xdg_toplevel_interface, "move", on_move },
	{ &xdg_toplevel_interface, "resize", on_move },
	{ &xdg_popup_interface, "grab", on_grab },
	{ &xdg_popup_interface, "reposition", on_reposition },
};

void screen_check(struct wl_proxy *p, const char *request, union wl_argument *args, struct wl_proxy *made)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (requests[i].of == p->type && strcmp(requests[i].name, request) == 0)
			requests[i].check(p, args, made);
	}
}

void screen_check_end(struct wl_proxy *p)
{
	if (p->type == &wl_surface_interface)
		screen_rule(!p->xdg, "wl_surface.destroy", "has a role still");
	if (p->type == &xdg_surface_interface)
		screen_rule(!role_of(p, &xdg_toplevel_interface) && !role_of(p, &xdg_popup_interface) && !popup_on(p),
			"xdg_surface.destroy", "has a role or a popup still");
	if (p->type == &xdg_toplevel_interface)
		screen_rule(!p->decoration, "xdg_toplevel.destroy", "has a decoration still");
	if (p->type == &xdg_popup_interface)
		screen_rule(!popup_on(p->xdg), "xdg_popup.destroy", "is not the topmost");
}

/* --- events --- */

static bool may_configure(const struct wl_proxy *xdg)
{
	return xdg->initial || xdg->acked;
}

static void configure(struct wl_proxy *xdg)
{
	xdg->initial = false;
	xdg->sent = screen_serial();
	((const struct xdg_surface_listener *)xdg->listener)
		->configure(xdg->data, (struct xdg_surface *)xdg, xdg->sent);
}

void screen_configure_toplevel(struct wl_proxy *toplevel, int32_t w, int32_t h, uint32_t states)
{
	static const uint32_t names[] = { XDG_TOPLEVEL_STATE_MAXIMIZED, XDG_TOPLEVEL_STATE_FULLSCREEN,
		XDG_TOPLEVEL_STATE_RESIZING, XDG_TOPLEVEL_STATE_ACTIVATED, XDG_TOPLEVEL_STATE_TILED_LEFT };
	uint32_t list[sizeof(names) / sizeof(names[0])];
	struct wl_array array = { .data = list, .alloc = sizeof(list) };
	size_t n = 0;

	if (!may_configure(toplevel->xdg))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (states & 1u << i)
			list[n++] = names[i];
	}
	array.size = n * sizeof(list[0]);
	toplevel->sent_w = w;
	toplevel->sent_h = h;
	toplevel->sent_states = w > 0 && h > 0 ? states & 3 : 0;
	((const struct xdg_toplevel_listener *)toplevel->listener)
		->configure(toplevel->data, (struct xdg_toplevel *)toplevel, w, h, &array);
	configure(toplevel->xdg);
}

void screen_configure_popup(struct wl_proxy *popup, const int32_t at[4])
{
	if (!may_configure(popup->xdg))
		return;
	((const struct xdg_popup_listener *)popup->listener)
		->configure(popup->data, (struct xdg_popup *)popup, at[0], at[1], at[2], at[3]);
	configure(popup->xdg);
}

/* Whether the object lives still. */
static bool is_there(const struct wl_proxy *wanted)
{
	struct wl_proxy *p = screen_first();

	while (p && p != wanted)
		p = screen_next(p);
	return p != NULL;
}

void screen_dismiss(struct wl_proxy *popup)
{
	struct wl_proxy *child;

	while ((child = popup_on(popup->xdg)))
		screen_dismiss(child);
	((const struct xdg_popup_listener *)popup->listener)->popup_done(popup->data, (struct xdg_popup *)popup);
	screen_rule(!is_there(popup), "xdg_popup.popup_done", "does not end the popup");
}

void screen_release(struct wl_proxy *buffer)
{
	if (!buffer->held)
		return;
	buffer->held--;
	if (buffer->listener)
		((const struct wl_buffer_listener *)buffer->listener)
			->release(buffer->data, (struct wl_buffer *)buffer);
}

void screen_frame(struct wl_proxy *callback)
{
	((const struct wl_callback_listener *)callback->listener)
		->done(callback->data, (struct wl_callback *)callback, 0);
	screen_rule(!is_there(callback), "wl_callback.done", "does not end the callback");
}

static uint32_t shown(const struct wl_proxy *buffer)
{
	uint32_t n = 0;

	for (struct wl_proxy *p = screen_first(); p; p = screen_next(p))
		n += p->type == &wl_surface_interface && p->buffer == buffer;
	return n;
}

/* One thing that is due. False: nothing is. */
static bool settle_one(void)
{
	for (struct wl_proxy *p = screen_first(); p; p = screen_next(p)) {
		bool waits = p->xdg && p->xdg->initial;

		if (p->type == &xdg_toplevel_interface && waits)
			screen_configure_toplevel(p, 0, 0, 8);
		else if (p->type == &xdg_popup_interface && waits)
			screen_configure_popup(p, (const int32_t[]){ 0, 0, p->w, p->h });
		else if (p->type == &wl_callback_interface && p->listener)
			screen_frame(p);
		else if (p->type == &wl_buffer_interface && p->held > shown(p))
			screen_release(p);
		else
			continue;
		return true;
	}
	return false;
}

void screen_settle(void)
{
	while (settle_one())
		;
}
