/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pixel heap of the gui channel, handed out in pages. */
#ifndef AGENT_GUI_HEAP_H
#define AGENT_GUI_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_run {
	uint32_t page, npages;
};

struct heap {
	uint8_t *base;
	uint32_t npages;
	uint8_t *used; /* one byte per page; owned */
	struct heap_run *retired; /* no longer ours to use, still held by the host; owned */
	size_t retired_len, retired_cap;
};

/* @base has @len bytes, page aligned; borrowed. -ENOMEM. */
int heap_init(struct heap *h, void *base, size_t len);
void heap_finish(struct heap *h);

/* First page of @npages free ones in a row, or -ENOSPC. */
int32_t heap_alloc(struct heap *h, uint32_t npages);
void heap_free(struct heap *h, uint32_t page, uint32_t npages);
/* Frees the pages as soon as the host releases them. */
void heap_retire(struct heap *h, uint32_t page, uint32_t npages);
/* The host released the slot at @page. False: it was not a retired one. */
bool heap_release(struct heap *h, uint32_t page);
/* The session is over: the host holds nothing any more. */
void heap_release_all(struct heap *h);

void *heap_at(const struct heap *h, uint32_t page);

#endif
