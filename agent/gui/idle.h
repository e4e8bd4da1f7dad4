/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients' wishes that the screen stays on: each is of a surface, and told to the host for its window. */
#ifndef AGENT_GUI_IDLE_H
#define AGENT_GUI_IDLE_H

#include "agent/gui/window.h"

/* NULL: memory is out. */
struct idle *idle_create(struct server *server);
/* After all clients have gone. */
void idle_destroy(struct idle *idle);

/* Tells the host what @w wishes, if that is news. */
void idle_claim(struct window *w);

#endif
