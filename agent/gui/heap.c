/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/uapi/vmos_channel.h"

int heap_init(struct heap *h, void *base, size_t len)
{
	*h = (struct heap){ .base = base, .npages = (uint32_t)(len / VMOS_PAGE_SIZE) };
	h->used = calloc(h->npages, 1);
	return h->used ? 0 : -ENOMEM;
}

void heap_finish(struct heap *h)
{
	free(h->used);
	free(h->retired);
}

int32_t heap_alloc(struct heap *h, uint32_t npages)
{
	const uint8_t *end = h->used + h->npages;
	uint8_t *start = h->used;

	while (npages > 0 && (start = memchr(start, 0, (size_t)(end - start))) && (size_t)(end - start) >= npages) {
		uint8_t *taken = memchr(start, 1, npages);

		if (!taken) {
			memset(start, 1, npages);
			return (int32_t)(start - h->used);
		}
		start = taken;
	}
	return -ENOSPC;
}

void heap_free(struct heap *h, uint32_t page, uint32_t npages)
{
	memset(h->used + page, 0, npages);
}

void heap_retire(struct heap *h, uint32_t page, uint32_t npages)
{
	if (h->retired_len == h->retired_cap) {
		size_t cap = h->retired_cap ? 2 * h->retired_cap : 16;
		struct heap_run *retired = realloc(h->retired, cap * sizeof(*retired));

		if (!retired)
			return; /* lost until the session ends, which is better than to be drawn into */
		h->retired = retired;
		h->retired_cap = cap;
	}
	h->retired[h->retired_len++] = (struct heap_run){ page, npages };
}

bool heap_release(struct heap *h, uint32_t page)
{
	for (size_t i = 0; i < h->retired_len; i++) {
		if (h->retired[i].page != page)
			continue;
		heap_free(h, page, h->retired[i].npages);
		h->retired[i] = h->retired[--h->retired_len];
		return true;
	}
	return false;
}

void heap_release_all(struct heap *h)
{
	while (h->retired_len > 0)
		heap_release(h, h->retired[0].page);
}

void *heap_at(const struct heap *h, uint32_t page)
{
	return h->base + (size_t)page * VMOS_PAGE_SIZE;
}
