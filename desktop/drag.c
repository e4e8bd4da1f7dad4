/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/drag.h"

#include <unistd.h>
#include <wayland-client.h>

#include "desktop/clock.h"
#include "desktop/display.h"
#include "desktop/end.h"
#include "desktop/guest.h"
#include "desktop/seat.h"
#include "desktop/window.h"
#include "viewporter-client-protocol.h"

#define MIME "application/x-vmos-drag" /* of no bytes */
#define ICON 20 /* the side of a square in the VM's colour */
#define INSET 2 /* see solid.c */

static void send_release(struct seat *s)
{
	struct gui_msg m = { .head = { .type = GUI_PTR_BUTTON } };

	m.head.win = s->in_content ? s->place.at->window->id : 0;
	m.button = (struct gui_button){ .time_ms = (uint32_t)clock_ms(), .button = s->drag.button };
	s->drag.button = 0;
	guest_send(s->guest, &m);
}

static void drop_source(struct drag *d)
{
	END(d->source, wl_data_source_destroy);
	END(d->icon_viewport, wp_viewport_destroy);
	END(d->icon, wl_surface_destroy);
}

static void leave(struct seat *s)
{
	if (s->drag.inside)
		pointer_leave(s);
	s->drag.inside = false;
}

/*
 * Outside of all windows a release drops nothing. A drag that the compositor did
 * not begin has not taken the pointer away: then the release is the pointer's.
 */
void drag_is_over(struct seat *s)
{
	leave(s);
	if (s->drag.button && !s->in_content)
		send_release(s);
	s->drag.button = 0;
}

void drag_reset(struct seat *s)
{
	s->drag.button = 0;
	s->drag.inside = false;
}

/* The offer is another client's where none of ours is under way: a seat has one drag at a time. */
static void handle_enter(void *data, struct wl_data_device *device, uint32_t serial, struct wl_surface *surface,
	wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *offer)
{
	struct seat *s = data;
	uint32_t action;

	END(s->drag.offer, wl_data_offer_destroy);
	s->drag.offer = offer;
	if (!s->drag.button || !surface)
		return;
	pointer_leave(s);
	pointer_enter(s, surface, serial, x, y);
	s->drag.inside = true;
	if (!offer)
		return;
	wl_data_offer_accept(offer, serial, s->in_content ? MIME : NULL);
	action = s->in_content ? WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY : WL_DATA_DEVICE_MANAGER_DND_ACTION_NONE;
	wl_data_offer_set_actions(offer, action, action);
}

static void handle_leave(void *data, struct wl_data_device *device)
{
	struct seat *s = data;

	leave(s);
	END(s->drag.offer, wl_data_offer_destroy);
}

static void handle_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *s = data;

	if (s->drag.inside)
		pointer_motion(s, time, x, y);
}

static void handle_drop(void *data, struct wl_data_device *device)
{
	struct seat *s = data;

	if (!s->drag.inside || !s->drag.button)
		return;
	send_release(s);
	leave(s);
	if (s->drag.offer)
		wl_data_offer_finish(s->drag.offer);
	END(s->drag.offer, wl_data_offer_destroy);
}

/* An enter or a selection follows, and says which. */
static void handle_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer)
{
}

/* The host's clipboard is none of ours: see clipboard.c. */
static void handle_selection(void *data, struct wl_data_device *device, struct wl_data_offer *offer)
{
	if (offer)
		wl_data_offer_destroy(offer);
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = handle_offer,
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.drop = handle_drop,
	.selection = handle_selection,
};

static void handle_target(void *data, struct wl_data_source *source, const char *mime)
{
}

static void handle_send(void *data, struct wl_data_source *source, const char *mime, int fd)
{
	close(fd);
}

static void handle_end(void *data, struct wl_data_source *source)
{
	struct seat *s = data;

	drag_is_over(s);
	drop_source(&s->drag);
}

static void handle_performed(void *data, struct wl_data_source *source)
{
}

static void handle_action(void *data, struct wl_data_source *source, uint32_t action)
{
}

static const struct wl_data_source_listener source_listener = {
	.target = handle_target,
	.send = handle_send,
	.cancelled = handle_end,
	.dnd_drop_performed = handle_performed,
	.dnd_finished = handle_end,
	.action = handle_action,
};

/* The guest's own picture of what is dragged is not shown: the pointer carries the VM's colour. */
static void make_icon(struct drag *d, struct window_set *set)
{
	d->icon = wl_compositor_create_surface(set->display->compositor);
	if (!d->icon)
		return;
	d->icon_viewport = wp_viewporter_get_viewport(set->display->viewporter, d->icon);
	wp_viewport_set_source(d->icon_viewport, wl_fixed_from_int(INSET), wl_fixed_from_int(INSET),
		wl_fixed_from_int(ICON), wl_fixed_from_int(ICON));
	wp_viewport_set_destination(d->icon_viewport, ICON, ICON);
	pool_buffer_attach(set->colour, d->icon);
}

void drag_begin(struct seat *s, struct window *w)
{
	struct drag *d = &s->drag;

	if (!d->device || d->button || !seat_is_pressed_in(s, w))
		return;
	drop_source(d);
	d->source = wl_data_device_manager_create_data_source(s->display->data_devices);
	if (!d->source)
		return;
	wl_data_source_add_listener(d->source, &source_listener, s);
	wl_data_source_offer(d->source, MIME);
	wl_data_source_set_actions(d->source, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	make_icon(d, w->set);
	wl_data_device_start_drag(d->device, d->source, w->content.wl, d->icon, s->button_serial);
	if (d->icon)
		wl_surface_commit(d->icon);
	d->button = s->button;
}

void drag_init(struct seat *s)
{
	if (!s->wl || !s->display->data_devices)
		return;
	s->drag.device = wl_data_device_manager_get_data_device(s->display->data_devices, s->wl);
	if (s->drag.device)
		wl_data_device_add_listener(s->drag.device, &device_listener, s);
}

void drag_finish(struct seat *s)
{
	END(s->drag.offer, wl_data_offer_destroy);
	drop_source(&s->drag);
	END(s->drag.device, wl_data_device_release);
}
