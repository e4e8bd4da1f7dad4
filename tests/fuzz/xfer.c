/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transfer's stream: one verdict however it is cut, what is taken keeps its
 * bounds, and a stream that is done ends there. The first byte says how the
 * others are cut, and its highest bit whether FARs of relay 1 may come.
 */
#include "proto/xfer.h"
#include "tests/fuzz/fuzz.h"

static void check_bounds(const struct xfer_check *c)
{
	require(c->have <= sizeof(c->buf) && c->got <= c->size);
	require(c->far <= c->bytes && (c->relay || !c->far));
	require(c->last_len <= XFER_PATH_MAX);
	require(!c->last_len || xfer_is_path((const uint8_t *)c->last, c->last_len));
	if (c->started)
		require(c->items <= c->start.items && c->start.items >= 1);
	if (xfer_check_done(c))
		require(c->items == c->start.items && !c->in_file);
}

/* Feeds in pieces whose sizes follow from @seed. */
static int feed(struct xfer_check *c, const uint8_t *data, size_t size, uint32_t seed)
{
	int ret = 0;

	xfer_check_init(c);
	xfer_check_allow_far(c, seed >> 7);
	for (size_t at = 0, n; at < size && ret == 0; at += n) {
		uint8_t *copy;

		seed = seed * 1664525 + 1013904223;
		n = 1 + (seed >> 24) % 40;
		n = n < size - at ? n : size - at;
		copy = fuzz_copy(data + at, n);
		ret = xfer_check_feed(c, copy, n);
		free(copy);
		if (ret == 0)
			check_bounds(c);
	}
	return ret;
}

static void check_payloads(const uint8_t *data, size_t size)
{
	struct xfer_start start;
	struct xfer_point point;
	struct xfer_head head;
	struct xfer_far far;
	uint8_t again[XFER_START_LEN];

	if (size >= XFER_HEAD && xfer_head_get(data, &head) == 0) {
		xfer_head_put(again, &head);
		require(memcmp(again, data, XFER_HEAD) == 0);
	}
	if (size >= XFER_POINT_LEN && xfer_point_get(data, &point) == 0) {
		xfer_point_put(again, &point);
		require(memcmp(again, data, XFER_POINT_LEN) == 0);
	}
	if (size >= XFER_FAR_LEN && xfer_far_get(data, &far) == 0) {
		xfer_far_put(again, &far);
		require(memcmp(again, data, XFER_FAR_LEN) == 0);
	}
	if (size >= XFER_START_LEN && xfer_start_get(data, &start) == 0) {
		xfer_start_put(again, &start);
		require(memcmp(again, data, XFER_START_LEN) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xfer_check whole, pieces;
	int ret;

	if (size < 1)
		return 0;
	check_payloads(data + 1, size - 1);
	xfer_check_init(&whole);
	xfer_check_allow_far(&whole, data[0] >> 7);
	ret = xfer_check_feed(&whole, data + 1, size - 1);
	require(feed(&pieces, data + 1, size - 1, data[0]) == ret);
	if (ret < 0)
		return 0;
	require(whole.items == pieces.items && whole.entries == pieces.entries && whole.bytes == pieces.bytes &&
		whole.far == pieces.far);
	require(xfer_check_done(&whole) == xfer_check_done(&pieces));
	if (xfer_check_done(&whole))
		require(xfer_check_feed(&whole, data, 1) < 0);
	return 0;
}
