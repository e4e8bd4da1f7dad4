/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/press.h"

#include <wayland-client.h>

#include "desktop/bounded.h"
#include "desktop/display.h"
#include "desktop/seat.h"
#include "desktop/window.h"
#include "xdg-shell-client-protocol.h"

#define DOUBLE_CLICK_MS 400
#define REACH (32000 * 256) /* 24.8: coordinates beyond are cut */

bool press_is_on_menu(const struct press_place *p)
{
	return p->at && p->at->kind == SURFACE_MENU;
}

enum frame_part press_part(const struct press_place *p, uint32_t *ret_edges)
{
	const struct window *w = p->at->window;
	struct frame_look look = window_look(w);
	struct rect room = window_room(w);
	int x = wl_fixed_to_int(p->x), y = wl_fixed_to_int(p->y);

	*ret_edges = 0;
	if (!w->toplevel || p->at->kind == SURFACE_CONTENT)
		return FRAME_CONTENT;
	if (p->at->kind == SURFACE_BACK)
		y += room.y;
	if (p->at->kind == SURFACE_MAT) {
		x += room.x;
		y += room.y;
	}
	return frame_hit(&look, w->outer_h, x, y, ret_edges);
}

void press_in_content(const struct press_place *p, int32_t *ret_x, int32_t *ret_y)
{
	int x, y;

	content_origin(&p->at->window->content, &x, &y);
	*ret_x = bounded((int64_t)p->x + x * 256, -REACH, REACH);
	*ret_y = bounded((int64_t)p->y + y * 256, -REACH, REACH);
}

static void toggle_maximised(struct window *w)
{
	if (window_leave_fullscreen(w))
		return;
	w->wish_waits = false;
	window_state_request(w, w->states & GUI_STATE_MAXIMIZED ? 0 : GUI_STATE_MAXIMIZED);
}

static void press_title(struct seat *s, struct window *w, uint32_t serial, uint32_t time)
{
	bool twice = s->title_ms && time - s->title_ms <= DOUBLE_CLICK_MS;

	s->title_ms = twice ? 0 : time;
	if (twice)
		toggle_maximised(w);
	else
		xdg_toplevel_move(w->toplevel, s->wl, serial);
}

void press_frame(struct seat *s, const struct press_place *p, uint32_t serial, uint32_t time)
{
	struct window *w = p->at->window;
	uint32_t edges;
	enum frame_part part = press_part(p, &edges);

	if (part == FRAME_TITLE)
		press_title(s, w, serial, time);
	else if (part == FRAME_EDGE)
		xdg_toplevel_resize(w->toplevel, s->wl, serial, edges);
}

void press_end(const struct press_place *p)
{
	struct window *w = p->at->window;
	uint32_t edges;
	enum frame_part part = press_part(p, &edges);

	if (part == FRAME_CLOSE)
		window_send(w, GUI_CLOSE);
	else if (part == FRAME_MAXIMISE)
		toggle_maximised(w);
	else if (part == FRAME_MINIMISE)
		xdg_toplevel_set_minimized(w->toplevel);
}
