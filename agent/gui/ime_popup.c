/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The popup of an input method (the candidates for what is typed): a popup of
 * the window whose text field is written to, below the cursor there. The host
 * places it as any popup, in a frame. It has no size to be told and no way to
 * be closed: one that the host has closed comes again when it draws anew.
 */
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_input_method_v2.h>
#include <wlr/types/wlr_text_input_v3.h>

#include "agent/gui/ime.h"
#include "agent/gui/surface.h"
#include "agent/gui/window.h"

#define CONSTRAINT (1u | 8u) /* slide along x, flip along y: as in xdg_positioner */

struct ime_popup {
	struct server *server;
	struct wlr_input_popup_surface_v2 *wlr;
	struct window *window; /* NULL: it is ending */
	struct gui_popup_pos sent; /* but for its token */
	uint32_t token;
	struct wl_listener destroy;
};

/* The field's surface, NULL: there is none. */
static struct wlr_surface *field_surface(const struct server *server)
{
	const struct wlr_text_input_v3 *text = server->ime ? ime_text(server->ime) : NULL;

	return text ? text->focused_surface : NULL;
}

static struct window *popup_parent(const struct window *w)
{
	struct wlr_surface *field = field_surface(w->server);

	return field ? window_of(wlr_surface_get_root_surface(field)) : NULL;
}

/* The cursor in the field, in the parent's content. */
static void cursor_box(const struct window *w, struct wlr_box *ret)
{
	struct window *parent = popup_parent(w);
	const struct wlr_text_input_v3 *text = ime_text(w->server->ime);
	struct wlr_box geometry;
	int x, y;

	parent->ops->geometry(parent, &geometry);
	*ret = (struct wlr_box){ 0, geometry.height - 1, 1, 1 };
	if (!(text->active_features & WLR_TEXT_INPUT_V3_FEATURE_CURSOR_RECTANGLE) ||
		!window_surface_at(parent, text->focused_surface, &x, &y))
		return;
	*ret = text->current.cursor_rectangle;
	ret->x += x - geometry.x;
	ret->y += y - geometry.y;
}

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

static void send_position(struct window *w, bool first)
{
	struct gui_msg g = { .head = { .type = GUI_POPUP_POS, .win = w->id } };
	const struct wlr_surface *wlr = w->root->wlr;
	struct gui_popup_pos *p = &g.popup_pos, *sent = &w->ime->sent;
	struct wlr_box box;

	if (!popup_parent(w))
		return;
	cursor_box(w, &box);
	*p = (struct gui_popup_pos){
		.anchor_x = clamp(box.x, -GUI_SIZE_MAX, GUI_SIZE_MAX),
		.anchor_y = clamp(box.y, -GUI_SIZE_MAX, GUI_SIZE_MAX),
		.anchor_w = (uint16_t)clamp(box.width, 1, GUI_SIZE_MAX),
		.anchor_h = (uint16_t)clamp(box.height, 1, GUI_SIZE_MAX),
		.anchor = GUI_EDGE_BOTTOM | GUI_EDGE_LEFT,
		.gravity = GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT,
		.constraint = CONSTRAINT,
		.w = (uint16_t)clamp(wlr->current.width, 1, GUI_SIZE_MAX),
		.h = (uint16_t)clamp(wlr->current.height, 1, GUI_SIZE_MAX),
	};
	if (!first && p->anchor_x == sent->anchor_x && p->anchor_y == sent->anchor_y && p->anchor_w == sent->anchor_w &&
		p->anchor_h == sent->anchor_h && p->w == sent->w && p->h == sent->h)
		return;
	*sent = *p;
	p->token = first ? 0 : ++w->ime->token;
	server_send(w->server, &g);
}

static void popup_geometry(const struct window *w, struct wlr_box *ret)
{
	*ret = (struct wlr_box){ 0, 0, w->root->wlr->current.width, w->root->wlr->current.height };
}

static void popup_commit(struct window *w)
{
	if (w->announced)
		send_position(w, false);
}

static void popup_announced(struct window *w)
{
	send_position(w, true);
}

/* Where the cursor is, from the popup. */
static void popup_placed(struct window *w, const struct gui_popup_placed *placed)
{
	struct wlr_box box;

	if (!popup_parent(w))
		return;
	cursor_box(w, &box);
	box.x -= placed->x;
	box.y -= placed->y;
	wlr_input_popup_surface_v2_send_text_input_rectangle(w->ime->wlr, &box);
}

static void popup_close(struct window *w)
{
	window_withdraw(w);
}

static void popup_finish(struct window *w)
{
	w->ime->window = NULL;
}

static const struct window_ops ime_popup_ops = {
	.geometry = popup_geometry,
	.parent = popup_parent,
	.commit = popup_commit,
	.announced = popup_announced,
	.placed = popup_placed,
	.close = popup_close,
	.finish = popup_finish,
};

static void handle_destroy(struct wl_listener *listener, void *data)
{
	struct ime_popup *p = wl_container_of(listener, p, destroy);

	if (p->window)
		window_destroy(p->window);
	wl_list_remove(&p->destroy.link);
	free(p);
}

void ime_popup_create(struct server *server, struct wlr_input_popup_surface_v2 *popup)
{
	struct ime_popup *p = calloc(1, sizeof(*p));
	struct window *w = p ? window_create(server, popup->surface, &ime_popup_ops) : NULL;

	if (!w) {
		free(p);
		wl_resource_post_no_memory(popup->resource);
		return;
	}
	w->is_popup = true;
	w->ime = p;
	p->server = server;
	p->wlr = popup;
	p->window = w;
	p->destroy.notify = handle_destroy;
	wl_signal_add(&popup->events.destroy, &p->destroy);
	window_set_scale(w, w->host_scale120);
}

void ime_popup_move_all(struct server *server)
{
	struct window *w;

	wl_list_for_each(w, &server->windows, link) {
		if (w->ime && w->announced)
			send_position(w, false);
	}
}
