/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection to the user's compositor: its globals and outputs. */
#ifndef DESKTOP_DISPLAY_H
#define DESKTOP_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "desktop/frame.h"

#define DISPLAY_OUTPUTS_MAX 16

struct guest;
struct wl_compositor;
struct wl_data_device_manager;
struct wl_display;
struct wl_output;
struct wl_registry;
struct wl_seat;
struct wl_shm;
struct wl_subcompositor;
struct wl_surface;
struct wp_fractional_scale_manager_v1;
struct wp_viewporter;
struct xdg_activation_v1;
struct xdg_wm_base;
struct zwp_idle_inhibit_manager_v1;
struct zxdg_decoration_manager_v1;
struct zxdg_output_manager_v1;
struct zxdg_output_v1;
struct window;

/* Which window a surface belongs to (the menu: to none) and what it shows: the user data of every surface but those of the cursor and of a drag. */
enum surface_kind { SURFACE_ROOT, SURFACE_BACK, SURFACE_MAT, SURFACE_CONTENT, SURFACE_MENU };

struct surface_ref {
	struct window *window;
	enum surface_kind kind;
};

struct output {
	struct display *display;
	struct wl_output *wl; /* NULL: the place is free */
	struct zxdg_output_v1 *xdg; /* may be NULL */
	uint32_t name; /* of the registry */
	int32_t x, y, mm_w, mm_h, mode_w, mode_h, mhz, scale;
	int32_t logical_w, logical_h; /* 0: the compositor does not say */
	bool turned; /* width and height change places */
	bool told; /* the guest knows it */
};

struct display {
	struct guest *guest; /* hears of outputs */
	struct wl_display *wl;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_seat *seat; /* may be NULL: a desktop without input devices */
	uint32_t seat_name;
	struct xdg_wm_base *wm_base;
	struct wp_viewporter *viewporter;
	struct zxdg_decoration_manager_v1 *decoration; /* may be NULL */
	struct wp_fractional_scale_manager_v1 *fractional; /* may be NULL */
	struct zwp_idle_inhibit_manager_v1 *idle_inhibit; /* may be NULL */
	struct xdg_activation_v1 *activation; /* may be NULL */
	struct wl_data_device_manager *data_devices; /* may be NULL */
	struct zxdg_output_manager_v1 *xdg_outputs; /* may be NULL */
	struct output outputs[DISPLAY_OUTPUTS_MAX];
	bool kwin, mutter; /* the compositor is this one, as a protocol of its own says: each needs a detour */
	bool blocked; /* the compositor reads too slowly: nothing may be queued until the socket is writable */
};

/*
 * Connects over @fd (taken, also on failure) and waits for the globals and what
 * they say about themselves. 0 or -errno: -ENOTSUP means that the compositor
 * lacks a protocol we cannot do without; @ret_lacks names it.
 */
int display_init(struct display *d, int fd, const char **ret_lacks);
void display_finish(struct display *d);
/* One more round trip: everything that was asked has been answered. 0 or -errno. */
int display_roundtrip(struct display *d);

int display_fd(const struct display *d);
/*
 * Reads and dispatches what the compositor sent (@readable) and sends what is queued; while it takes nothing, neither
 * is done. -errno: it is gone.
 */
int display_dispatch(struct display *d, bool readable);
/* Sends what is queued; sets @d->blocked. -errno: the compositor is gone. */
int display_flush(struct display *d);
/* Whether the compositor's socket takes more now: asked before each lot of the guest's messages. */
bool display_has_room(struct display *d);

/* A new surface, or NULL when memory is out. @ref lives as long as it. */
struct wl_surface *display_surface(struct display *d, struct surface_ref *ref);
/* Logical size of the largest output, or as much as a window may have where none is known. */
void display_largest(const struct display *d, int *ret_w, int *ret_h);
/* The largest scale of any output, × 120. */
unsigned display_scale120(const struct display *d);

/* output.c */
void output_bind(struct display *d, uint32_t name, uint32_t version);
void output_remove(struct display *d, uint32_t name);
/* Asks for the logical sizes of all outputs, where the compositor says them. */
void outputs_describe(struct display *d);
void output_logical(const struct output *o, int *ret_w, int *ret_h);
/*
 * Pixels of a logical unit × 120. wl_output alone rounds a scale up to a whole number; what the mode is of the logical
 * size is exact, also by compositors that know no wp_fractional_scale.
 */
unsigned output_scale120(const struct output *o);
struct output *output_find(struct display *d, struct wl_output *wl);

#endif
