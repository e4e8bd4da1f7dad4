/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A window of the guest: an xdg_toplevel (toplevel.c) or an xdg_popup (popup.c)
 * of the host's compositor. What the guest says reaches it as decoded messages
 * through the functions below; what it shows is the host's frame with the
 * guest's content inside. No window exists without its owner's name and colour.
 */
#ifndef DESKTOP_WINDOW_H
#define DESKTOP_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "desktop/content.h"
#include "desktop/display.h"
#include "desktop/frame.h"
#include "desktop/note.h"
#include "desktop/pool.h"
#include "desktop/solid.h"
#include "desktop/wish.h"
#include "proto/gui.h"

#define WINDOW_BARS 3
#define WINDOW_TITLE_MAX (4 * GUI_TITLE_MAX)

struct atlas;
struct buffers;
struct guest;
struct menu;
struct seat;
struct xdg_popup;
struct xdg_surface;
struct xdg_toplevel;
struct zxdg_toplevel_decoration_v1;
struct wp_fractional_scale_v1;

enum window_stage {
	WINDOW_BORN, /* no xdg object yet, or waiting for the first configure; commits are staged */
	WINDOW_READY, /* configured; the next commit maps it */
	WINDOW_MAPPED, /* on the screen; every commit is shown */
	WINDOW_DISMISSED, /* a popup that the host has closed: commits go straight back until WIN_DEL */
};

/* A text that arrives in parts. */
struct window_text {
	char raw[GUI_TITLE_PARTS * GUI_TITLE_CHUNK];
	unsigned len;
};

struct window {
	struct window_set *set;
	uint32_t id;
	enum gui_role role;
	enum window_stage stage;
	struct window *parent; /* may be NULL */
	struct surface_ref ref_root, ref_back, ref_mat, ref_content;
	struct wl_surface *root; /* the bar or strip; on mutter, what lies below all */
	struct wp_viewport *root_viewport;
	struct solid top; /* on mutter: the bar or strip */
	struct solid back; /* borders */
	struct solid mat;
	struct content content;
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel;
	struct xdg_popup *popup;
	struct zxdg_toplevel_decoration_v1 *decoration; /* may be NULL */
	struct wp_fractional_scale_v1 *fractional; /* may be NULL */

	int want_w, want_h; /* from WIN_NEW, content */
	int inner_w, inner_h; /* room for the content; 0: not known yet */
	int outer_w, outer_h; /* as last drawn */
	int pad_w, pad_h; /* what the frame is wider, and its bar higher, so that the content is whole pixels */
	uint32_t states; /* GUI_STATE_* in force */
	int conf_w, conf_h; /* xdg configure to come, outer; 0: ours to choose */
	uint32_t conf_states;
	uint32_t wish; /* the states last asked for */
	bool wish_open; /* not all of them are reached or given up */
	bool wish_waits; /* for a configure */
	bool barred; /* from full screen: the user has just left it */
	unsigned wish_steps; /* left: a compositor that refuses is not asked for ever */
	bool has_menu; /* the compositor has a window menu */
	int bounds_w, bounds_h;
	uint32_t serial; /* of the last CONFIGURE sent */
	struct gui_configure sent; /* its values */
	uint32_t outputs; /* bit mask of those it is on */
	unsigned scale120;

	struct pool_buffer *bar[WINDOW_BARS];
	struct pool_buffer *bar_shown; /* one of bar */
	bool dirty; /* the bar must be drawn again */
	enum frame_part hover;
	char title[WINDOW_TITLE_MAX];
	struct window_text title_parts, app_parts;
	struct wish wish_for;

	unsigned depth; /* popup */
	bool grabbed;
	struct gui_popup_pos pos;
	struct gui_popup_placed placed;
	uint32_t token;
};

/* All windows of the VM, and what they are made of (borrowed). */
struct window_set {
	struct frame_owner owner;
	struct display *display;
	struct pool *pool;
	const struct atlas *atlas;
	struct buffers *buffers;
	struct guest *guest;
	struct seat *seat;
	struct menu *menu;
	struct note note;
	struct pool_buffer *colour, *mat, *clear; /* solids */
	struct window *all[GUI_WINDOWS_MAX];
	unsigned count;
	uint64_t commits;
};

/* @set's borrowed members are set by the caller. 0 or -ENOMEM. */
int window_set_init(struct window_set *set, const struct helper_setup *setup);
/* Closes every window; the set can be used again. */
void window_set_clear(struct window_set *set);
void window_set_finish(struct window_set *set);
/* Draws what has become dirty. Once per round of the event loop. */
void window_set_refresh(struct window_set *set);
/* The scale of an output has changed. */
void window_set_rescale(struct window_set *set);
/* NULL: the guest has no such window. */
struct window *window_find(struct window_set *set, uint32_t id);

/*
 * What the guest asked for. 0, or what makes it a breach of the protocol:
 * -EEXIST, -ENOSPC (256 windows), -ENOENT (parent), -EINVAL (role), -ESTALE
 * (serial), -EBADMSG (slot), -ENOBUFS, -EPROTO; or -ENOMEM.
 */
int window_create(struct window_set *set, uint32_t id, const struct gui_win_new *n);
void window_destroy(struct window *w);
int window_commit(struct window *w, const struct gui_msg *m);
int window_title(struct window *w, const struct gui_title *t);
int window_app_id(struct window *w, const struct gui_title *t);
void window_hints(struct window *w, const struct gui_hints *h);
void window_guest_state(struct window *w, uint32_t bits);
/* What the user asks for, by the frame or a key. */
void window_state_request(struct window *w, uint32_t bits);
/* False: it is not full screen. The guest may not ask for it again before the user's next press in the window. */
bool window_leave_fullscreen(struct window *w);

/* Shared between window.c, toplevel.c and popup.c. */
/* 0 or -ENOMEM. */
int window_make_surfaces(struct window *w);
struct frame_insets window_insets(const struct window *w);
/* Where the content lies in the frame. */
struct rect window_room(const struct window *w);
/* Takes an outer size, of the compositor's, which may be 0 or less where it finds no room. */
void window_obey_size(struct window *w, int outer_w, int outer_h);
/* Whether the frame on the screen is that of the present size and states. */
bool window_fits(const struct window *w);
/* Frame of the present inner size: everything but the content, up to the root's commit. */
void window_layout(struct window *w);
/* Lays out frame and content and commits all as one. */
void window_show(struct window *w);
void window_redraw(struct window *w);
struct frame_look window_look(const struct window *w);
void window_present(struct window *w, uint32_t serial);
void window_end_surfaces(struct window *w);
void window_dismiss(struct window *w);
void window_dismiss_children(struct window *w);
/* Tells the guest its size and states if they are news. */
void window_configure_guest(struct window *w);
void window_send(struct window *w, uint16_t type);

int toplevel_create(struct window *w);
/* Shows what is staged, in a frame of its size. */
void toplevel_present(struct window *w, uint32_t serial);
void toplevel_end(struct window *w);
/* The outputs it is on, or the scale of one, have changed. */
void toplevel_rescale(struct window *w);
void toplevel_pursue(struct window *w);
void toplevel_hints(struct window *w, const struct gui_hints *h);

int popup_place(struct window *w, const struct gui_popup_pos *p);
void popup_present(struct window *w);
void popup_end(struct window *w);
/*
 * A window is about to take the focus: all popups go, and the menu. wlroots 0.15 closes them
 * then by itself, and ends a client whose next commit to one crosses.
 */
void popup_yield(struct window_set *set);

#endif
