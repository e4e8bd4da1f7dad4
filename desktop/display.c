/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/display.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <wayland-client.h>

#include "fractional-scale-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "proto/gui.h"
#include "viewporter-client-protocol.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

static uint32_t lower(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* One row per global of which the first is bound. */
struct global {
	const struct wl_interface *interface;
	size_t offset; /* of the pointer in struct display */
	uint32_t least, most; /* versions: below the least it does not count */
	bool required;
};

#define MEMBER(m) offsetof(struct display, m)

/* Whoever knows xdg_wm_base has these versions of older ones: they have a release of what they gave, and frames. */
static const struct global globals[] = {
	{ &wl_compositor_interface, MEMBER(compositor), 4, 5, true },
	{ &wl_subcompositor_interface, MEMBER(subcompositor), 1, 1, true },
	{ &wl_shm_interface, MEMBER(shm), 1, 1, true },
	{ &xdg_wm_base_interface, MEMBER(wm_base), 1, 5, true },
	{ &wp_viewporter_interface, MEMBER(viewporter), 1, 1, true },
	{ &wl_seat_interface, MEMBER(seat), 5, 8, false },
	{ &zxdg_decoration_manager_v1_interface, MEMBER(decoration), 1, 1, false },
	{ &wp_fractional_scale_manager_v1_interface, MEMBER(fractional), 1, 1, false },
	{ &zwp_idle_inhibit_manager_v1_interface, MEMBER(idle_inhibit), 1, 1, false },
	{ &xdg_activation_v1_interface, MEMBER(activation), 1, 1, false },
	{ &wl_data_device_manager_interface, MEMBER(data_devices), 3, 3, false },
	{ &zxdg_output_manager_v1_interface, MEMBER(xdg_outputs), 1, 3, false },
};

#define NGLOBALS (sizeof(globals) / sizeof(globals[0]))

static void **global_slot(struct display *d, const struct global *g)
{
	return (void **)((char *)d + g->offset);
}

static void handle_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	struct display *d = data;

	if (strcmp(interface, wl_output_interface.name) == 0) {
		output_bind(d, name, lower(version, 3));
		return;
	}
	d->kwin |= strcmp(interface, "org_kde_plasma_shell") == 0;
	d->mutter |= strcmp(interface, "gtk_shell1") == 0;
	for (size_t i = 0; i < NGLOBALS; i++) {
		const struct global *g = &globals[i];
		void **slot = global_slot(d, g);

		if (*slot || version < g->least || strcmp(interface, g->interface->name) != 0)
			continue;
		*slot = wl_registry_bind(registry, name, g->interface, lower(version, g->most));
		if (g->interface == &wl_seat_interface)
			d->seat_name = name;
		if (g->interface == &zxdg_output_manager_v1_interface)
			outputs_describe(d);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
	output_remove(data, name);
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void handle_ping(void *data, struct xdg_wm_base *base, uint32_t serial)
{
	xdg_wm_base_pong(base, serial);
}

static const struct xdg_wm_base_listener base_listener = { .ping = handle_ping };

int display_roundtrip(struct display *d)
{
	return wl_display_roundtrip(d->wl) < 0 ? -EPIPE : 0;
}

int display_init(struct display *d, int fd, const char **ret_lacks)
{
	d->wl = wl_display_connect_to_fd(fd);
	if (!d->wl)
		return -errno;
	d->registry = wl_display_get_registry(d->wl);
	if (!d->registry)
		return -ENOMEM;
	wl_registry_add_listener(d->registry, &registry_listener, d);
	if (display_roundtrip(d) < 0)
		return -EPIPE;
	for (size_t i = 0; i < NGLOBALS; i++) {
		*ret_lacks = globals[i].interface->name;
		if (globals[i].required && !*global_slot(d, &globals[i]))
			return -ENOTSUP;
	}
	xdg_wm_base_add_listener(d->wm_base, &base_listener, d);
	return 0;
}

void display_finish(struct display *d)
{
	if (d->wl) {
		wl_display_flush(d->wl);
		wl_display_disconnect(d->wl);
	}
	d->wl = NULL;
}

int display_fd(const struct display *d)
{
	return wl_display_get_fd(d->wl);
}

int display_flush(struct display *d)
{
	d->blocked = false;
	if (wl_display_flush(d->wl) >= 0)
		return 0;
	if (errno != EAGAIN)
		return -errno;
	d->blocked = true;
	return 0;
}

int display_dispatch(struct display *d, bool readable)
{
	int r = display_flush(d);

	/* Events cause requests, and one that the socket cannot take ends the connection (libwayland before 1.23). */
	if (r < 0 || !display_has_room(d))
		return r;
	while (wl_display_prepare_read(d->wl) != 0) {
		if (wl_display_dispatch_pending(d->wl) < 0)
			return -EPIPE;
	}
	if (!readable)
		wl_display_cancel_read(d->wl);
	else if (wl_display_read_events(d->wl) < 0)
		return -EPIPE;
	if (wl_display_dispatch_pending(d->wl) < 0)
		return -EPIPE;
	return display_flush(d);
}

bool display_has_room(struct display *d)
{
	struct pollfd p = { .fd = display_fd(d), .events = POLLOUT };

	if (!d->blocked && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		return true;
	d->blocked = true;
	return false;
}

struct wl_surface *display_surface(struct display *d, struct surface_ref *ref)
{
	struct wl_surface *s = wl_compositor_create_surface(d->compositor);

	if (s)
		wl_surface_set_user_data(s, ref);
	return s;
}

void display_largest(const struct display *d, int *ret_w, int *ret_h)
{
	*ret_w = *ret_h = 0;
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		int w, h;

		output_logical(&d->outputs[i], &w, &h);
		*ret_w = w > *ret_w ? w : *ret_w;
		*ret_h = h > *ret_h ? h : *ret_h;
	}
	if (*ret_w == 0 || *ret_h == 0)
		*ret_w = *ret_h = GUI_SIZE_MAX;
}

unsigned display_scale120(const struct display *d)
{
	unsigned best = 120;

	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		const struct output *o = &d->outputs[i];

		if (o->wl && output_scale120(o) > best)
			best = output_scale120(o);
	}
	return best;
}
