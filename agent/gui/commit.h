/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a window's surfaces to a COMMIT: layout, damage, one copy into a slot. */
#ifndef AGENT_GUI_COMMIT_H
#define AGENT_GUI_COMMIT_H

struct window;

/* Sends what has changed, if the host has room for it: a slot, and fewer than WINDOW_FLIGHT_MAX commits under way. */
void commit_window(struct window *w);

#endif
