/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of X11: Xwayland, started when the first of them connects and ended
 * when the last has gone, with wlroots' window manager for it. Xwayland that
 * dies takes its windows along and nothing else; the next program starts it anew.
 */
#ifndef AGENT_GUI_XWAYLAND_H
#define AGENT_GUI_XWAYLAND_H

#include <stdbool.h>
#include <xcb/xproto.h>

#include "agent/gui/server.h"

struct wlr_compositor;
struct wlr_xwayland_surface;

/* NULL: memory is out. A root without Xwayland is no error: then there is no X11. */
struct xwayland *xwayland_create(struct server *server, struct wlr_compositor *compositor);
/* Before wl_display_destroy_clients(). */
void xwayland_destroy(struct xwayland *x);

/* Whether the window says that it is a menu: one that takes Escape as "close". */
bool xwayland_is_menu(const struct xwayland *x, const struct wlr_xwayland_surface *surface);

#endif
