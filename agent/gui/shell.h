/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The globals by which clients make windows, and those that only have to be there. */
#ifndef AGENT_GUI_SHELL_H
#define AGENT_GUI_SHELL_H

#include "agent/gui/server.h"

struct wlr_compositor;

/* NULL: memory is out. */
struct shell *shell_create(struct server *server);
struct wlr_compositor *shell_compositor(const struct shell *shell);
/* Before wl_display_destroy(). */
void shell_destroy(struct shell *shell);

#endif
