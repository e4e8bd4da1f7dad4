/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/window.h"

#include <wlr/util/edges.h>

#include "agent/gui/claim.h"
#include "agent/gui/output.h"
#include "agent/gui/seat.h"

static void handle_toplevel_destroy(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, destroy);

	window_destroy(w);
}

static void handle_set_title(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, set_title);

	w->title_dirty = true;
	window_mark(w);
}

static void handle_set_app_id(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, set_app_id);

	w->app_id_dirty = true;
	window_mark(w);
}

/* The whole set of states that the client wants; the host answers with CONFIGURE. */
static void toplevel_request_state(struct window *w, uint32_t more)
{
	const struct wlr_xdg_toplevel_requested *wanted = &w->toplevel->requested;
	struct gui_msg g = { .head = { .type = GUI_STATE_REQ, .win = w->id } };

	if (w->xdg->initialized)
		wlr_xdg_surface_schedule_configure(w->xdg);
	if (!w->announced)
		return;
	g.state_req.bits =
		more | (wanted->maximized ? GUI_STATE_MAXIMIZED : 0) | (wanted->fullscreen ? GUI_STATE_FULLSCREEN : 0);
	server_send(w->server, &g);
}

static void handle_request_maximize(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, request_maximize);

	toplevel_request_state(w, 0);
}

static void handle_request_fullscreen(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, request_fullscreen);

	toplevel_request_state(w, 0);
}

static void handle_request_minimize(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, request_minimize);

	toplevel_request_state(w, GUI_STATE_MINIMIZED);
}

static void handle_request_move(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, request_move);

	if (w->announced && seat_is_pressed(w->server->seat))
		server_send_plain(w->server, GUI_MOVE, w->id);
}

static void handle_request_resize(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, request_resize);
	const struct wlr_xdg_toplevel_resize_event *event = data;
	struct gui_msg g = { .head = { .type = GUI_RESIZE, .win = w->id }, .resize.edges = event->edges };

	if (w->announced && event->edges != 0 && seat_is_pressed(w->server->seat))
		server_send(w->server, &g);
}

static void toplevel_finish(struct window *w)
{
	wl_list_remove(&w->set_title.link);
	wl_list_remove(&w->set_app_id.link);
	wl_list_remove(&w->request_maximize.link);
	wl_list_remove(&w->request_fullscreen.link);
	wl_list_remove(&w->request_minimize.link);
	wl_list_remove(&w->request_move.link);
	wl_list_remove(&w->request_resize.link);
	wl_list_remove(&w->decoration_destroy.link);
	wl_list_remove(&w->decoration_mode.link);
}

static void decoration_apply(struct window *w)
{
	if (w->decoration && w->xdg->initialized)
		wlr_xdg_toplevel_decoration_v1_set_mode(w->decoration, WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
}

static void handle_decoration_mode(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, decoration_mode);

	decoration_apply(w);
}

static void decoration_drop(struct window *w)
{
	wl_list_remove(&w->decoration_destroy.link);
	wl_list_remove(&w->decoration_mode.link);
	wl_list_init(&w->decoration_destroy.link);
	wl_list_init(&w->decoration_mode.link);
	w->decoration = NULL;
}

static void handle_decoration_destroy(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, decoration_destroy);

	decoration_drop(w);
}

void toplevel_decorate(struct wlr_xdg_toplevel_decoration_v1 *decoration)
{
	struct window *w = window_of(decoration->toplevel->base->surface);

	if (!w)
		return;
	decoration_drop(w);
	w->decoration = decoration;
	w->decoration_destroy.notify = handle_decoration_destroy;
	wl_signal_add(&decoration->events.destroy, &w->decoration_destroy);
	w->decoration_mode.notify = handle_decoration_mode;
	wl_signal_add(&decoration->events.request_mode, &w->decoration_mode);
	decoration_apply(w);
}

static void toplevel_initial_commit(struct window *w)
{
	int width, height;

	window_set_scale(w, w->host_scale120);
	outputs_bounds(w->server->outputs, &width, &height);
	wlr_xdg_toplevel_set_wm_capabilities(w->toplevel,
		WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE | WLR_XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN |
			WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MINIMIZE);
	wlr_xdg_toplevel_set_bounds(w->toplevel, width, height);
	wlr_xdg_toplevel_set_size(w->toplevel, 0, 0);
	decoration_apply(w);
}

static void toplevel_commit(struct window *w)
{
	if (w->xdg->initial_commit) {
		toplevel_initial_commit(w);
		return;
	}
	window_take_ack(w, w->xdg->current.configure_serial);
	w->hints_dirty = true;
}

static void toplevel_announced(struct window *w)
{
	const struct wlr_xdg_toplevel_requested *wanted = &w->toplevel->requested;

	claim_reset(w);
	if (wanted->maximized || wanted->fullscreen)
		toplevel_request_state(w, 0);
}

static void toplevel_claim(struct window *w)
{
	const struct wlr_xdg_toplevel_state *state = &w->toplevel->current;

	if (w->app_id_dirty && w->toplevel->app_id)
		claim_text(w, GUI_APPID, w->toplevel->app_id);
	if (w->title_dirty && w->toplevel->title)
		claim_text(w, GUI_TITLE, w->toplevel->title);
	w->app_id_dirty = w->title_dirty = false;
	if (w->hints_dirty)
		claim_hints(w, (int[]){ state->min_width, state->min_height },
			(int[]){ state->max_width, state->max_height });
	w->hints_dirty = false;
}

static uint32_t tiled_edges(uint32_t states)
{
	return (states & GUI_STATE_TILED_TOP ? WLR_EDGE_TOP : 0u) |
		(states & GUI_STATE_TILED_BOTTOM ? WLR_EDGE_BOTTOM : 0u) |
		(states & GUI_STATE_TILED_LEFT ? WLR_EDGE_LEFT : 0u) |
		(states & GUI_STATE_TILED_RIGHT ? WLR_EDGE_RIGHT : 0u);
}

static void toplevel_configure(struct window *w, uint32_t serial, const struct gui_configure *c)
{
	if (!w->xdg->initialized)
		return;
	if (c->scale120 != 0 && c->scale120 != w->host_scale120) {
		window_set_scale(w, c->scale120);
		window_mark(w);
	}
	if (c->bounds_w != 0 && c->bounds_h != 0)
		wlr_xdg_toplevel_set_bounds(w->toplevel, c->bounds_w, c->bounds_h);
	wlr_xdg_toplevel_set_activated(w->toplevel, c->states & GUI_STATE_ACTIVATED);
	wlr_xdg_toplevel_set_maximized(w->toplevel, c->states & GUI_STATE_MAXIMIZED);
	wlr_xdg_toplevel_set_fullscreen(w->toplevel, c->states & GUI_STATE_FULLSCREEN);
	wlr_xdg_toplevel_set_resizing(w->toplevel, c->states & GUI_STATE_RESIZING);
	wlr_xdg_toplevel_set_tiled(w->toplevel, tiled_edges(c->states));
	window_configured(w, serial, wlr_xdg_toplevel_set_size(w->toplevel, c->w, c->h));
}

static void toplevel_geometry(const struct window *w, struct wlr_box *ret)
{
	wlr_xdg_surface_get_geometry(w->xdg, ret);
}

static struct window *toplevel_parent(const struct window *w)
{
	return w->toplevel->parent ? window_of(w->toplevel->parent->base->surface) : NULL;
}

static void toplevel_close(struct window *w)
{
	wlr_xdg_toplevel_send_close(w->toplevel);
}

static const struct window_ops toplevel_ops = {
	.geometry = toplevel_geometry,
	.parent = toplevel_parent,
	.commit = toplevel_commit,
	.announced = toplevel_announced,
	.claim = toplevel_claim,
	.configure = toplevel_configure,
	.close = toplevel_close,
	.finish = toplevel_finish,
};

void toplevel_create(struct server *server, struct wlr_xdg_toplevel *toplevel)
{
	struct window *w = window_create(server, toplevel->base->surface, &toplevel_ops);

	if (!w) {
		wl_resource_post_no_memory(toplevel->resource);
		return;
	}
	w->xdg = toplevel->base;
	w->toplevel = toplevel;
	w->destroy.notify = handle_toplevel_destroy;
	wl_signal_add(&toplevel->events.destroy, &w->destroy);
	w->set_title.notify = handle_set_title;
	wl_signal_add(&toplevel->events.set_title, &w->set_title);
	w->set_app_id.notify = handle_set_app_id;
	wl_signal_add(&toplevel->events.set_app_id, &w->set_app_id);
	w->request_maximize.notify = handle_request_maximize;
	wl_signal_add(&toplevel->events.request_maximize, &w->request_maximize);
	w->request_fullscreen.notify = handle_request_fullscreen;
	wl_signal_add(&toplevel->events.request_fullscreen, &w->request_fullscreen);
	w->request_minimize.notify = handle_request_minimize;
	wl_signal_add(&toplevel->events.request_minimize, &w->request_minimize);
	w->request_move.notify = handle_request_move;
	wl_signal_add(&toplevel->events.request_move, &w->request_move);
	w->request_resize.notify = handle_request_resize;
	wl_signal_add(&toplevel->events.request_resize, &w->request_resize);
}
