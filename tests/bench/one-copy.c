/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that a compositor can do: copies what a client damaged once, gives
 * the buffer back and asks for the next frame. No screen, no input; the socket
 * is "one-copy". What vmOS adds to this is what its windows cost.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wayland-server.h>

#include "bench-xdg-shell-server-protocol.h"

struct surface {
	struct wl_resource *buffer, *callback; /* of the next commit; may be NULL */
	int32_t x, y, w, h; /* damage */
	struct wl_resource *xdg, *toplevel;
	bool configured;
	uint8_t *copy;
	size_t size;
};

static uint32_t serial;

static void handle_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void *make(
	struct wl_resource *parent, const struct wl_interface *type, uint32_t id, const void *calls, void *data)
{
	struct wl_resource *r =
		wl_resource_create(wl_resource_get_client(parent), type, wl_resource_get_version(parent), id);

	if (!r)
		exit(1);
	wl_resource_set_implementation(r, calls, data, NULL);
	return r;
}

/* --- wl_surface --- */

static void handle_attach(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct surface *s = wl_resource_get_user_data(resource);

	s->buffer = buffer;
}

static void handle_damage(
	struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y, int32_t w, int32_t h)
{
	struct surface *s = wl_resource_get_user_data(resource);

	s->x = x;
	s->y = y;
	s->w = w;
	s->h = h;
}

static void handle_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct surface *s = wl_resource_get_user_data(resource);

	s->callback = make(resource, &wl_callback_interface, id, NULL, NULL);
}

static void copy_damage(struct surface *s, struct wl_shm_buffer *buffer)
{
	size_t stride = (size_t)wl_shm_buffer_get_stride(buffer);
	size_t size = stride * (size_t)wl_shm_buffer_get_height(buffer);
	const uint8_t *pixels;

	if (s->size != size) {
		free(s->copy);
		s->copy = calloc(1, size);
		s->size = s->copy ? size : 0;
	}
	if (!s->copy || s->x < 0 || s->y < 0 || s->x + s->w > wl_shm_buffer_get_width(buffer) ||
		s->y + s->h > wl_shm_buffer_get_height(buffer))
		return;
	wl_shm_buffer_begin_access(buffer);
	pixels = wl_shm_buffer_get_data(buffer);
	for (int32_t y = s->y; y < s->y + s->h; y++) {
		size_t at = (size_t)y * stride + (size_t)s->x * 4;

		memcpy(s->copy + at, pixels + at, (size_t)s->w * 4);
	}
	wl_shm_buffer_end_access(buffer);
}

static void configure(struct surface *s)
{
	struct wl_array states;

	wl_array_init(&states);
	xdg_toplevel_send_configure(s->toplevel, 0, 0, &states);
	xdg_surface_send_configure(s->xdg, ++serial);
	s->configured = true;
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct surface *s = wl_resource_get_user_data(resource);
	struct wl_shm_buffer *buffer = s->buffer ? wl_shm_buffer_get(s->buffer) : NULL;

	if (!s->configured && s->toplevel)
		configure(s);
	if (buffer) {
		copy_damage(s, buffer);
		wl_buffer_send_release(s->buffer);
	}
	if (s->callback) {
		wl_callback_send_done(s->callback, 0);
		wl_resource_destroy(s->callback);
	}
	s->buffer = s->callback = NULL;
}

static void handle_region(struct wl_client *client, struct wl_resource *resource, struct wl_resource *region)
{
}

static void handle_number(struct wl_client *client, struct wl_resource *resource, int32_t number)
{
}

static const struct wl_surface_interface surface_calls = {
	.destroy = handle_destroy,
	.attach = handle_attach,
	.damage = handle_damage,
	.frame = handle_frame,
	.set_opaque_region = handle_region,
	.set_input_region = handle_region,
	.commit = handle_commit,
	.set_buffer_transform = handle_number,
	.set_buffer_scale = handle_number,
	.damage_buffer = handle_damage,
};

static void handle_create_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	make(resource, &wl_surface_interface, id, &surface_calls, calloc(1, sizeof(struct surface)));
}

static const struct wl_compositor_interface compositor_calls = { .create_surface = handle_create_surface };

/* --- xdg-shell: what a window cannot do without --- */

static void handle_text(struct wl_client *client, struct wl_resource *resource, const char *text)
{
}

static void handle_serial(struct wl_client *client, struct wl_resource *resource, uint32_t ack)
{
}

static const struct xdg_toplevel_interface toplevel_calls = {
	.destroy = handle_destroy,
	.set_title = handle_text,
	.set_app_id = handle_text,
};

static void handle_get_toplevel(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct surface *s = wl_resource_get_user_data(resource);

	s->toplevel = make(resource, &xdg_toplevel_interface, id, &toplevel_calls, s);
}

static const struct xdg_surface_interface xdg_surface_calls = {
	.destroy = handle_destroy,
	.get_toplevel = handle_get_toplevel,
	.ack_configure = handle_serial,
};

static void handle_get_xdg_surface(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, struct wl_resource *surface)
{
	struct surface *s = wl_resource_get_user_data(surface);

	s->xdg = make(resource, &xdg_surface_interface, id, &xdg_surface_calls, s);
}

static const struct xdg_wm_base_interface wm_base_calls = {
	.destroy = handle_destroy,
	.get_xdg_surface = handle_get_xdg_surface,
	.pong = handle_serial,
};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *r = wl_resource_create(client, &wl_compositor_interface, (int)version, id);

	if (r)
		wl_resource_set_implementation(r, &compositor_calls, NULL, NULL);
}

static void bind_wm_base(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *r = wl_resource_create(client, &xdg_wm_base_interface, (int)version, id);

	if (r)
		wl_resource_set_implementation(r, &wm_base_calls, NULL, NULL);
}

int main(void)
{
	struct wl_display *display = wl_display_create();

	if (!display || wl_display_add_socket(display, "one-copy") < 0 || wl_display_init_shm(display) < 0 ||
		!wl_global_create(display, &wl_compositor_interface, 4, NULL, bind_compositor) ||
		!wl_global_create(display, &xdg_wm_base_interface, 1, NULL, bind_wm_base)) {
		perror("one-copy");
		return 1;
	}
	wl_display_run(display);
	return 0;
}
