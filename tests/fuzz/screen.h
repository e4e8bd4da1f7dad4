/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compositor in the place of libwayland-client: vmos-desktop's own code calls
 * it as it calls the library, and it ends the program where a real compositor
 * would end the client. Which events come, and when, the target decides.
 */
#ifndef TESTS_FUZZ_SCREEN_H
#define TESTS_FUZZ_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

#define SCREEN_OUTPUTS 2

enum screen_role { ROLE_NONE, ROLE_SUBSURFACE, ROLE_XDG, ROLE_TOPLEVEL, ROLE_POPUP, ROLE_CURSOR };

/* An object of the client's. Which members count follows from its interface. */
struct wl_proxy {
	struct wl_proxy *next, *prev;
	const struct wl_interface *type;
	uint32_t version;
	void (**listener)(void);
	void *data;
	/* Objects that it refers to; NULL once they have ended. */
	struct wl_proxy *surface; /* of all that is made for a surface */
	struct wl_proxy *xdg; /* of a surface, a toplevel and a popup */
	struct wl_proxy *parent; /* of a subsurface: a surface; of a popup and a toplevel: an xdg_surface */
	struct wl_proxy *buffer; /* of a surface: what it shows */
	struct wl_proxy *pending; /* of a surface: what it will show */
	struct wl_proxy *viewport, *decoration;
	enum screen_role role; /* of a surface and an xdg_surface */
	bool attached; /* since the last commit */
	bool mapped, grabbed;
	bool initial; /* an xdg_surface that waits for its first configure */
	uint32_t sent, acked; /* serials of an xdg_surface's configures */
	int32_t w, h; /* of a buffer, a positioner, the last shown buffer of a surface; acked size of a toplevel */
	int32_t sent_w, sent_h; /* of a toplevel */
	uint32_t sent_states, states; /* of a toplevel: 1 maximised, 2 full screen */
	int32_t geo_w, geo_h; /* of an xdg_surface: window geometry */
	int32_t min_w, min_h, max_w, max_h; /* of a toplevel; of a positioner: its anchor, x y w h */
	int32_t src[4], dst[2]; /* of a viewport; w == 0: not set */
	int64_t size; /* of a pool */
	uint32_t held; /* of a buffer: how often the compositor has it */
};

/* Which globals there are, a bit each, beside those that vmos-desktop cannot do without. */
void screen_begin(unsigned globals);
/* Everything must have been destroyed. */
void screen_end(void);

/* The @nth living object of a type, counted round; NULL: there is none. */
struct wl_proxy *screen_pick(const struct wl_interface *type, unsigned nth);
unsigned screen_count(const struct wl_interface *type);
uint32_t screen_serial(void);

/* What a compositor says; nothing happens where it would not. Pixels and units as in the protocols. */
void screen_configure_toplevel(struct wl_proxy *toplevel, int32_t w, int32_t h, uint32_t states);
void screen_configure_popup(struct wl_proxy *popup, const int32_t at[4]);
/* The popup and all above it. */
void screen_dismiss(struct wl_proxy *popup);
void screen_release(struct wl_proxy *buffer);
void screen_frame(struct wl_proxy *callback);
/* First configures, all frames, all buffers but those on the screen. */
void screen_settle(void);

#endif
