/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/idle.h"

#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_idle_inhibit_v1.h>

struct idle {
	struct wlr_idle_inhibit_manager_v1 *manager;
	struct wl_listener new_inhibitor;
};

struct inhibitor {
	struct wlr_idle_inhibitor_v1 *wlr;
	struct wl_listener destroy;
};

static struct window *inhibitor_window(const struct wlr_idle_inhibitor_v1 *wlr)
{
	return window_of(wlr_surface_get_root_surface(wlr->surface));
}

static void inhibitor_mark(const struct inhibitor *inhibitor)
{
	struct window *w = inhibitor_window(inhibitor->wlr);

	if (w)
		window_mark(w);
}

static void handle_destroy(struct wl_listener *listener, void *data)
{
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, destroy);

	inhibitor_mark(inhibitor);
	wl_list_remove(&inhibitor->destroy.link);
	free(inhibitor);
}

static void handle_new_inhibitor(struct wl_listener *listener, void *data)
{
	struct inhibitor *inhibitor = calloc(1, sizeof(*inhibitor));

	if (!inhibitor)
		return;
	inhibitor->wlr = data;
	inhibitor->destroy.notify = handle_destroy;
	wl_signal_add(&inhibitor->wlr->events.destroy, &inhibitor->destroy);
	inhibitor_mark(inhibitor);
}

struct idle *idle_create(struct server *server)
{
	struct idle *idle = calloc(1, sizeof(*idle));

	if (!idle)
		return NULL;
	idle->manager = wlr_idle_inhibit_v1_create(server->display);
	if (!idle->manager) {
		free(idle);
		return NULL;
	}
	idle->new_inhibitor.notify = handle_new_inhibitor;
	wl_signal_add(&idle->manager->events.new_inhibitor, &idle->new_inhibitor);
	return idle;
}

void idle_destroy(struct idle *idle)
{
	wl_list_remove(&idle->new_inhibitor.link);
	free(idle);
}

void idle_claim(struct window *w)
{
	struct gui_msg g = { .head = { .type = GUI_IDLE_INHIBIT, .win = w->id } };
	const struct wlr_idle_inhibitor_v1 *wlr;
	bool awake = false;

	wl_list_for_each(wlr, &w->server->idle->manager->inhibitors, link)
		awake |= inhibitor_window(wlr) == w;
	if (awake == w->awake)
		return;
	w->awake = awake;
	g.idle_inhibit.on = awake;
	server_send(w->server, &g);
}
