/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/canvas.h"

#include <string.h>

#include "proto/gui.h"
#include "proto/uapi/vmos_channel.h"

void canvas_init(struct canvas *c, struct heap *heap)
{
	*c = (struct canvas){ .heap = heap };
	pixman_region32_init(&c->damage);
	for (int i = 0; i < CANVAS_SLOTS; i++)
		pixman_region32_init(&c->slots[i].stale);
}

static void slot_drop(struct canvas *c, struct canvas_slot *slot)
{
	if (slot->npages > 0 && slot->held)
		heap_retire(c->heap, slot->page, slot->npages);
	else if (slot->npages > 0)
		heap_free(c->heap, slot->page, slot->npages);
	slot->npages = 0;
	slot->held = slot->used = false;
}

void canvas_finish(struct canvas *c)
{
	for (int i = 0; i < CANVAS_SLOTS; i++) {
		slot_drop(c, &c->slots[i]);
		pixman_region32_fini(&c->slots[i].stale);
	}
	pixman_region32_fini(&c->damage);
}

static uint32_t canvas_pages(const struct canvas *c)
{
	return (uint32_t)(((size_t)c->stride * (size_t)c->h + VMOS_PAGE_SIZE - 1) / VMOS_PAGE_SIZE);
}

void canvas_resize(struct canvas *c, int w, int h)
{
	uint32_t need;

	if (c->w == w && c->h == h)
		return;
	c->w = w;
	c->h = h;
	c->stride = ((uint32_t)w * 4 + GUI_STRIDE_ALIGN - 1) / GUI_STRIDE_ALIGN * GUI_STRIDE_ALIGN;
	c->newest = NULL;
	need = canvas_pages(c);
	for (int i = 0; i < CANVAS_SLOTS; i++) {
		struct canvas_slot *slot = &c->slots[i];

		slot->used = false;
		if (slot->held || slot->npages < need || slot->npages > 2 * need + 64)
			slot_drop(c, slot);
	}
	canvas_damage_all(c);
}

void canvas_damage(struct canvas *c, const pixman_region32_t *region)
{
	pixman_region32_t clipped;

	pixman_region32_init(&clipped);
	pixman_region32_intersect_rect(&clipped, region, 0, 0, (unsigned)c->w, (unsigned)c->h);
	pixman_region32_union(&c->damage, &c->damage, &clipped);
	pixman_region32_fini(&clipped);
}

void canvas_damage_box(struct canvas *c, int x, int y, int w, int h)
{
	pixman_region32_t box;

	if (w <= 0 || h <= 0)
		return;
	pixman_region32_init_rect(&box, x, y, (unsigned)w, (unsigned)h);
	canvas_damage(c, &box);
	pixman_region32_fini(&box);
}

void canvas_damage_all(struct canvas *c)
{
	pixman_region32_fini(&c->damage);
	pixman_region32_init_rect(&c->damage, 0, 0, (unsigned)c->w, (unsigned)c->h);
}

/* Brings what is stale but not damaged from the newest slot. */
static uint64_t slot_catch_up(struct canvas *c, struct canvas_slot *slot)
{
	const uint8_t *src = canvas_pixels(c, c->newest);
	uint8_t *dst = canvas_pixels(c, slot);
	pixman_region32_t missing;
	const pixman_box32_t *box;
	uint64_t bytes;
	int n;

	pixman_region32_init(&missing);
	pixman_region32_subtract(&missing, &slot->stale, &c->damage);
	box = pixman_region32_rectangles(&missing, &n);
	for (int i = 0; i < n; i++) {
		for (int y = box[i].y1; y < box[i].y2; y++) {
			size_t at = (size_t)y * c->stride + (size_t)box[i].x1 * 4;

			memcpy(dst + at, src + at, (size_t)(box[i].x2 - box[i].x1) * 4);
		}
	}
	bytes = canvas_region_bytes(&missing);
	pixman_region32_fini(&missing);
	return bytes;
}

static struct canvas_slot *canvas_pick(struct canvas *c)
{
	struct canvas_slot *free_slot = NULL;

	if (c->newest && !c->newest->held)
		return c->newest;
	for (int i = 0; i < CANVAS_SLOTS; i++) {
		struct canvas_slot *slot = &c->slots[i];

		if (slot->npages > 0 && !slot->held)
			return slot;
		if (slot->npages == 0)
			free_slot = slot;
	}
	if (free_slot) {
		uint32_t need = canvas_pages(c);
		int32_t page = heap_alloc(c->heap, need);

		if (page < 0)
			return NULL;
		free_slot->page = (uint32_t)page;
		free_slot->npages = need;
		free_slot->used = false;
	}
	return free_slot;
}

struct canvas_slot *canvas_acquire(struct canvas *c, uint64_t *ret_copied)
{
	struct canvas_slot *slot = canvas_pick(c);

	*ret_copied = 0;
	if (!slot)
		return NULL;
	if (!slot->used) {
		pixman_region32_fini(&slot->stale);
		pixman_region32_init_rect(&slot->stale, 0, 0, (unsigned)c->w, (unsigned)c->h);
	}
	if (!c->newest)
		canvas_damage_all(c);
	else if (slot != c->newest)
		*ret_copied = slot_catch_up(c, slot);
	return slot;
}

void canvas_committed(struct canvas *c, struct canvas_slot *slot)
{
	for (int i = 0; i < CANVAS_SLOTS; i++) {
		if (&c->slots[i] != slot && c->slots[i].used)
			pixman_region32_union(&c->slots[i].stale, &c->slots[i].stale, &c->damage);
	}
	pixman_region32_clear(&slot->stale);
	pixman_region32_clear(&c->damage);
	slot->used = slot->held = true;
	c->newest = slot;
}

bool canvas_release(struct canvas *c, uint32_t page)
{
	for (int i = 0; i < CANVAS_SLOTS; i++) {
		struct canvas_slot *slot = &c->slots[i];

		if (slot->npages > 0 && slot->held && slot->page == page) {
			slot->held = false;
			return true;
		}
	}
	return false;
}

void canvas_release_all(struct canvas *c)
{
	for (int i = 0; i < CANVAS_SLOTS; i++)
		c->slots[i].held = false;
}

uint8_t *canvas_pixels(const struct canvas *c, const struct canvas_slot *slot)
{
	return heap_at(c->heap, slot->page);
}

uint64_t canvas_region_bytes(const pixman_region32_t *region)
{
	uint64_t pixels = 0;
	const pixman_box32_t *box;
	int n;

	box = pixman_region32_rectangles(region, &n);
	for (int i = 0; i < n; i++)
		pixels += (uint64_t)(box[i].x2 - box[i].x1) * (uint64_t)(box[i].y2 - box[i].y1);
	return 4 * pixels;
}
