/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmos-audio reads of a guest: a ring and a blob zone that the input fills,
 * messages out of them, frames into the store and on to the sound card. What is
 * taken lies inside the zone and has one encoding; the store never overflows.
 */
#include <sys/mman.h>

#include "audio/pace.h"
#include "proto/audio.h"
#include "proto/audio_fifo.h"
#include "proto/channel.h"
#include "tests/fuzz/fuzz.h"

static void take(struct channel *c, const struct msg *m, struct audio_fifo *store)
{
	static uint8_t chunk[AUDIO_CHUNK];
	struct audio_msg a;
	struct msg again;

	if (audio_decode_guest(m, &a) < 0)
		return;
	require(audio_encode(&a, &again) == 0);
	require(memcmp(again.bytes, m->bytes, MSG_SIZE) == 0);
	if (a.head.type != AUDIO_PLAY)
		return;
	require(channel_blob(c, a.pcm.blob, chunk, sizeof(chunk)) == 0);
	audio_fifo_put(store, chunk, a.pcm.blob.len / AUDIO_FRAME);
	require(audio_fifo_fill(store) <= AUDIO_FIFO_FRAMES);
}

/* The guest's pages, as the input has them: indices first, then the ring. */
static void scribble(uint8_t *region, const uint8_t *data, size_t size, uint32_t epoch)
{
	struct vmos_idx *guest = (struct vmos_idx *)(void *)(region + VMOS_HDR_GUEST_OFF);
	size_t ring = size < MSG_SIZE * 64 ? size : MSG_SIZE * 64;

	memcpy(region + VMOS_G2H_OFF, data, ring);
	guest->epoch = epoch;
	guest->prod = (uint32_t)(ring / MSG_SIZE) + (size % 7 == 6 ? 5000 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *region, out[AUDIO_STORE_MAX * AUDIO_FRAME];
	static struct audio_fifo store;
	struct pace pace;
	struct channel c;
	struct msg m;

	if (!region)
		region = mmap(NULL, VMOS_AUDIO_REGION, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	require(region != MAP_FAILED);
	audio_fifo_clear(&store);
	pace_init(&pace);
	pace_begin(&pace);
	require(channel_host_open(&c, region, VMOS_AUDIO_REGION, VMOS_ROLE_AUDIO, 1) == 0);
	scribble(region, data, size, c.epoch);
	channel_poll(&c);
	while (channel_recv(&c, &m) == 1) {
		take(&c, &m, &store);
		pace_take(&pace, &store, out, m.bytes[MSG_SIZE - 1] * 16u, m.bytes[0] == AUDIO_STOP);
		require(pace.target >= PACE_TARGET_MIN && pace.target <= PACE_TARGET_MAX);
	}
	channel_recv_done(&c);
	return 0;
}
