/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's side of a channel against a guest that owns the region. The input
 * is a script: each 8-byte step writes one of the guest's words or ring slots,
 * then calls what a helper calls.
 */
#include <sys/mman.h>

#include "proto/channel.h"
#include "tests/fuzz/fuzz.h"

#define STEP 8

static uint8_t *region;

static void write_word(uint8_t which, uint32_t value)
{
	struct vmos_idx *g = (struct vmos_idx *)(void *)(region + VMOS_HDR_GUEST_OFF);
	struct vmos_idx *h = (struct vmos_idx *)(void *)(region + VMOS_IDX_HOST_OFF);
	struct vmos_hdr_host *header = (struct vmos_hdr_host *)(void *)(region + VMOS_HDR_HOST_OFF);
	uint32_t *const words[] = { &g->prod, &g->cons, &g->epoch, &g->wake_at, &g->want, &g->joined, &h->prod,
		&h->cons, &header->epoch, &header->blob_len, &header->ring_len };
	size_t count = sizeof(words) / sizeof(words[0]);

	if (which < count)
		*words[which] = value;
	else
		memcpy(region + VMOS_G2H_OFF + (which - count) % 16 * VMOS_MSG_SIZE, &value, sizeof(value));
}

static void check_sane(const struct channel *c)
{
	require(c->tx_prod - c->tx_freed <= VMOS_RING_LEN);
	require(c->tx_published - c->tx_freed <= c->tx_prod - c->tx_freed);
	require(c->tx_blob_head - c->tx_blob_tail <= c->blob_len);
	require(c->rx_cons - c->rx_published <= VMOS_RING_LEN);
}

/* @ops: one bit per call; @value: sizes and offsets. */
static void act(struct channel *c, uint8_t ops, uint32_t value)
{
	static uint8_t blob[VMOS_CTL_BLOB];
	struct blob_ref ref = { .off = value, .len = value >> 8 };
	struct msg m = { { 0 } };
	int ret;

	channel_poll(c);
	if (ops & 1)
		channel_recv(c, &m);
	if (ops & 2)
		channel_recv_done(c);
	if (ops & 4) {
		ret = channel_reserve(c, blob, value % (VMOS_CTL_BLOB + 2), &ref);
		require(ret < 0 || (uint64_t)ref.off + ref.len <= VMOS_CTL_BLOB);
		if (ret == 0)
			require(channel_send(c, &m) != -11 /* EAGAIN */);
	}
	if (ops & 8)
		channel_send(c, &m);
	if (ops & 16)
		channel_flush(c);
	if (ops & 32)
		channel_want(c, ops & 64);
	if (ops & 128)
		channel_arm(c);
	channel_blob(c, ref, blob, sizeof(blob));
	require(channel_room(c) <= VMOS_CTL_BLOB);
	check_sane(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct channel c;

	if (!region) {
		region = mmap(NULL, VMOS_CTL_REGION, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		require(region != MAP_FAILED);
	}
	memset(region, 0, VMOS_G2H_OFF);
	require(channel_host_open(&c, region, VMOS_CTL_REGION, VMOS_ROLE_CTL, 1) == 0);
	for (; size >= STEP; data += STEP, size -= STEP) {
		uint32_t value;

		memcpy(&value, data + 4, sizeof(value));
		write_word(data[0], value);
		act(&c, data[1], value ^ data[2]);
	}
	return 0;
}
