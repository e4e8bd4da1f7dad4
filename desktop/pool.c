/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wayland-client.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "desktop/end.h"

int pool_init(struct pool *p, struct wl_shm *shm)
{
	int fd cleanup_fd = fd_memfd_sealed("vmos-frames", POOL_BYTES);
	void *base;

	*p = (struct pool){ 0 };
	if (fd < 0)
		return fd;
	base = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	p->base = base;
	p->wl = wl_shm_create_pool(shm, fd, (int32_t)POOL_BYTES);
	return p->wl ? 0 : -ENOMEM;
}

void pool_finish(struct pool *p)
{
	END(p->wl, wl_shm_pool_destroy);
	if (p->base)
		munmap(p->base, POOL_BYTES);
	p->base = NULL;
}

/* First run of @pages free pages at or after @from, or POOL_PAGES. */
static size_t find_run(const struct pool *p, size_t from, size_t pages)
{
	size_t run = 0;

	for (size_t i = from; i < POOL_PAGES; i++) {
		run = p->used[i] ? 0 : run + 1;
		if (run == pages)
			return i + 1 - pages;
	}
	return POOL_PAGES;
}

static size_t buffer_pages(int w, int h)
{
	return ((size_t)w * (size_t)h * 4 + POOL_PAGE - 1) / POOL_PAGE;
}

static void free_pages(struct pool_buffer *b)
{
	size_t first = (size_t)((uint8_t *)b->pixels - b->pool->base) / POOL_PAGE;
	size_t pages = buffer_pages(b->w, b->h);

	memset(b->pool->used + first, 0, pages);
	/* The memory goes back to the host; on failure it stays until it is used again. */
	(void)madvise(b->pixels, pages * POOL_PAGE, MADV_REMOVE);
}

static void end_buffer(struct pool_buffer *b)
{
	if (b->wl)
		wl_buffer_destroy(b->wl);
	free_pages(b);
	free(b);
}

static void handle_release(void *data, struct wl_buffer *wl)
{
	struct pool_buffer *b = data;

	b->busy = false;
	if (b->orphan)
		end_buffer(b);
}

static const struct wl_buffer_listener buffer_listener = { .release = handle_release };

struct pool_buffer *pool_buffer_create(struct pool *p, int w, int h)
{
	struct pool_buffer *b;
	size_t pages, first;

	if (w < 1 || h < 1 || w > 65536 || h > 65536 || (uint64_t)w * (uint64_t)h * 4 > POOL_BYTES)
		return NULL;
	pages = buffer_pages(w, h);
	first = find_run(p, p->hint, pages);
	if (first == POOL_PAGES)
		first = find_run(p, 0, pages);
	b = first < POOL_PAGES ? calloc(1, sizeof(*b)) : NULL;
	if (!b)
		return NULL;
	*b = (struct pool_buffer){ .pool = p, .pixels = (uint32_t *)(p->base + first * POOL_PAGE), .w = w, .h = h };
	memset(p->used + first, 1, pages);
	p->hint = first + pages;
	b->wl = wl_shm_pool_create_buffer(p->wl, (int32_t)(first * POOL_PAGE), w, h, w * 4, WL_SHM_FORMAT_ARGB8888);
	if (!b->wl) {
		end_buffer(b);
		return NULL;
	}
	wl_buffer_add_listener(b->wl, &buffer_listener, b);
	return b;
}

void pool_buffer_attach(struct pool_buffer *b, struct wl_surface *surface)
{
	b->busy = true;
	wl_surface_attach(surface, b->wl, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, b->w, b->h);
}

void pool_buffer_destroy(struct pool_buffer *b)
{
	if (!b)
		return;
	if (b->busy)
		b->orphan = true;
	else
		end_buffer(b);
}
