/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The globals by which clients make windows, and those that only have to be there. */
#ifndef AGENT_GUI_SHELL_H
#define AGENT_GUI_SHELL_H

#include "agent/gui/server.h"

/* NULL: memory is out. */
struct shell *shell_create(struct server *server);
/* Before wl_display_destroy(). */
void shell_destroy(struct shell *shell);

#endif
