/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A window of the host: a surface with its subsurfaces that is an xdg toplevel
 * (toplevel.c), an xdg popup (popup.c), a window of X11 (xwindow.c) or the popup
 * of an input method (ime_popup.c).
 */
#ifndef AGENT_GUI_WINDOW_H
#define AGENT_GUI_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>
#include <wlr/types/wlr_xdg_shell.h>

#include "agent/gui/canvas.h"
#include "agent/gui/layout.h"
#include "agent/gui/server.h"

#define WINDOW_FLIGHT_MAX 2 /* COMMITs without FRAME */
#define WINDOW_CONFIGURES 16 /* CONFIGUREs remembered until the client acknowledges one */
#define WINDOW_PACE_MS 16 /* between frame callbacks of a client that commits nothing new */

struct ime_popup;
struct surface;
struct window;
struct wlr_xwayland_surface;
struct xwindow;

struct window_configure {
	uint32_t host, xdg; /* serials */
};

/* What the kinds of windows do each in their own way. Those marked "may be NULL" then do nothing. */
struct window_ops {
	/* The part of the root surface that is the window, in its units. */
	void (*geometry)(const struct window *w, struct wlr_box *ret);
	/* NULL: it has none. */
	struct window *(*parent)(const struct window *w);
	/* The root surface was committed. */
	void (*commit)(struct window *w);
	/* WIN_NEW has been sent. */
	void (*announced)(struct window *w);
	/* Says what has changed of title, hints and the like; may be NULL. */
	void (*claim)(struct window *w);
	/* The host's CONFIGURE; may be NULL. */
	void (*configure)(struct window *w, uint32_t serial, const struct gui_configure *c);
	/* The host's POPUP_PLACED; may be NULL. */
	void (*placed)(struct window *w, const struct gui_popup_placed *placed);
	/* The host's CLOSE or POPUP_DONE. */
	void (*close)(struct window *w);
	/* It gets or loses the keyboard; may be NULL. */
	void (*focus)(struct window *w, bool focused);
	/* The pointer is over it; may be NULL. */
	void (*pointed)(struct window *w);
	/* Ends what is special to the kind. */
	void (*finish)(struct window *w);
};

struct window {
	struct server *server;
	struct wl_list link; /* server.windows */
	uint32_t id; /* of the present announcement */
	const struct window_ops *ops;
	bool is_popup; /* X11: known when it is announced */
	struct surface *root;
	struct wlr_xdg_surface *xdg; /* NULL: of X11, or an input method's */
	struct wlr_xdg_toplevel *toplevel; /* an xdg toplevel, or NULL */
	struct wlr_xdg_popup *popup; /* an xdg popup, or NULL */
	struct xwindow *x; /* of X11, or NULL */
	struct ime_popup *ime; /* an input method's, or NULL */
	bool announced, dirty, resend;
	bool hints_dirty, title_dirty, app_id_dirty;
	bool awake; /* IDLE_INHIBIT as last sent */
	struct gui_hints hints; /* as last sent */
	struct canvas canvas;
	struct layout layout; /* of what the newest slot shows */
	int host_scale120;
	struct window_configure configures[WINDOW_CONFIGURES]; /* oldest first */
	unsigned nconfigures;
	uint32_t acked; /* host serial of the last CONFIGURE that the client has answered */
	uint32_t flight[WINDOW_FLIGHT_MAX]; /* seq of each COMMIT without FRAME */
	unsigned nflight;
	struct wl_event_source *pace; /* armed while a client waits for callbacks without a COMMIT */
	struct wlr_xdg_toplevel_decoration_v1 *decoration; /* may be NULL */
	struct wl_event_source *place; /* popup: armed until the host has placed it */
	struct wl_listener map, unmap, destroy;
	struct wl_listener set_title, set_app_id, request_maximize, request_fullscreen, request_minimize;
	struct wl_listener request_move, request_resize;
	struct wl_listener decoration_destroy, decoration_mode;
	struct wl_listener reposition;
};

/* The common part: listeners of the surface, canvas, place in server.windows. NULL: memory is out. */
struct window *window_create(struct server *server, struct wlr_surface *wlr, const struct window_ops *ops);
/* Takes the window back from the host and frees it. */
void window_destroy(struct window *w);

struct window *window_find(struct server *server, uint32_t id);
/* The window whose root is @wlr, or NULL. */
struct window *window_of(struct wlr_surface *wlr);
/* Where a surface of the window lies in its root surface. False: it is none of it. */
bool window_surface_at(const struct window *w, const struct wlr_surface *wlr, int *ret_x, int *ret_y);

/* A commit of the root surface. */
void window_handle_commit(struct window *w);
/* Something of the window has changed: it is sent at the end of this turn of the loop. */
void window_mark(struct window *w);
/* The client has answered the CONFIGUREs up to the one of @xdg_serial. */
void window_take_ack(struct window *w, uint32_t xdg_serial);
/* @s will be gone; so will be the window, if it is the root. */
void window_forget(struct window *w, struct surface *s);
/* Sends what is due of all marked windows. */
void window_flush_all(struct server *server);

void window_announce(struct window *w);
void window_withdraw(struct window *w);
/* The session has ended: the host knows nothing and holds nothing any more. */
void window_session_ended(struct window *w);

/* The host's answers. */
void window_frame(struct window *w, uint32_t seq);
void window_configured(struct window *w, uint32_t host_serial, uint32_t xdg_serial);
/* Tells the clients of @w which scale to draw at. */
void window_set_scale(struct window *w, int scale120);
void window_scale_surface(struct window *w, struct wlr_surface *wlr);

/* toplevel.c */
void toplevel_create(struct server *server, struct wlr_xdg_toplevel *toplevel);
void toplevel_decorate(struct wlr_xdg_toplevel_decoration_v1 *decoration);

/* popup.c */
void popup_create(struct server *server, struct wlr_xdg_popup *popup);

/* xwindow.c: the struct of a new window of X11; it lives as long as that. */
void xwindow_create(struct server *server, struct wlr_xwayland_surface *surface);

#endif
