/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Heap, canvas and paint: where pixels are, and that no more of them are written than were damaged. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/gui/canvas.h"
#include "agent/gui/heap.h"
#include "agent/gui/paint.h"
#include "proto/uapi/vmos_channel.h"

#define PAGES 256
#define W 100
#define H 50

static uint8_t pages[PAGES * VMOS_PAGE_SIZE];

static struct heap new_heap(void)
{
	struct heap h;

	memset(pages, 0, sizeof(pages));
	assert_int_equal(heap_init(&h, pages, sizeof(pages)), 0);
	return h;
}

static void test_heap_runs(void **state)
{
	struct heap h = new_heap();

	assert_int_equal(heap_alloc(&h, 100), 0);
	assert_int_equal(heap_alloc(&h, 100), 100);
	assert_int_equal(heap_alloc(&h, 57), -ENOSPC);
	assert_int_equal(heap_alloc(&h, 0), -ENOSPC);
	assert_int_equal(heap_alloc(&h, 56), 200);
	heap_free(&h, 100, 100);
	assert_int_equal(heap_alloc(&h, 101), -ENOSPC);
	assert_int_equal(heap_alloc(&h, 40), 100);
	assert_int_equal(heap_alloc(&h, 60), 140);
	heap_finish(&h);
}

static void test_heap_retired(void **state)
{
	struct heap h = new_heap();

	assert_int_equal(heap_alloc(&h, 256), 0);
	heap_retire(&h, 0, 256);
	assert_int_equal(heap_alloc(&h, 1), -ENOSPC); /* the host still reads it */
	assert_false(heap_release(&h, 7));
	assert_true(heap_release(&h, 0));
	assert_false(heap_release(&h, 0));
	assert_int_equal(heap_alloc(&h, 256), 0);
	heap_retire(&h, 0, 256);
	heap_release_all(&h);
	assert_int_equal(heap_alloc(&h, 256), 0);
	heap_finish(&h);
}

/* Paints all the damage with one value, as a client's buffer would. */
static struct canvas_slot *paint_value(struct canvas *c, uint32_t value, uint64_t *ret_caught_up)
{
	struct canvas_slot *slot = canvas_acquire(c, ret_caught_up);
	const pixman_box32_t *box;
	int n;

	if (!slot)
		return NULL;
	box = pixman_region32_rectangles(&c->damage, &n);
	for (int i = 0; i < n; i++) {
		for (int y = box[i].y1; y < box[i].y2; y++) {
			for (int x = box[i].x1; x < box[i].x2; x++)
				memcpy(canvas_pixels(c, slot) + (size_t)y * c->stride + 4 * (size_t)x, &value, 4);
		}
	}
	canvas_committed(c, slot);
	return slot;
}

static uint32_t pixel(const struct canvas *c, int x, int y)
{
	uint32_t value;

	memcpy(&value, canvas_pixels(c, c->newest) + (size_t)y * c->stride + 4 * (size_t)x, 4);
	return value;
}

static void test_canvas_reuses_released(void **state)
{
	struct heap h = new_heap();
	struct canvas c;
	struct canvas_slot *first;
	uint64_t bytes;

	canvas_init(&c, &h);
	canvas_resize(&c, W, H);
	assert_int_equal(c.stride, 512);
	assert_int_equal(canvas_region_bytes(&c.damage), 4 * W * H);
	first = paint_value(&c, 1, &bytes);
	assert_true(canvas_release(&c, first->page));
	canvas_damage_box(&c, 10, 10, 5, 5);
	assert_ptr_equal(paint_value(&c, 2, &bytes), first);
	assert_int_equal(bytes, 0); /* nothing to catch up with in the slot that was the newest */
	assert_int_equal(pixel(&c, 9, 10), 1);
	assert_int_equal(pixel(&c, 10, 10), 2);
	canvas_finish(&c);
	heap_finish(&h);
}

static void test_canvas_catches_up(void **state)
{
	struct heap h = new_heap();
	struct canvas c;
	struct canvas_slot *a, *b;
	uint64_t bytes;

	canvas_init(&c, &h);
	canvas_resize(&c, W, H);
	a = paint_value(&c, 1, &bytes);
	canvas_damage_box(&c, 0, 0, 10, 1);
	b = paint_value(&c, 2, &bytes);
	assert_ptr_not_equal(a, b); /* the host holds the first */
	assert_int_equal(bytes, 4 * (W * H - 10));
	assert_true(canvas_release(&c, a->page));
	canvas_damage_box(&c, 5, 0, 10, 1);
	assert_ptr_equal(paint_value(&c, 3, &bytes), a);
	assert_int_equal(bytes, 4 * 5); /* what the second has, less what is damaged again */
	assert_int_equal(pixel(&c, 4, 0), 2);
	assert_int_equal(pixel(&c, 5, 0), 3);
	assert_int_equal(pixel(&c, 15, 0), 1);
	canvas_finish(&c);
	heap_finish(&h);
}

static void test_canvas_all_held(void **state)
{
	struct heap h = new_heap();
	struct canvas c;
	uint64_t bytes;

	canvas_init(&c, &h);
	canvas_resize(&c, W, H);
	for (uint32_t i = 0; i < CANVAS_SLOTS; i++) {
		canvas_damage_box(&c, 0, 0, 1, 1);
		assert_non_null(paint_value(&c, i, &bytes));
	}
	canvas_damage_box(&c, 3, 3, 1, 1);
	assert_null(paint_value(&c, 9, &bytes));
	assert_int_equal(canvas_region_bytes(&c.damage), 4); /* kept until a slot comes back */
	canvas_resize(&c, W + 1, H); /* held slots are retired, new ones found */
	assert_non_null(paint_value(&c, 9, &bytes));
	assert_false(canvas_release(&c, 0));
	assert_true(heap_release(&h, 0));
	canvas_finish(&c);
	heap_finish(&h);
}

static struct paint_layer layer_of(const uint32_t *pixels, int w, int h, bool alpha)
{
	struct paint_layer l = {
		.src = { .pixels = (const uint8_t *)pixels, .stride = (uint32_t)w * 4, .w = w, .h = h, .alpha = alpha },
		.w = w,
		.h = h,
		.direct = true
	};

	pixman_region32_init(&l.opaque);
	if (!alpha)
		pixman_region32_union_rect(&l.opaque, &l.opaque, 0, 0, (unsigned)w, (unsigned)h);
	return l;
}

static void test_paint_direct(void **state)
{
	static uint32_t src[8 * 8], dst[8 * 8];
	struct paint_target t = { .pixels = (uint8_t *)dst, .stride = 32, .w = 8, .h = 8 };
	struct paint_layer l = layer_of(src, 8, 8, false);
	pixman_region32_t damage;

	for (uint32_t i = 0; i < 64; i++)
		src[i] = i + 1;
	memset(dst, 0, sizeof(dst));
	pixman_region32_init_rect(&damage, 2, 3, 4, 2);
	assert_int_equal(paint_layers(&t, &l, 1, &damage), 4 * 8);
	for (uint32_t i = 0; i < 64; i++) {
		bool inside = i % 8 >= 2 && i % 8 < 6 && i / 8 >= 3 && i / 8 < 5;

		assert_int_equal(dst[i], inside ? src[i] : 0);
	}
	pixman_region32_fini(&damage);
	pixman_region32_fini(&l.opaque);
}

static void test_paint_layers(void **state)
{
	static uint32_t low[4 * 4], high[4 * 4], dst[8 * 8];
	struct paint_target t = { .pixels = (uint8_t *)dst, .stride = 32, .w = 8, .h = 8, .alpha = true };
	struct paint_layer l[2] = { layer_of(low, 4, 4, false), layer_of(high, 4, 4, true) };
	pixman_region32_t all;

	for (int i = 0; i < 16; i++) {
		low[i] = 0x000000ff; /* the unused byte is not 0xff, the result's alpha must be */
		high[i] = 0x80008000; /* half a green, premultiplied */
	}
	l[1].x = l[1].y = 2;
	memset(dst, 0x55, sizeof(dst));
	pixman_region32_init_rect(&all, 0, 0, 8, 8);
	/* 16 below, 16 above, 64 - 28 cleared: what is blended is written twice */
	assert_int_equal(paint_layers(&t, l, 2, &all), 4 * (16 + 16 + 36));
	assert_int_equal(dst[0], 0xff0000ff);
	assert_int_equal(dst[3 * 8 + 3], 0xff00807f);
	assert_int_equal(dst[5 * 8 + 5], 0x80008000);
	assert_int_equal(dst[7 * 8 + 7], 0);
	pixman_region32_fini(&all);
	pixman_region32_fini(&l[0].opaque);
	pixman_region32_fini(&l[1].opaque);
}

static void test_paint_hidden(void **state)
{
	static uint32_t low[4 * 4], high[4 * 4], dst[4 * 4];
	struct paint_target t = { .pixels = (uint8_t *)dst, .stride = 16, .w = 4, .h = 4 };
	struct paint_layer l[2] = { layer_of(low, 4, 4, false), layer_of(high, 4, 4, false) };
	pixman_region32_t all;

	pixman_region32_init_rect(&all, 0, 0, 4, 4);
	assert_int_equal(paint_layers(&t, l, 2, &all), 4 * 16); /* the lower one is not touched */
	pixman_region32_fini(&all);
	pixman_region32_fini(&l[0].opaque);
	pixman_region32_fini(&l[1].opaque);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heap_runs),
		cmocka_unit_test(test_heap_retired),
		cmocka_unit_test(test_canvas_reuses_released),
		cmocka_unit_test(test_canvas_catches_up),
		cmocka_unit_test(test_canvas_all_held),
		cmocka_unit_test(test_paint_direct),
		cmocka_unit_test(test_paint_layers),
		cmocka_unit_test(test_paint_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
