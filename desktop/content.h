/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a window that a guest paints: a subsurface inside the host's
 * frame. It shows the guest's last buffer, cropped to the room the frame has,
 * never stretched.
 */
#ifndef DESKTOP_CONTENT_H
#define DESKTOP_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "desktop/canvas.h"
#include "proto/gui.h"

struct buffer;
struct display;
struct surface_ref;
struct wl_callback;
struct wl_subsurface;
struct wl_surface;
struct wp_viewport;

#define CONTENT_DAMAGE_MAX 16

/* What of the buffer is shown (24.8) and where in the frame (logical). */
struct content_crop {
	int32_t sx, sy, sw, sh;
	struct rect at;
};

struct content {
	struct display *display; /* NULL: no surface */
	struct wl_surface *wl;
	struct wl_subsurface *sub;
	struct wp_viewport *viewport;
	struct wl_callback *callback; /* may be NULL: no commit waits to be shown */
	struct buffer *staged; /* may be NULL; taken, not yet attached */
	bool shown; /* a buffer has been attached */
	int w, h; /* of the last buffer taken, in its pixels */
	int scale120;
	struct content_crop crop; /* as told to the compositor */
	struct gui_rect geo; /* from HINTS, logical; w == 0: all of it is the window */
	struct gui_rect damage[CONTENT_DAMAGE_MAX]; /* since the last attach, in buffer pixels */
	unsigned ndamage;
	bool damage_all;
	uint32_t seq; /* of the last COMMIT */
	void (*on_frame)(struct content *c); /* the last commit is on the screen */
};

/* Makes the surface above its siblings in @parent. 0 or -ENOMEM. */
int content_init(struct content *c, struct display *d, struct wl_surface *parent, struct surface_ref *ref);
/* Ends the surface and gives a staged buffer back; what was said about geometry stays. */
void content_finish(struct content *c);

/* Notes a rectangle of the guest's, in pixels of the buffer to come. */
void content_damage(struct content *c, const struct gui_rect *rects, unsigned n);
/* Takes @b (held) as what to show next; one that was staged and not shown goes back. */
void content_stage(struct content *c, struct buffer *b, const struct gui_commit *commit);

/* Size of the window's part of the last buffer, logical. */
void content_size(const struct content *c, int *ret_w, int *ret_h);
/* Upper left of the window's part, logical: what frame and pointer coordinates are shifted by. */
void content_origin(const struct content *c, int *ret_x, int *ret_y);

/* Attaches what is staged, crops it to @room (relative to the parent) and commits. @sync: with the parent's commit. */
void content_push(struct content *c, struct rect room, bool sync);
/* Ends the wait for the parent's commit that content_push() with @sync began. */
void content_release_sync(struct content *c);

#endif
