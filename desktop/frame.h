/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a window's frame looks like and where its parts are: numbers and pixels
 * only, no Wayland. The VM's colour and name are part of every look, so there
 * is no frame without them.
 */
#ifndef DESKTOP_FRAME_H
#define DESKTOP_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "desktop/atlas.h"
#include "desktop/canvas.h"
#include "proto/text.h"

/* Logical units. */
#define FRAME_BAR 31
#define FRAME_BORDER 4
#define FRAME_POPUP_BAR 15
#define FRAME_POPUP_BORDER 2
#define FRAME_BUTTON 20
#define FRAME_BADGE 20
#define FRAME_BADGE_RADIUS 5
#define FRAME_RADIUS 8
#define FRAME_MAT_RGB 0x16181d /* behind a guest's pixels */
#define FRAME_MIN_W 190 /* of the outer window: less has no room for pattern and name */

enum frame_part {
	FRAME_CONTENT,
	FRAME_TITLE,
	FRAME_CLOSE,
	FRAME_MAXIMISE,
	FRAME_MINIMISE,
	FRAME_EDGE, /* with the edge bits of xdg_toplevel beside it */
};

/* Who the window belongs to: nothing is drawn without it. */
struct frame_owner {
	char vm[VM_NAME_MAX + 1];
	uint32_t rgb;
	unsigned pattern; /* beside the colour, for those who cannot tell colours apart: policy/palette.h */
	bool light; /* the user's choice for all frames: light bars instead of dark ones */
};

/* What frames and menus are painted on, and with. */
struct frame_theme {
	uint32_t ground, ink;
};

struct frame_look {
	const struct frame_owner *owner;
	const char *title; /* sanitised */
	const char *note; /* a line of the host's in place of the title; may be NULL. Sanitised */
	bool bad_note; /* it is a refusal */
	int w; /* outer width, logical */
	bool active, maximised, square, fullscreen, popup;
	enum frame_part hover; /* a button, or FRAME_CONTENT */
};

struct frame_insets {
	int left, right, top, bottom;
};

struct frame_insets frame_insets(bool popup, bool fullscreen);
struct frame_theme frame_theme(const struct frame_owner *owner);

/* Black or white: what can be read on @rgb (relative luminance, WCAG 2.1). */
uint32_t frame_ink(uint32_t rgb);

/* Draws the bar, of a popup the strip, over the whole of @c: @look->w × the upper inset at the face's scale. */
void frame_draw_bar(struct canvas *c, const struct atlas *a, const struct atlas_face *f, const struct frame_look *look);

/* Which part is at @x, @y of an outer window of @w × @h. @ret_edges: the edge bits for FRAME_EDGE, else 0. */
enum frame_part frame_hit(const struct frame_look *look, int h, int x, int y, uint32_t *ret_edges);

#endif
