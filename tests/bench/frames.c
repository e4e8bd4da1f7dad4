/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client that draws as fast as its compositor takes frames, as
 * weston-simple-shm does, or at a key press; until it is killed.
 *
 *   frames WIDTH HEIGHT [DAMAGE [WINDOWS]]   DAMAGE × DAMAGE pixels in the middle change in each frame, 0: all
 *   frames keys WIDTH HEIGHT [DAMAGE]        a key press draws the next frame
 *
 * Or it writes the frames of a film, for a player:
 *
 *   frames film WIDTH HEIGHT COUNT           32 bits a pixel to standard output
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <wayland-client.h>

#include "bench-xdg-shell-client-protocol.h"

#define BUFFERS 3
#define WINDOWS_MAX 50

struct buffer {
	struct wl_buffer *buffer;
	uint8_t *pixels;
	bool busy;
};

struct window {
	struct wl_surface *surface;
	struct buffer buffers[BUFFERS];
	bool ready, asked; /* the compositor takes a frame, there is one to draw */
	unsigned drawn;
};

static struct {
	int width, height, damage;
	bool by_key;
	uint32_t colour;
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct xdg_wm_base *wm_base;
	struct window windows[WINDOWS_MAX];
	int nwindows;
} b;

struct part {
	int x, y, w, h;
};

/* What changes in a frame. */
static struct part damage_of(void)
{
	if (!b.damage)
		return (struct part){ 0, 0, b.width, b.height };
	return (struct part){ (b.width - b.damage) / 2, (b.height - b.damage) / 2, b.damage, b.damage };
}

static void paint(uint8_t *pixels, struct part p)
{
	b.colour += 0x010305;
	for (int y = p.y; y < p.y + p.h; y++) {
		uint32_t *row = (uint32_t *)(void *)(pixels + (size_t)y * (size_t)b.width * 4);

		for (int x = p.x; x < p.x + p.w; x++)
			row[x] = b.colour + (uint32_t)x;
	}
}

static void handle_release(void *data, struct wl_buffer *buffer)
{
	((struct buffer *)data)->busy = false;
}

static const struct wl_buffer_listener buffer_listener = { .release = handle_release };

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	wl_callback_destroy(callback);
	((struct window *)data)->ready = true;
}

static const struct wl_callback_listener frame_listener = { .done = handle_frame };

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct window *w = data;

	xdg_surface_ack_configure(surface, serial);
	if (w->drawn == 0)
		w->ready = w->asked = true;
}

static const struct xdg_surface_listener surface_listener = { .configure = handle_configure };

static void handle_size(void *data, struct xdg_toplevel *toplevel, int32_t w, int32_t h, struct wl_array *states)
{
	/* The size is the benchmark's. */
}

static void handle_close(void *data, struct xdg_toplevel *toplevel)
{
	exit(0);
}

static const struct xdg_toplevel_listener toplevel_listener = { .configure = handle_size, .close = handle_close };

static void handle_ping(void *data, struct xdg_wm_base *base, uint32_t serial)
{
	xdg_wm_base_pong(base, serial);
}

static const struct xdg_wm_base_listener base_listener = { .ping = handle_ping };

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size)
{
	close(fd);
}

static void handle_enter(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface, struct wl_array *keys)
{
}

static void handle_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface)
{
}

static void handle_key(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t key, uint32_t state)
{
	if (state == WL_KEYBOARD_KEY_STATE_PRESSED)
		b.windows[0].asked = true;
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
	uint32_t latched, uint32_t locked, uint32_t group)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = handle_enter,
	.leave = handle_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name, const char *type, uint32_t version)
{
	if (!strcmp(type, wl_compositor_interface.name))
		b.compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	else if (!strcmp(type, wl_shm_interface.name))
		b.shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	else if (!strcmp(type, xdg_wm_base_interface.name))
		b.wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
	else if (!strcmp(type, wl_seat_interface.name))
		b.seat = wl_registry_bind(registry, name, &wl_seat_interface, 1);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = { handle_global, handle_global_remove };

static int make_buffers(struct window *w)
{
	size_t size = (size_t)b.width * (size_t)b.height * 4;
	int fd = memfd_create("frames", MFD_CLOEXEC);
	struct wl_shm_pool *pool;
	uint8_t *pixels;

	if (fd < 0 || ftruncate(fd, (off_t)(size * BUFFERS)) < 0)
		return -errno;
	pixels = mmap(NULL, size * BUFFERS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED)
		return -errno;
	pool = wl_shm_create_pool(b.shm, fd, (int32_t)(size * BUFFERS));
	for (int i = 0; i < BUFFERS; i++) {
		w->buffers[i].pixels = pixels + (size_t)i * size;
		w->buffers[i].buffer = wl_shm_pool_create_buffer(
			pool, (int32_t)((size_t)i * size), b.width, b.height, b.width * 4, WL_SHM_FORMAT_XRGB8888);
		wl_buffer_add_listener(w->buffers[i].buffer, &buffer_listener, &w->buffers[i]);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	return 0;
}

static void draw(struct window *w)
{
	struct buffer *free_buffer = NULL;
	struct part p = damage_of();

	for (int i = 0; i < BUFFERS && !free_buffer; i++)
		free_buffer = w->buffers[i].busy ? NULL : &w->buffers[i];
	if (!free_buffer)
		return;
	paint(free_buffer->pixels, p);
	free_buffer->busy = true;
	w->ready = false;
	w->asked = !b.by_key;
	w->drawn++;
	wl_callback_add_listener(wl_surface_frame(w->surface), &frame_listener, w);
	wl_surface_attach(w->surface, free_buffer->buffer, 0, 0);
	/* all buffers are alike outside of what changes: the window's first frames show all of it */
	if (w->drawn <= BUFFERS)
		wl_surface_damage_buffer(w->surface, 0, 0, b.width, b.height);
	else
		wl_surface_damage_buffer(w->surface, p.x, p.y, p.w, p.h);
	wl_surface_commit(w->surface);
}

static int open_window(struct window *w)
{
	struct xdg_surface *surface;
	struct xdg_toplevel *toplevel;

	w->surface = wl_compositor_create_surface(b.compositor);
	surface = xdg_wm_base_get_xdg_surface(b.wm_base, w->surface);
	xdg_surface_add_listener(surface, &surface_listener, w);
	toplevel = xdg_surface_get_toplevel(surface);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, w);
	xdg_toplevel_set_app_id(toplevel, "frames");
	xdg_toplevel_set_min_size(toplevel, b.width, b.height);
	xdg_toplevel_set_max_size(toplevel, b.width, b.height);
	wl_surface_commit(w->surface);
	return make_buffers(w);
}

static int run(void)
{
	int r = 0;

	b.display = wl_display_connect(NULL);
	if (!b.display)
		return -ENOENT;
	wl_registry_add_listener(wl_display_get_registry(b.display), &registry_listener, NULL);
	wl_display_roundtrip(b.display);
	if (!b.compositor || !b.shm || !b.wm_base || (b.by_key && !b.seat))
		return -ENOTSUP;
	xdg_wm_base_add_listener(b.wm_base, &base_listener, NULL);
	if (b.by_key)
		wl_keyboard_add_listener(wl_seat_get_keyboard(b.seat), &keyboard_listener, NULL);
	for (int i = 0; i < b.nwindows && r == 0; i++)
		r = open_window(&b.windows[i]);
	while (r == 0) {
		if (wl_display_dispatch(b.display) < 0)
			r = -EIO;
		for (int i = 0; i < b.nwindows; i++) {
			if (b.windows[i].ready && b.windows[i].asked)
				draw(&b.windows[i]);
		}
	}
	return r;
}

/*
 * A film as a camera takes it: slopes that move, with grain in the low bits, which no compressor makes smaller.
 * Each pixel of a frame is another than in the frame before, also of the first after the eighth.
 */
static int write_film(int count)
{
	uint32_t *row = calloc((size_t)b.width, sizeof(*row)), grain = 1;

	if (!row)
		return -ENOMEM;
	for (int n = 0; n < count * b.height; n++) {
		uint32_t y = (uint32_t)(n % b.height), shift = (uint32_t)(n / b.height) * 32;

		for (uint32_t x = 0; x < (uint32_t)b.width; x++) {
			uint32_t slope = ((x / 4 + shift) & 0xf8) << 16 | ((y / 4 + shift) & 0xf8) << 8;

			grain = grain * 1664525 + 1013904223;
			row[x] = slope | ((x + y + shift) & 0xf8) | (grain >> 8 & 0x070707);
		}
		if (fwrite(row, sizeof(*row), (size_t)b.width, stdout) != (size_t)b.width)
			break;
	}
	free(row);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : -EIO;
}

static int number(int argc, char **argv, int i)
{
	return i < argc ? (int)strtol(argv[i], NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	bool film = argc > 1 && !strcmp(argv[1], "film");
	int at, r;

	b.by_key = argc > 1 && !strcmp(argv[1], "keys");
	at = b.by_key || film ? 2 : 1;
	b.width = number(argc, argv, at);
	b.height = number(argc, argv, at + 1);
	b.damage = number(argc, argv, at + 2);
	b.nwindows = argc > at + 3 ? number(argc, argv, at + 3) : 1;
	if (b.width < 1 || b.height < 1 || b.damage < 0 || b.damage > b.height || b.nwindows < 1 ||
		b.nwindows > WINDOWS_MAX) {
		fprintf(stderr, "usage: frames [keys|film] WIDTH HEIGHT [DAMAGE|COUNT [WINDOWS]]\n");
		return 2;
	}
	r = film ? write_film(b.damage) : run();
	if (r < 0)
		fprintf(stderr, "frames: %s\n", strerror(-r));
	return r < 0;
}
