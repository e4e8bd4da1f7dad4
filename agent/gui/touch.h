/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fingers on the host's touch screen, given to the clients whose surfaces they came down on. */
#ifndef AGENT_GUI_TOUCH_H
#define AGENT_GUI_TOUCH_H

#include <stdbool.h>

#include "agent/gui/server.h"

struct window;
struct wlr_seat;

struct touch {
	struct server *server;
	struct wlr_seat *seat;
	struct window *at[GUI_TOUCH_POINTS]; /* by id: the window that a finger is down in; NULL: it is up */
};

/* A TOUCH message of the host's. False: its type is none of these. */
bool touch_handle(struct touch *t, const struct gui_msg *g);
/* No finger is down any more: the session ended. */
void touch_clear(struct touch *t);
/* @w is no longer a window of the host. */
void touch_forget(struct touch *t, const struct window *w);
bool touch_held(const struct touch *t);

#endif
