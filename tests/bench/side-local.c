/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/side-local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/side.h"

/*
 * Not a power of two apart: an emulator looks a page up by the low bits of its number, and two that share them throw each
 * other out with every access.
 */
#define APART (SIDE_BLOCK_MAX + 17 * VMOS_PAGE_SIZE)

static uint8_t memory[APART + SIDE_BLOCK_MAX];

uint64_t local_copy_ns(uint32_t size, uint32_t count)
{
	uint8_t *from = memory, *to = memory + APART;
	uint64_t begin;

	memset(from, 0x5a, SIDE_BLOCK_MAX);
	memcpy(to, from, size);
	begin = side_now_ns();
	for (uint32_t i = 0; i < count; i++) {
		memcpy(to, from, size);
		__asm__ volatile("" : : "r"(to) : "memory");
	}
	return side_now_ns() - begin;
}

static int ring_pass(struct channel *sender, struct channel *receiver)
{
	const struct side_note note = { .type = SIDE_BLOCK, .size = MSG_SIZE };
	struct side_note got;
	struct blob_ref ref;
	struct msg m;
	int r;

	side_note_put(&m, &note, (struct blob_ref){ 0, 0 });
	r = channel_send(sender, &m);
	channel_flush(sender);
	if (r < 0 || channel_recv(receiver, &m) != 1)
		return -EIO;
	channel_recv_done(receiver);
	channel_arm(receiver);
	return side_note_get(&m, &got, &ref);
}

int local_ring_ns(uint32_t count, uint64_t *ret_ns)
{
	const size_t size = channel_region_size(VMOS_ROLE_CTL);
	struct channel *ends = calloc(2, sizeof(*ends));
	void *region = aligned_alloc(VMOS_PAGE_SIZE, size);
	uint64_t begin = 0;
	int r = ends && region ? 0 : -ENOMEM;

	if (r == 0) {
		memset(region, 0, size);
		r = channel_host_open(&ends[0], region, size, VMOS_ROLE_CTL, 1);
	}
	if (r == 0)
		r = channel_guest_join(&ends[1], region, size, VMOS_ROLE_CTL);
	if (r == 0) {
		channel_poll(&ends[0]);
		begin = side_now_ns();
	}
	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = ring_pass(&ends[0], &ends[1]);
	*ret_ns = side_now_ns() - begin;
	free(ends);
	free(region);
	return r;
}
