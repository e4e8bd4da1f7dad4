/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pointer's image: a named shape where the client knows the protocol, else its pixels in slots of their own. */
#ifndef AGENT_GUI_CURSOR_H
#define AGENT_GUI_CURSOR_H

#include <stdint.h>

#include "agent/gui/server.h"

struct surface;
struct wlr_surface;

/* Makes the cursor-shape global too. NULL: memory or heap is out. */
struct cursor *cursor_create(struct server *server);
void cursor_destroy(struct cursor *c);

/* wl_pointer.set_cursor; @wlr NULL hides the pointer. */
void cursor_set_surface(struct cursor *c, struct wlr_surface *wlr, int hot_x, int hot_y);

/* A surface was committed or goes away: it may be the cursor's. */
void cursor_handle_commit(struct server *server, struct surface *s);
void cursor_forget(struct server *server, const struct surface *s);

/* True: the page was one of the cursor's. */
bool cursor_release(struct cursor *c, uint32_t page);
void cursor_session_ended(struct cursor *c);
/* Window @id is gone: what was last said of it counts no more. */
void cursor_window_gone(struct cursor *c, uint32_t id);

#endif
