/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Menus, tooltips and the like. The guest says where in its parent it wants
 * one, the host's compositor decides; a strip with the VM's name and pattern
 * and a thin border in its colour mark it. The compositor kills a client that ends popups out of order or gives one
 * a parent that is not on the screen: neither can be reached from a message.
 */
#include <errno.h>
#include <wayland-client.h>

#include "desktop/bounded.h"
#include "desktop/buffer.h"
#include "desktop/end.h"
#include "desktop/guest.h"
#include "desktop/menu.h"
#include "desktop/seat.h"
#include "desktop/window.h"
#include "xdg-shell-client-protocol.h"

#define SHARE_PERCENT 90 /* of an output that a popup may cover along an axis */

static void handle_popup_configure(void *data, struct xdg_popup *p, int32_t x, int32_t y, int32_t width, int32_t height)
{
	struct window *w = data;

	w->conf_w = width;
	w->conf_h = height;
	w->placed.x = x;
	w->placed.y = y;
}

static void handle_done(void *data, struct xdg_popup *p)
{
	window_dismiss(data);
}

static void handle_repositioned(void *data, struct xdg_popup *p, uint32_t token)
{
	struct window *w = data;

	w->token = token;
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_done,
	.repositioned = handle_repositioned,
};

/* Tells the guest its place in the parent's content. */
static void send_placed(struct window *w)
{
	struct gui_msg m = { .head = { .type = GUI_POPUP_PLACED, .win = w->id } };
	struct rect room = window_room(w->parent), own = window_room(w);
	int x, y;

	content_origin(&w->parent->content, &x, &y);
	m.head.serial = ++w->serial;
	m.popup_placed = (struct gui_popup_placed){
		.x = w->placed.x + own.x - room.x + x,
		.y = w->placed.y + own.y - room.y + y,
		.w = (uint16_t)w->inner_w,
		.h = (uint16_t)w->inner_h,
		.token = w->token,
	};
	guest_send(w->set->guest, &m);
}

static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial)
{
	struct window *w = data;

	window_obey_size(w, w->conf_w, w->conf_h);
	xdg_surface_ack_configure(xdg, serial);
	if (w->parent)
		send_placed(w);
	if (w->stage == WINDOW_BORN)
		w->stage = WINDOW_READY;
	if (w->stage == WINDOW_MAPPED || w->content.staged)
		popup_present(w);
}

static const struct xdg_surface_listener surface_listener = { .configure = handle_configure };

/* The anchor lies inside the parent's window: compositors may end a client for one outside. */
static void set_anchor(struct xdg_positioner *p, const struct window *w)
{
	struct rect room = window_room(w->parent);
	const struct gui_popup_pos *pos = &w->pos;
	int x, y, left, top;

	content_origin(&w->parent->content, &x, &y);
	left = bounded(pos->anchor_x - x, 0, room.w - 1);
	top = bounded(pos->anchor_y - y, 0, room.h - 1);
	xdg_positioner_set_anchor_rect(p, room.x + left, room.y + top, bounded(pos->anchor_w, 1, room.w - left),
		bounded(pos->anchor_h, 1, room.h - top));
}

/* xdg_positioner's numbers for a side or corner given as edge bits. Anchors and gravities count alike. */
static uint32_t side_of(uint8_t edges)
{
	static const uint32_t sides[16] = {
		[GUI_EDGE_TOP] = XDG_POSITIONER_ANCHOR_TOP,
		[GUI_EDGE_BOTTOM] = XDG_POSITIONER_ANCHOR_BOTTOM,
		[GUI_EDGE_LEFT] = XDG_POSITIONER_ANCHOR_LEFT,
		[GUI_EDGE_RIGHT] = XDG_POSITIONER_ANCHOR_RIGHT,
		[GUI_EDGE_TOP | GUI_EDGE_LEFT] = XDG_POSITIONER_ANCHOR_TOP_LEFT,
		[GUI_EDGE_BOTTOM | GUI_EDGE_LEFT] = XDG_POSITIONER_ANCHOR_BOTTOM_LEFT,
		[GUI_EDGE_TOP | GUI_EDGE_RIGHT] = XDG_POSITIONER_ANCHOR_TOP_RIGHT,
		[GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT] = XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT,
	};

	return sides[edges & 15];
}

static struct xdg_positioner *make_positioner(const struct window *w)
{
	struct xdg_positioner *p = xdg_wm_base_create_positioner(w->set->display->wm_base);
	const struct gui_popup_pos *pos = &w->pos;
	struct frame_insets in = window_insets(w);
	int most_w, most_h, width, height;

	if (!p)
		return NULL;
	display_largest(w->set->display, &most_w, &most_h);
	width = bounded(pos->w + in.left + in.right, 1, most_w * SHARE_PERCENT / 100);
	height = bounded(pos->h + in.top + in.bottom, 1, most_h * SHARE_PERCENT / 100);
	xdg_positioner_set_size(p, width, height);
	set_anchor(p, w);
	xdg_positioner_set_anchor(p, side_of(pos->anchor));
	xdg_positioner_set_gravity(p, side_of(pos->gravity));
	xdg_positioner_set_constraint_adjustment(p, pos->constraint);
	xdg_positioner_set_offset(
		p, bounded(pos->dx, -GUI_SIZE_MAX, GUI_SIZE_MAX), bounded(pos->dy, -GUI_SIZE_MAX, GUI_SIZE_MAX));
	return p;
}

/* A grab may begin at a window without one, or go on from the popup that has it. */
static bool may_grab(const struct window *w)
{
	const struct window *top = NULL;

	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		const struct window *other = w->set->all[i];

		if (other && other->grabbed && (!top || other->depth > top->depth))
			top = other;
	}
	return top ? top == w->parent : w->parent->toplevel != NULL;
}

static void try_grab(struct window *w)
{
	struct wl_seat *seat = w->set->display->seat;
	uint32_t serial = seat && may_grab(w) ? seat_take_serial(w->set->seat) : 0;

	if (!serial)
		return;
	xdg_popup_grab(w->popup, seat, serial);
	w->grabbed = true;
}

static int create(struct window *w)
{
	struct xdg_positioner *positioner;
	int r = window_make_surfaces(w);

	if (r < 0)
		return r;
	w->scale120 = w->parent->scale120;
	positioner = make_positioner(w);
	if (!positioner)
		return -ENOMEM;
	xdg_surface_add_listener(w->xdg, &surface_listener, w);
	w->popup = xdg_surface_get_popup(w->xdg, w->parent->xdg, positioner);
	xdg_positioner_destroy(positioner);
	if (!w->popup)
		return -ENOMEM;
	xdg_popup_add_listener(w->popup, &popup_listener, w);
	try_grab(w);
	wl_surface_commit(w->root);
	return 0;
}

static int reposition(struct window *w)
{
	struct xdg_positioner *positioner;

	if (xdg_popup_get_version(w->popup) < XDG_POPUP_REPOSITION_SINCE_VERSION || !w->parent)
		return 0;
	positioner = make_positioner(w);
	if (!positioner)
		return -ENOMEM;
	xdg_popup_reposition(w->popup, positioner, w->pos.token);
	xdg_positioner_destroy(positioner);
	return 0;
}

/* -EPROTO: not a popup. One that cannot be shown is dismissed. */
int popup_place(struct window *w, const struct gui_popup_pos *p)
{
	if (w->role != GUI_ROLE_POPUP)
		return -EPROTO;
	if (w->stage == WINDOW_DISMISSED)
		return 0;
	w->pos = *p;
	if (w->popup)
		return reposition(w);
	w->depth = w->parent ? w->parent->depth + 1 : 1;
	if (!w->parent || w->parent->stage != WINDOW_MAPPED || w->depth > GUI_POPUP_DEPTH_MAX ||
		menu_is_open(w->set->menu)) {
		window_dismiss(w);
		return 0;
	}
	return create(w);
}

void popup_yield(struct window_set *set)
{
	menu_close(set->menu);
	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		if (set->all[i] && set->all[i]->popup)
			window_dismiss(set->all[i]);
	}
}

void popup_end(struct window *w)
{
	END(w->popup, xdg_popup_destroy);
	w->grabbed = false;
}

void popup_present(struct window *w)
{
	if (w->stage == WINDOW_MAPPED && window_fits(w)) {
		content_push(&w->content, window_room(w), false);
		return;
	}
	w->stage = WINDOW_MAPPED;
	window_show(w);
}
