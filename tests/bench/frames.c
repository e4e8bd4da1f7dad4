/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client that draws as fast as its compositor takes frames, as
 * weston-simple-shm does, and says what that cost.
 *
 *   frames wayland WIDTH HEIGHT SECONDS [DAMAGE]   DAMAGE × DAMAGE pixels change in each frame, else all
 *   frames local WIDTH HEIGHT SECONDS [DAMAGE]     no compositor: draws, copies what changed once
 *
 * Prints "FRAMES NANOSECONDS CPU-MICROSECONDS", the CPU time being that of all
 * programs of this machine, guest kernel included.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <wayland-client.h>

#include "bench-xdg-shell-client-protocol.h"

#define BUFFERS 3

struct buffer {
	struct wl_buffer *buffer;
	uint8_t *pixels;
	bool busy;
};

struct bench {
	int width, height, damage;
	uint64_t end; /* ns */
	uint64_t frames;
	uint32_t colour;
	bool configured, ready;

	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	struct buffer buffers[BUFFERS];
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Microseconds that the CPUs of this machine were not idle. */
static uint64_t machine_busy(void)
{
	unsigned long long user, nice, sys, idle, iowait, irq, softirq;
	FILE *f = fopen("/proc/stat", "re");
	int n;

	if (!f)
		return 0;
	n = fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &sys, &idle, &iowait, &irq, &softirq);
	fclose(f);
	if (n != 7)
		return 0;
	return (user + nice + sys + irq + softirq) * 1000000u / (uint64_t)sysconf(_SC_CLK_TCK);
}

static void paint(struct bench *b, uint8_t *pixels)
{
	int w = b->damage ? b->damage : b->width;
	int h = b->damage ? b->damage : b->height;

	b->colour += 0x010305;
	for (int y = 0; y < h; y++) {
		uint32_t *row = (uint32_t *)(void *)(pixels + (size_t)y * (size_t)b->width * 4);

		for (int x = 0; x < w; x++)
			row[x] = b->colour + (uint32_t)x;
	}
}

static void handle_release(void *data, struct wl_buffer *buffer)
{
	struct buffer *b = data;

	b->busy = false;
}

static const struct wl_buffer_listener buffer_listener = { .release = handle_release };

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	struct bench *b = data;

	wl_callback_destroy(callback);
	b->ready = true;
}

static const struct wl_callback_listener frame_listener = { .done = handle_frame };

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct bench *b = data;

	xdg_surface_ack_configure(surface, serial);
	if (!b->configured)
		b->ready = true;
	b->configured = true;
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

static void handle_global(void *data, struct wl_registry *registry, uint32_t name, const char *type, uint32_t version)
{
	struct bench *b = data;

	if (!strcmp(type, wl_compositor_interface.name))
		b->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	else if (!strcmp(type, wl_shm_interface.name))
		b->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	else if (!strcmp(type, xdg_wm_base_interface.name))
		b->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = { handle_global, handle_global_remove };

static int make_buffers(struct bench *b)
{
	size_t size = (size_t)b->width * (size_t)b->height * 4;
	int fd = memfd_create("frames", MFD_CLOEXEC);
	struct wl_shm_pool *pool;
	uint8_t *pixels;

	if (fd < 0 || ftruncate(fd, (off_t)(size * BUFFERS)) < 0)
		return -errno;
	pixels = mmap(NULL, size * BUFFERS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED)
		return -errno;
	pool = wl_shm_create_pool(b->shm, fd, (int32_t)(size * BUFFERS));
	for (int i = 0; i < BUFFERS; i++) {
		b->buffers[i].pixels = pixels + (size_t)i * size;
		b->buffers[i].buffer = wl_shm_pool_create_buffer(
			pool, (int32_t)((size_t)i * size), b->width, b->height, b->width * 4, WL_SHM_FORMAT_XRGB8888);
		wl_buffer_add_listener(b->buffers[i].buffer, &buffer_listener, &b->buffers[i]);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	return 0;
}

static void draw(struct bench *b)
{
	struct buffer *free_buffer = NULL;

	for (int i = 0; i < BUFFERS && !free_buffer; i++)
		free_buffer = b->buffers[i].busy ? NULL : &b->buffers[i];
	if (!free_buffer)
		return;
	paint(b, free_buffer->pixels);
	free_buffer->busy = true;
	b->ready = false;
	b->frames++;
	wl_callback_add_listener(wl_surface_frame(b->surface), &frame_listener, b);
	wl_surface_attach(b->surface, free_buffer->buffer, 0, 0);
	wl_surface_damage_buffer(b->surface, 0, 0, b->damage ? b->damage : b->width, b->damage ? b->damage : b->height);
	wl_surface_commit(b->surface);
}

static int open_window(struct bench *b)
{
	struct xdg_surface *surface;
	struct xdg_toplevel *toplevel;

	b->display = wl_display_connect(NULL);
	if (!b->display)
		return -ENOENT;
	wl_registry_add_listener(wl_display_get_registry(b->display), &registry_listener, b);
	wl_display_roundtrip(b->display);
	if (!b->compositor || !b->shm || !b->wm_base)
		return -ENOTSUP;
	xdg_wm_base_add_listener(b->wm_base, &base_listener, b);
	b->surface = wl_compositor_create_surface(b->compositor);
	surface = xdg_wm_base_get_xdg_surface(b->wm_base, b->surface);
	xdg_surface_add_listener(surface, &surface_listener, b);
	toplevel = xdg_surface_get_toplevel(surface);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, b);
	xdg_toplevel_set_app_id(toplevel, "frames");
	wl_surface_commit(b->surface);
	return make_buffers(b);
}

static int run_wayland(struct bench *b)
{
	int r = open_window(b);

	while (!r && now() < b->end) {
		struct pollfd p = { .fd = wl_display_get_fd(b->display), .events = POLLIN };

		if (b->ready)
			draw(b);
		wl_display_flush(b->display);
		if (wl_display_prepare_read(b->display) == 0) {
			if (poll(&p, 1, 100) > 0)
				wl_display_read_events(b->display);
			else
				wl_display_cancel_read(b->display);
		}
		if (wl_display_dispatch_pending(b->display) < 0)
			r = -EIO;
	}
	return r;
}

static int run_local(struct bench *b)
{
	size_t row = (size_t)b->width * 4;
	uint8_t *from = malloc(row * (size_t)b->height);
	uint8_t *to = malloc(row * (size_t)b->height);
	int lines = b->damage ? b->damage : b->height;
	size_t bytes = b->damage ? (size_t)b->damage * 4 : row;

	if (!from || !to)
		return -ENOMEM;
	memset(to, 0, row * (size_t)b->height);
	while (now() < b->end) {
		paint(b, from);
		for (int y = 0; y < lines; y++)
			memcpy(to + (size_t)y * row, from + (size_t)y * row, bytes);
		__asm__ volatile("" : : "r"(to) : "memory");
		b->frames++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	uint64_t begin, busy;
	int r;

	if (argc < 5) {
		fprintf(stderr, "usage: frames wayland|local WIDTH HEIGHT SECONDS [DAMAGE]\n");
		return 2;
	}
	b.width = (int)strtol(argv[2], NULL, 10);
	b.height = (int)strtol(argv[3], NULL, 10);
	b.damage = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 0;
	begin = now();
	busy = machine_busy();
	b.end = begin + (uint64_t)strtoul(argv[4], NULL, 10) * 1000000000u;
	r = strcmp(argv[1], "local") ? run_wayland(&b) : run_local(&b);
	if (r < 0) {
		fprintf(stderr, "frames: %s\n", strerror(-r));
		return 1;
	}
	printf("%llu %llu %llu\n", (unsigned long long)b.frames, (unsigned long long)(now() - begin),
		(unsigned long long)(machine_busy() - busy));
	return 0;
}
