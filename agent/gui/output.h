/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's screens as wl_outputs. Nothing is drawn on them; before the host has named one there is a stand-in. */
#ifndef AGENT_GUI_OUTPUT_H
#define AGENT_GUI_OUTPUT_H

#include "agent/gui/server.h"

#define OUTPUTS_MAX 16

struct wlr_surface;

/* NULL: memory is out. */
struct outputs *outputs_create(struct server *server);
/* Before wl_display_destroy(). */
void outputs_destroy(struct outputs *o);

/* The host's OUTPUT: new, changed or gone. */
void outputs_update(struct outputs *o, const struct gui_output *u);

/* The largest scale of any: what a window starts with. */
int outputs_scale120(const struct outputs *o);
/* The largest size, surface units. */
void outputs_bounds(const struct outputs *o, int *ret_w, int *ret_h);
/* Where the first output is: there windows of X11 are placed. */
void outputs_home(const struct outputs *o, int *ret_x, int *ret_y);
/* Tells the client that its surface is on the first output: where windows really are is the host's business. */
void outputs_enter(struct outputs *o, struct wlr_surface *surface);

#endif
