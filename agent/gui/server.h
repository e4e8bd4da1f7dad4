/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-compositor: a Wayland compositor without a screen. It gives each window
 * of the guest's applications to the host as pixels in the channel's heap and
 * brings the host's input back. The host draws frames and places windows.
 *
 * Content. What the host sees of a window is its window geometry (as set by
 * xdg_surface.set_window_geometry, else all of it): shadows that a client
 * draws itself are cut off. So the host's size of a window is the size in
 * xdg_toplevel.configure, positions of pointer and popups are relative to the
 * geometry's top left corner, and HINTS' geometry is always the whole content.
 *
 * Life of a window: made with its xdg role, announced (WIN_NEW) when it maps
 * (popups: at their first commit, as the host places them before they draw),
 * taken back (WIN_DEL) when it unmaps. A new session announces all again.
 */
#ifndef AGENT_GUI_SERVER_H
#define AGENT_GUI_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "agent/common/link.h"
#include "agent/gui/heap.h"
#include "proto/gui.h"

struct outputs;
struct seat;
struct cursor;
struct shell;
struct clipboard;
struct xwayland;
struct idle;
struct ime;

/* What the benchmarks read: see stats.c. */
struct stats {
	uint64_t commits; /* sent to the host */
	uint64_t bytes_damaged; /* what clients damaged, in pixels of the windows × 4 */
	uint64_t bytes_copied; /* from clients' buffers */
	uint64_t bytes_caught_up; /* from slot to slot, where the host still held the newest */
	uint64_t wakeups; /* returns of the event loop's wait */
};

struct server {
	struct wl_display *display;
	struct wl_event_loop *loop;
	struct wl_event_source *sources[4]; /* device and signals */
	bool running;
	struct link link;
	bool open; /* a session in which the host has said WELCOME */
	uint32_t host_features; /* what it said there */
	struct heap heap;
	struct wl_list windows; /* window.link */
	unsigned announced; /* windows the host knows */
	uint32_t last_id;
	struct stats stats;
	struct outputs *outputs;
	struct seat *seat;
	struct cursor *cursor;
	struct shell *shell;
	struct clipboard *clipboard;
	struct xwayland *xwayland;
	struct idle *idle;
	struct ime *ime;
};

/* Sends a message of the gui channel; nothing happens without a session. */
void server_send(struct server *s, const struct gui_msg *g);
/* Sends one without a body for window @win. */
void server_send_plain(struct server *s, enum gui_type type, uint32_t win);

/* The callbacks for the channel, and what each of the host's messages does: host.c. */
extern const struct link_ops host_link_ops;

/* Writes the counters to $XDG_RUNTIME_DIR/vmos-stats; called on SIGUSR1. */
void stats_write(const struct stats *stats);

#endif
