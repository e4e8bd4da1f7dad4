/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drags from one window of the VM to another. While a button is held a
 * compositor shows a client the pointer in the window of the press alone, but
 * for a drag. So the guest's becomes one of the compositor's that carries
 * nothing and that we alone accept: over our own windows the guest is told
 * where the pointer is, and of the release. What is dragged stays in the VM;
 * no other window, of whatever VM, learns more than that somebody drags.
 */
#ifndef DESKTOP_DRAG_H
#define DESKTOP_DRAG_H

#include <stdbool.h>
#include <stdint.h>

struct seat;
struct window;
struct wl_data_device;
struct wl_data_offer;
struct wl_data_source;
struct wl_surface;
struct wp_viewport;

struct drag {
	struct wl_data_device *device; /* may be NULL: there are no drags */
	struct wl_data_source *source; /* may be NULL; of the last drag, until the compositor is done with it */
	struct wl_data_offer *offer; /* may be NULL; what is dragged over our windows, by whomever */
	struct wl_surface *icon; /* what the source is shown as; may be NULL */
	struct wp_viewport *icon_viewport;
	uint32_t button; /* that is down; 0: no drag is under way for the guest */
	bool inside; /* the drag has said where the pointer is: in a window of ours */
};

/* Without a seat, or a compositor that knows drags, there are none. */
void drag_init(struct seat *s);
void drag_finish(struct seat *s);
/* The guest's DRAG. Nothing happens unless a button is held in @w's content. */
void drag_begin(struct seat *s, struct window *w);
/* The compositor's pointer is back: it may have dropped on what nobody accepts. */
void drag_is_over(struct seat *s);
/* The guest is gone. */
void drag_reset(struct seat *s);

#endif
