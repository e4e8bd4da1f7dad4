/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tools/sheet.h"

#include <err.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct wanted {
	const struct sheet_global *globals;
	size_t n;
};

static void handle_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	const struct wanted *wanted = data;

	for (size_t i = 0; i < wanted->n; i++) {
		const struct sheet_global *g = &wanted->globals[i];

		if (!*g->slot && strcmp(interface, g->type->name) == 0)
			*g->slot = wl_registry_bind(registry, name, g->type, version < g->most ? version : g->most);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

struct wl_display *sheet_connect(const struct sheet_global *globals, size_t n)
{
	static struct wanted wanted;
	struct wl_display *display = wl_display_connect(NULL);

	if (!display)
		errx(2, "there is no compositor");
	wanted = (struct wanted){ globals, n };
	wl_registry_add_listener(wl_display_get_registry(display), &registry_listener, &wanted);
	wl_display_roundtrip(display);
	for (size_t i = 0; i < n; i++) {
		if (!*globals[i].slot)
			errx(2, "the compositor has no %s", globals[i].type->name);
	}
	wanted.n = 0;
	return display;
}

struct wl_buffer *sheet_buffer(struct wl_shm *shm, int w, int h, uint32_t argb)
{
	size_t size = (size_t)w * (size_t)h * 4;
	int fd = memfd_create("sheet", MFD_CLOEXEC);
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;
	uint32_t *pixels;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		err(1, "memfd");
	pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED)
		err(1, "mmap");
	for (size_t i = 0; i < size / 4; i++)
		pixels[i] = argb;
	munmap(pixels, size);
	pool = wl_shm_create_pool(shm, fd, (int32_t)size);
	buffer = wl_shm_pool_create_buffer(pool, 0, w, h, w * 4, WL_SHM_FORMAT_ARGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}
