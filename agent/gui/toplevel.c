/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/window.h"

#include <string.h>
#include <wlr/util/edges.h>

#include "agent/gui/output.h"
#include "agent/gui/seat.h"
#include "proto/text.h"

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

	if (w->announced && seat_button_held(w->server->seat))
		server_send_plain(w->server, GUI_MOVE, w->id);
}

static void handle_request_resize(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, request_resize);
	const struct wlr_xdg_toplevel_resize_event *event = data;
	struct gui_msg g = { .head = { .type = GUI_RESIZE, .win = w->id }, .resize.edges = event->edges };

	if (w->announced && event->edges != 0 && seat_button_held(w->server->seat))
		server_send(w->server, &g);
}

void toplevel_create(struct server *server, struct wlr_xdg_toplevel *toplevel)
{
	struct window *w = window_create(server, toplevel->base);

	if (!w) {
		wl_resource_post_no_memory(toplevel->resource);
		return;
	}
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

void toplevel_finish(struct window *w)
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
	struct window *w = decoration->toplevel->base->data;

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

void toplevel_initial_commit(struct window *w)
{
	int width, height;

	outputs_bounds(w->server->outputs, &width, &height);
	wlr_xdg_toplevel_set_wm_capabilities(w->toplevel,
		WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE | WLR_XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN |
			WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MINIMIZE);
	wlr_xdg_toplevel_set_bounds(w->toplevel, width, height);
	wlr_xdg_toplevel_set_size(w->toplevel, 0, 0);
	decoration_apply(w);
}

void toplevel_announced(struct window *w)
{
	const struct wlr_xdg_toplevel_requested *wanted = &w->toplevel->requested;

	w->title_dirty = w->app_id_dirty = w->hints_dirty = true;
	memset(&w->hints, 0xff, sizeof(w->hints)); /* none sent yet */
	if (wanted->maximized || wanted->fullscreen)
		toplevel_request_state(w, 0);
}

static uint16_t hint_size(int v)
{
	return (uint16_t)(v < 0 ? 0 : v > GUI_SIZE_MAX ? GUI_SIZE_MAX : v);
}

void toplevel_send_hints(struct window *w)
{
	const struct wlr_xdg_toplevel_state *state = &w->toplevel->current;
	struct gui_msg g = { .head = { .type = GUI_HINTS, .win = w->id } };
	struct wlr_box box;

	if (!w->hints_dirty)
		return;
	w->hints_dirty = false;
	wlr_xdg_surface_get_geometry(w->xdg, &box);
	g.hints = (struct gui_hints){
		.min_w = hint_size(state->min_width),
		.min_h = hint_size(state->min_height),
		.max_w = hint_size(state->max_width),
		.max_h = hint_size(state->max_height),
		.geo_w = hint_size(box.width),
		.geo_h = hint_size(box.height),
		.opaque = w->layout.opaque,
	};
	if (memcmp(&g.hints, &w->hints, sizeof(g.hints)) == 0)
		return;
	w->hints = g.hints;
	server_send(w->server, &g);
}

/* Sends the first GUI_TITLE_MAX bytes, cut where a character ends, in parts. */
static void toplevel_send_text(struct window *w, enum gui_type type, const char *text)
{
	size_t len = strlen(text), end = 0, next;
	uint32_t cp;
	unsigned part = 0;

	while ((next = text_utf8_next((const uint8_t *)text + end, len - end, &cp)) > 0 && end + next <= GUI_TITLE_MAX)
		end += next;
	do {
		struct gui_msg g = { .head = { .type = (uint16_t)type, .win = w->id } };
		size_t chunk = end < GUI_TITLE_CHUNK ? end : GUI_TITLE_CHUNK;

		g.title.part = (uint8_t)part++;
		g.title.len = (uint8_t)chunk;
		memcpy(g.title.text, text, chunk);
		server_send(w->server, &g);
		text += chunk;
		end -= chunk;
	} while (end > 0);
}

void toplevel_send_texts(struct window *w)
{
	if (w->app_id_dirty && w->toplevel->app_id)
		toplevel_send_text(w, GUI_APPID, w->toplevel->app_id);
	if (w->title_dirty && w->toplevel->title)
		toplevel_send_text(w, GUI_TITLE, w->toplevel->title);
	w->app_id_dirty = w->title_dirty = false;
}

static uint32_t tiled_edges(uint32_t states)
{
	return (states & GUI_STATE_TILED_TOP ? WLR_EDGE_TOP : 0u) |
		(states & GUI_STATE_TILED_BOTTOM ? WLR_EDGE_BOTTOM : 0u) |
		(states & GUI_STATE_TILED_LEFT ? WLR_EDGE_LEFT : 0u) |
		(states & GUI_STATE_TILED_RIGHT ? WLR_EDGE_RIGHT : 0u);
}

void toplevel_configure(struct window *w, uint32_t serial, const struct gui_configure *c)
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
