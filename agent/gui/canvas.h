/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pixels of one window: up to three slots of the heap, of which the newest
 * holds what was committed last. Each slot remembers what has changed since it
 * was painted (its stale region), so that painting costs the damage only. A
 * slot that the host has released is used again before another one is taken:
 * then it is stale by exactly the new damage.
 */
#ifndef AGENT_GUI_CANVAS_H
#define AGENT_GUI_CANVAS_H

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/gui/heap.h"

#define CANVAS_SLOTS 3

struct canvas_slot {
	uint32_t page, npages; /* npages 0: not allocated */
	bool held; /* by the host */
	bool used; /* has been painted in the canvas's present size */
	pixman_region32_t stale;
};

struct canvas {
	struct heap *heap; /* borrowed */
	int w, h; /* pixels; 0: no size yet */
	uint32_t stride; /* bytes */
	pixman_region32_t damage; /* of the content, not yet in any slot */
	struct canvas_slot slots[CANVAS_SLOTS];
	struct canvas_slot *newest; /* NULL: nothing has been committed in this size */
};

void canvas_init(struct canvas *c, struct heap *heap);
void canvas_finish(struct canvas *c);

/* Sets the size; if it changed, all is damaged and no slot is the newest. */
void canvas_resize(struct canvas *c, int w, int h);
void canvas_damage(struct canvas *c, const pixman_region32_t *region);
void canvas_damage_box(struct canvas *c, int x, int y, int w, int h);
void canvas_damage_all(struct canvas *c);

/*
 * A slot to paint next, or NULL: the host holds all (wait for RELEASE) or the
 * heap is full. What the slot lacks besides the damage has been copied from
 * the newest one; *@ret_copied counts those bytes.
 */
struct canvas_slot *canvas_acquire(struct canvas *c, uint64_t *ret_copied);
/* @slot has been painted with the damage and goes to the host. */
void canvas_committed(struct canvas *c, struct canvas_slot *slot);

/* True: the page was of this canvas. */
bool canvas_release(struct canvas *c, uint32_t page);
/* The session is over: the host holds nothing. */
void canvas_release_all(struct canvas *c);

uint8_t *canvas_pixels(const struct canvas *c, const struct canvas_slot *slot);
/* Bytes of pixels in a region. */
uint64_t canvas_region_bytes(const pixman_region32_t *region);

#endif
