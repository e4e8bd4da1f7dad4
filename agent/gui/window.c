/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/window.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wlr/types/wlr_fractional_scale_v1.h>

#include "agent/gui/commit.h"
#include "agent/gui/cursor.h"
#include "agent/gui/idle.h"
#include "agent/gui/output.h"
#include "agent/gui/seat.h"
#include "agent/gui/surface.h"
#include "base/log.h"

static void handle_map(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, map);

	w->resend = true;
	window_mark(w);
	if (w->is_popup)
		seat_sync_keyboard(w->server->seat);
}

static void handle_unmap(struct wl_listener *listener, void *data)
{
	struct window *w = wl_container_of(listener, w, unmap);

	window_withdraw(w);
	if (w->is_popup)
		seat_sync_keyboard(w->server->seat);
}

static int handle_pace(void *data)
{
	struct window *w = data;

	if (w->nflight == 0)
		window_frame(w, 0);
	return 0;
}

struct window *window_create(struct server *server, struct wlr_surface *wlr, const struct window_ops *ops)
{
	struct window *w = calloc(1, sizeof(*w));
	struct surface *root = surface_of(wlr);

	if (!w || !root) {
		free(w);
		return NULL;
	}
	w->server = server;
	w->ops = ops;
	w->root = root;
	w->host_scale120 = outputs_scale120(server->outputs);
	canvas_init(&w->canvas, &server->heap);
	w->pace = wl_event_loop_add_timer(server->loop, handle_pace, w);
	w->map.notify = handle_map;
	wl_signal_add(&wlr->events.map, &w->map);
	w->unmap.notify = handle_unmap;
	wl_signal_add(&wlr->events.unmap, &w->unmap);
	wl_list_init(&w->destroy.link);
	wl_list_init(&w->decoration_destroy.link);
	wl_list_init(&w->decoration_mode.link);
	wl_list_insert(server->windows.prev, &w->link);
	root->window = w;
	return w;
}

void window_destroy(struct window *w)
{
	window_withdraw(w);
	w->ops->finish(w);
	seat_forget(w->server->seat, w);
	for (size_t i = 0; i < w->layout.n; i++) {
		if (w->layout.layers[i].surface)
			w->layout.layers[i].surface->window = NULL;
	}
	w->root->window = NULL;
	layout_finish(&w->layout);
	canvas_finish(&w->canvas);
	if (w->pace)
		wl_event_source_remove(w->pace);
	wl_list_remove(&w->map.link);
	wl_list_remove(&w->unmap.link);
	wl_list_remove(&w->destroy.link);
	wl_list_remove(&w->link);
	free(w);
}

struct window *window_find(struct server *server, uint32_t id)
{
	struct window *w;

	wl_list_for_each(w, &server->windows, link) {
		if (w->announced && w->id == id)
			return w;
	}
	return NULL;
}

struct window *window_of(struct wlr_surface *wlr)
{
	struct surface *s = surface_of(wlr);

	return s && s->window && s->window->root == s ? s->window : NULL;
}

void window_mark(struct window *w)
{
	w->dirty = true;
}

void window_forget(struct window *w, struct surface *s)
{
	if (s == w->root) {
		window_destroy(w);
		return;
	}
	for (size_t i = 0; i < w->layout.n; i++) {
		if (w->layout.layers[i].surface == s)
			w->layout.layers[i].surface = NULL;
	}
	window_mark(w);
}

/* Of the host's CONFIGUREs the last whose xdg serial is not newer than @xdg. */
void window_take_ack(struct window *w, uint32_t xdg)
{
	unsigned n = 0;

	while (n < w->nconfigures && (int32_t)(xdg - w->configures[n].xdg) >= 0)
		n++;
	if (n == 0)
		return;
	w->acked = w->configures[n - 1].host;
	w->nconfigures -= n;
	memmove(w->configures, w->configures + n, w->nconfigures * sizeof(w->configures[0]));
}

void window_configured(struct window *w, uint32_t host_serial, uint32_t xdg_serial)
{
	if (w->nconfigures == WINDOW_CONFIGURES) {
		w->nconfigures--;
		memmove(w->configures, w->configures + 1, w->nconfigures * sizeof(w->configures[0]));
	}
	w->configures[w->nconfigures++] = (struct window_configure){ host_serial, xdg_serial };
}

void window_handle_commit(struct window *w)
{
	w->ops->commit(w);
	window_mark(w);
}

void window_scale_surface(struct window *w, struct wlr_surface *wlr)
{
	wlr_fractional_scale_v1_notify_scale(wlr, (double)w->host_scale120 / GUI_SCALE_ONE);
	wlr_surface_set_preferred_buffer_scale(wlr, (w->host_scale120 + GUI_SCALE_ONE - 1) / GUI_SCALE_ONE);
	outputs_enter(w->server->outputs, wlr);
}

static void handle_scale(struct wlr_surface *wlr, int x, int y, void *data)
{
	window_scale_surface(data, wlr);
}

void window_set_scale(struct window *w, int scale120)
{
	w->host_scale120 = scale120;
	wlr_surface_for_each_surface(w->root->wlr, handle_scale, w);
}

struct surface_search {
	const struct wlr_surface *wanted;
	int x, y;
	bool found;
};

static void handle_search(struct wlr_surface *wlr, int x, int y, void *data)
{
	struct surface_search *search = data;

	if (wlr != search->wanted)
		return;
	search->x = x;
	search->y = y;
	search->found = true;
}

bool window_surface_at(const struct window *w, const struct wlr_surface *wlr, int *ret_x, int *ret_y)
{
	struct surface_search search = { .wanted = wlr };

	wlr_surface_for_each_surface(w->root->wlr, handle_search, &search);
	*ret_x = search.x;
	*ret_y = search.y;
	return search.found;
}

static uint32_t window_parent_id(const struct window *w)
{
	struct window *parent = w->ops->parent(w);

	return parent && parent->announced ? parent->id : 0;
}

static void window_announce_size(const struct window *w, struct gui_win_new *n)
{
	struct wlr_box box;

	if (w->popup)
		box = w->popup->scheduled.geometry;
	else
		w->ops->geometry(w, &box);
	n->w = (uint16_t)(box.width < 1 ? 1 : box.width > GUI_SIZE_MAX ? GUI_SIZE_MAX : box.width);
	n->h = (uint16_t)(box.height < 1 ? 1 : box.height > GUI_SIZE_MAX ? GUI_SIZE_MAX : box.height);
}

void window_announce(struct window *w)
{
	struct gui_msg g = { .head.type = GUI_WIN_NEW };

	if (w->server->announced == GUI_WINDOWS_MAX) {
		log_warning("More than %d windows: one is not shown until another is closed", GUI_WINDOWS_MAX);
		return;
	}
	g.win_new.parent = window_parent_id(w);
	if (w->is_popup && g.win_new.parent == 0)
		return;
	w->id = ++w->server->last_id;
	g.head.win = w->id;
	g.win_new.role = w->is_popup ? GUI_ROLE_POPUP : g.win_new.parent ? GUI_ROLE_DIALOG : GUI_ROLE_TOPLEVEL;
	window_announce_size(w, &g.win_new);
	server_send(w->server, &g);
	w->announced = true;
	w->awake = false;
	w->server->announced++;
	w->resend = true;
	w->ops->announced(w);
}

static void window_reset(struct window *w)
{
	w->announced = false;
	w->server->announced--;
	w->nflight = 0;
	w->nconfigures = 0;
	w->acked = 0;
}

void window_withdraw(struct window *w)
{
	if (w->pace)
		wl_event_source_timer_update(w->pace, 0);
	if (!w->announced)
		return;
	server_send_plain(w->server, GUI_WIN_DEL, w->id);
	seat_forget(w->server->seat, w);
	cursor_window_gone(w->server->cursor, w->id);
	window_reset(w);
}

void window_session_ended(struct window *w)
{
	canvas_release_all(&w->canvas);
	if (w->announced)
		window_reset(w);
	window_mark(w);
}

static void handle_frame_done(struct wlr_surface *wlr, int x, int y, void *data)
{
	wlr_surface_send_frame_done(wlr, data);
}

void window_frame(struct window *w, uint32_t seq)
{
	struct timespec now;
	unsigned done = 0;

	while (done < w->nflight && (int32_t)(seq - w->flight[done]) >= 0)
		done++;
	w->nflight -= done;
	memmove(w->flight, w->flight + done, w->nflight * sizeof(w->flight[0]));
	clock_gettime(CLOCK_MONOTONIC, &now);
	wlr_surface_for_each_surface(w->root->wlr, handle_frame_done, &now);
	window_mark(w);
}

/* Announces and sends what is due of one window. */
static void window_flush(struct window *w)
{
	if (!w->server->open || !w->root->wlr->mapped)
		return;
	if (!w->announced)
		window_announce(w);
	if (!w->announced)
		return;
	if (w->ops->claim)
		w->ops->claim(w);
	idle_claim(w);
	commit_window(w);
}

void window_flush_all(struct server *server)
{
	struct window *w;

	wl_list_for_each(w, &server->windows, link) {
		if (!w->dirty)
			continue;
		w->dirty = false;
		window_flush(w);
	}
}
