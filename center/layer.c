/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/layer.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "wlr-layer-shell-client-protocol.h"

#define MARGIN 12
#define SCALE_MAX 4
#define SIDE_MAX 4096 /* logical units */
#define ANCHOR_UPPER_RIGHT (ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP | ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT)

static struct {
	const struct layer_handlers *handlers;
	struct wl_display *display; /* NULL: not open */
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct wl_pointer *pointer;
	struct zwlr_layer_shell_v1 *shell;
	struct wl_surface *surface; /* NULL: hidden */
	struct zwlr_layer_surface_v1 *role;
	bool configured; /* it may be drawn */
	bool entered; /* the pointer is on it */
	double x, y; /* of the pointer */
	int width, height, scale; /* logical; the largest of an output */
	guint watch;
} layer;

static void flush(void)
{
	if (layer.display)
		wl_display_flush(layer.display);
}

static void handle_buffer_release(void *data, struct wl_buffer *buffer)
{
	wl_buffer_destroy(buffer);
}

/* Pixels of this one picture. NULL: out of memory. */
static struct wl_buffer *draw_buffer(void)
{
	static const struct wl_buffer_listener listener = { .release = handle_buffer_release };
	const int w = layer.width * layer.scale, h = layer.height * layer.scale, stride = 4 * w;
	const size_t size = (size_t)stride * (size_t)h;
	int fd cleanup_fd = fd_memfd_sealed("notifications", size);
	void *pixels = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;
	cairo_surface_t *image;
	cairo_t *cr;

	if (pixels == MAP_FAILED)
		return NULL;
	image = cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_ARGB32, w, h, stride);
	cr = cairo_create(image);
	cairo_scale(cr, layer.scale, layer.scale);
	layer.handlers->draw(cr, layer.width, layer.height);
	cairo_destroy(cr);
	cairo_surface_destroy(image);
	munmap(pixels, size);
	pool = wl_shm_create_pool(layer.shm, fd, (int)size);
	buffer = wl_shm_pool_create_buffer(pool, 0, w, h, stride, WL_SHM_FORMAT_ARGB8888);
	wl_shm_pool_destroy(pool);
	wl_buffer_add_listener(buffer, &listener, NULL);
	return buffer;
}

static void draw(void)
{
	struct wl_buffer *buffer = draw_buffer();

	if (!buffer)
		return;
	wl_surface_set_buffer_scale(layer.surface, layer.scale);
	wl_surface_attach(layer.surface, buffer, 0, 0);
	wl_surface_damage(layer.surface, 0, 0, layer.width, layer.height);
	wl_surface_commit(layer.surface);
	flush();
}

void layer_hide(void)
{
	if (!layer.surface)
		return;
	zwlr_layer_surface_v1_destroy(layer.role);
	wl_surface_destroy(layer.surface);
	layer.role = NULL;
	layer.surface = NULL;
	layer.configured = layer.entered = false;
	flush();
}

static void handle_configure(
	void *data, struct zwlr_layer_surface_v1 *role, uint32_t serial, uint32_t width, uint32_t height)
{
	zwlr_layer_surface_v1_ack_configure(role, serial);
	layer.configured = true;
	draw();
}

/* The output is gone. The next card comes on another one. */
static void handle_closed(void *data, struct zwlr_layer_surface_v1 *role)
{
	layer_hide();
}

static void make_surface(void)
{
	static const struct zwlr_layer_surface_v1_listener listener = { handle_configure, handle_closed };

	layer.surface = wl_compositor_create_surface(layer.compositor);
	layer.role = zwlr_layer_shell_v1_get_layer_surface(
		layer.shell, layer.surface, NULL, ZWLR_LAYER_SHELL_V1_LAYER_TOP, "vmos-notifications");
	zwlr_layer_surface_v1_add_listener(layer.role, &listener, NULL);
	zwlr_layer_surface_v1_set_anchor(layer.role, ANCHOR_UPPER_RIGHT);
	zwlr_layer_surface_v1_set_margin(layer.role, MARGIN, MARGIN, 0, 0);
	zwlr_layer_surface_v1_set_keyboard_interactivity(layer.role, 0);
}

void layer_show(int width, int height)
{
	bool resized = width != layer.width || height != layer.height;

	if (!layer.display || width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX)
		return;
	layer.width = width;
	layer.height = height;
	if (!layer.surface) {
		make_surface();
		resized = true;
	}
	if (resized) {
		/* drawn when the compositor has answered */
		zwlr_layer_surface_v1_set_size(layer.role, (uint32_t)width, (uint32_t)height);
		wl_surface_commit(layer.surface);
		layer.configured = false;
	} else if (layer.configured) {
		draw();
	}
	flush();
}

static void handle_enter(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	layer.entered = surface == layer.surface;
	layer.x = wl_fixed_to_double(x);
	layer.y = wl_fixed_to_double(y);
}

static void handle_leave(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface)
{
	layer.entered = false;
}

static void handle_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y)
{
	layer.x = wl_fixed_to_double(x);
	layer.y = wl_fixed_to_double(y);
}

static void handle_button(
	void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time, uint32_t button, uint32_t state)
{
	if (layer.entered && state == WL_POINTER_BUTTON_STATE_PRESSED)
		layer.handlers->press(layer.x, layer.y);
}

static void handle_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value)
{
}

static void handle_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities)
{
	static const struct wl_pointer_listener listener = { .enter = handle_enter,
		.leave = handle_leave,
		.motion = handle_motion,
		.button = handle_button,
		.axis = handle_axis };
	bool has = capabilities & WL_SEAT_CAPABILITY_POINTER;

	if (has && !layer.pointer) {
		layer.pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(layer.pointer, &listener, NULL);
	} else if (!has && layer.pointer) {
		wl_pointer_destroy(layer.pointer);
		layer.pointer = NULL;
		layer.entered = false;
	}
}

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y, int32_t w, int32_t h,
	int32_t subpixel, const char *make, const char *model, int32_t transform)
{
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t w, int32_t h, int32_t refresh)
{
}

static void handle_done(void *data, struct wl_output *output)
{
}

static void handle_scale(void *data, struct wl_output *output, int32_t factor)
{
	if (factor > layer.scale && factor <= SCALE_MAX)
		layer.scale = factor;
}

static void take_output(struct wl_registry *registry, uint32_t name)
{
	static const struct wl_output_listener listener = {
		.geometry = handle_geometry, .mode = handle_mode, .done = handle_done, .scale = handle_scale
	};
	struct wl_output *output = wl_registry_bind(registry, name, &wl_output_interface, 2);

	wl_output_add_listener(output, &listener, NULL);
}

static void handle_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	static const struct wl_seat_listener seat_listener = { .capabilities = handle_capabilities };

	if (strcmp(interface, wl_compositor_interface.name) == 0 && version >= 3) {
		layer.compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 3);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		layer.shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, zwlr_layer_shell_v1_interface.name) == 0) {
		layer.shell = wl_registry_bind(registry, name, &zwlr_layer_shell_v1_interface, 1);
	} else if (strcmp(interface, wl_seat_interface.name) == 0 && !layer.seat) {
		layer.seat = wl_registry_bind(registry, name, &wl_seat_interface, 1);
		wl_seat_add_listener(layer.seat, &seat_listener, NULL);
	} else if (strcmp(interface, wl_output_interface.name) == 0 && version >= 2) {
		take_output(registry, name);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static void close_display(void)
{
	g_clear_handle_id(&layer.watch, g_source_remove);
	wl_display_disconnect(layer.display);
	layer.display = NULL;
	layer.surface = NULL;
}

static gboolean handle_events(gint fd, GIOCondition condition, gpointer userdata)
{
	if (wl_display_dispatch(layer.display) < 0) {
		layer.watch = 0;
		close_display();
		return G_SOURCE_REMOVE;
	}
	flush();
	return G_SOURCE_CONTINUE;
}

bool layer_open(const struct layer_handlers *handlers)
{
	static const struct wl_registry_listener listener = { handle_global, handle_global_remove };

	layer.handlers = handlers;
	layer.scale = 1;
	layer.display = wl_display_connect(NULL);
	if (!layer.display)
		return false;
	layer.registry = wl_display_get_registry(layer.display);
	wl_registry_add_listener(layer.registry, &listener, NULL);
	/* globals, then what they say of themselves */
	if (wl_display_roundtrip(layer.display) < 0 || wl_display_roundtrip(layer.display) < 0 || !layer.compositor ||
		!layer.shm || !layer.shell) {
		close_display();
		return false;
	}
	layer.watch =
		g_unix_fd_add(wl_display_get_fd(layer.display), G_IO_IN | G_IO_HUP | G_IO_ERR, handle_events, NULL);
	return true;
}
