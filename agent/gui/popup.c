/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host places popups: it knows its screens, and a guest states no absolute
 * positions. POPUP_POS is the client's xdg_positioner; its anchor rectangle is
 * relative to the parent's window geometry, which is the parent's content. The
 * client is configured with what POPUP_PLACED says. A host that does not
 * answer must not freeze the client's menus: after POPUP_PLACE_MS the popup
 * is configured as the guest alone would place it.
 */
#include "agent/gui/window.h"

#include "agent/gui/surface.h"

#define POPUP_PLACE_MS 300

/* xdg_positioner's anchors and gravities (an enumeration) as GUI_EDGE_* bits. */
static uint8_t popup_edges(unsigned v)
{
	static const uint8_t edges[] = {
		[XDG_POSITIONER_ANCHOR_NONE] = 0,
		[XDG_POSITIONER_ANCHOR_TOP] = GUI_EDGE_TOP,
		[XDG_POSITIONER_ANCHOR_BOTTOM] = GUI_EDGE_BOTTOM,
		[XDG_POSITIONER_ANCHOR_LEFT] = GUI_EDGE_LEFT,
		[XDG_POSITIONER_ANCHOR_RIGHT] = GUI_EDGE_RIGHT,
		[XDG_POSITIONER_ANCHOR_TOP_LEFT] = GUI_EDGE_TOP | GUI_EDGE_LEFT,
		[XDG_POSITIONER_ANCHOR_BOTTOM_LEFT] = GUI_EDGE_BOTTOM | GUI_EDGE_LEFT,
		[XDG_POSITIONER_ANCHOR_TOP_RIGHT] = GUI_EDGE_TOP | GUI_EDGE_RIGHT,
		[XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT] = GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT,
	};

	return v < sizeof(edges) ? edges[v] : 0;
}

static uint16_t popup_size(int v)
{
	return (uint16_t)(v < 0 ? 0 : v > GUI_SIZE_MAX ? GUI_SIZE_MAX : v);
}

static int popup_coordinate(int v)
{
	return v < -GUI_SIZE_MAX ? -GUI_SIZE_MAX : v > GUI_SIZE_MAX ? GUI_SIZE_MAX : v;
}

static void popup_send_position(struct window *w, uint32_t token)
{
	const struct wlr_xdg_positioner_rules *rules = &w->popup->scheduled.rules;
	struct gui_msg g = { .head = { .type = GUI_POPUP_POS, .win = w->id } };

	g.popup_pos = (struct gui_popup_pos){
		.anchor_x = popup_coordinate(rules->anchor_rect.x),
		.anchor_y = popup_coordinate(rules->anchor_rect.y),
		.anchor_w = popup_size(rules->anchor_rect.width),
		.anchor_h = popup_size(rules->anchor_rect.height),
		.anchor = popup_edges(rules->anchor),
		.gravity = popup_edges(rules->gravity),
		.constraint = rules->constraint_adjustment & GUI_CONSTRAINT_MASK,
		.dx = popup_coordinate(rules->offset.x),
		.dy = popup_coordinate(rules->offset.y),
		.w = popup_size(rules->size.width),
		.h = popup_size(rules->size.height),
		.token = token,
	};
	server_send(w->server, &g);
}

static void handle_popup_destroy(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, destroy);

	window_destroy(w);
}

static void handle_reposition(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, reposition);

	if (w->announced)
		popup_send_position(w, w->popup->scheduled.reposition_token);
}

static int handle_place(void *data)
{
	struct window *w = data;

	wlr_xdg_surface_schedule_configure(w->xdg);
	return 0;
}

static void popup_finish(struct window *w)
{
	if (w->place)
		wl_event_source_remove(w->place);
	wl_list_remove(&w->reposition.link);
}

static void popup_initial_commit(struct window *w)
{
	struct window *parent = window_of(w->popup->parent);

	window_set_scale(w, w->host_scale120);
	if (w->server->open && parent && parent->announced && w->place) {
		window_announce(w);
		if (w->announced) {
			wl_event_source_timer_update(w->place, POPUP_PLACE_MS);
			return;
		}
	}
	wlr_xdg_surface_schedule_configure(w->xdg);
}

static void popup_placed(struct window *w, const struct gui_popup_placed *placed)
{
	struct wlr_box box = { placed->x, placed->y, placed->w, placed->h };
	bool first = !w->xdg->configured;

	if (box.width == 0 || box.height == 0 || !w->xdg->initialized)
		return;
	if (!first && wlr_box_equal(&box, &w->popup->scheduled.geometry))
		return;
	if (w->place)
		wl_event_source_timer_update(w->place, 0);
	w->popup->scheduled.geometry = box;
	wlr_xdg_surface_schedule_configure(w->xdg);
}

static void popup_geometry(const struct window *w, struct wlr_box *ret)
{
	wlr_xdg_surface_get_geometry(w->xdg, ret);
}

static struct window *popup_parent(const struct window *w)
{
	return window_of(w->popup->parent);
}

static void popup_commit(struct window *w)
{
	if (w->xdg->initial_commit)
		popup_initial_commit(w);
	else
		window_take_ack(w, w->xdg->current.configure_serial);
}

static void popup_announced(struct window *w)
{
	popup_send_position(w, 0);
}

static void popup_close(struct window *w)
{
	wlr_xdg_popup_destroy(w->popup);
}

static const struct window_ops popup_ops = {
	.geometry = popup_geometry,
	.parent = popup_parent,
	.commit = popup_commit,
	.announced = popup_announced,
	.placed = popup_placed,
	.close = popup_close,
	.finish = popup_finish,
};

void popup_create(struct server *server, struct wlr_xdg_popup *popup)
{
	struct window *w = window_create(server, popup->base->surface, &popup_ops);

	if (!w) {
		wl_resource_post_no_memory(popup->resource);
		return;
	}
	w->xdg = popup->base;
	w->popup = popup;
	w->is_popup = true;
	w->place = wl_event_loop_add_timer(server->loop, handle_place, w);
	w->destroy.notify = handle_popup_destroy;
	wl_signal_add(&popup->events.destroy, &w->destroy);
	w->reposition.notify = handle_reposition;
	wl_signal_add(&popup->events.reposition, &w->reposition);
}
