/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame pool: one memfd, made before the sandbox, that holds everything
 * the host draws. No guest can reach it. Pages come when touched and go back
 * when a buffer ends.
 */
#ifndef DESKTOP_POOL_H
#define DESKTOP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_BYTES (128u << 20) /* 256 title bars of 1920 pixels at scale 1, twice */
#define POOL_PAGE 4096u
#define POOL_PAGES (POOL_BYTES / POOL_PAGE)

struct wl_buffer;
struct wl_shm;
struct wl_shm_pool;
struct wl_surface;

struct pool {
	struct wl_shm_pool *wl;
	uint8_t *base;
	uint8_t used[POOL_PAGES]; /* bool per page */
	size_t hint;
};

/* A host-drawn buffer; w × h pixels without gaps, premultiplied ARGB. */
struct pool_buffer {
	struct pool *pool;
	struct wl_buffer *wl;
	uint32_t *pixels;
	int w, h;
	bool busy; /* the compositor may read it */
	bool orphan; /* ends when the compositor lets go */
};

/* 0 or -errno. */
int pool_init(struct pool *p, struct wl_shm *shm);
void pool_finish(struct pool *p);

/* NULL: no room, or w × h is not between 1 × 1 and what the pool holds. */
struct pool_buffer *pool_buffer_create(struct pool *p, int w, int h);
/* Shows it with the surface's next commit; the compositor may read it from then on. */
void pool_buffer_attach(struct pool_buffer *b, struct wl_surface *surface);
/* Ends it now, or when the compositor lets go. NULL is fine. */
void pool_buffer_destroy(struct pool_buffer *b);

#endif
