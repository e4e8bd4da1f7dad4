/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/audio_fifo.h"

#include <string.h>

_Static_assert((AUDIO_FIFO_FRAMES & (AUDIO_FIFO_FRAMES - 1)) == 0, "free-running indices need a power of two");
_Static_assert(AUDIO_FIFO_FRAMES > AUDIO_STORE_MAX, "all that may be under way fits");

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void audio_fifo_clear(struct audio_fifo *f)
{
	f->head = f->tail = 0;
}

uint32_t audio_fifo_fill(const struct audio_fifo *f)
{
	return f->head - f->tail;
}

uint32_t audio_fifo_put(struct audio_fifo *f, const void *src, uint32_t frames)
{
	const uint8_t *from = src;
	uint32_t n = least(frames, AUDIO_FIFO_FRAMES - audio_fifo_fill(f)), at = f->head % AUDIO_FIFO_FRAMES;
	uint32_t first = least(n, AUDIO_FIFO_FRAMES - at);

	memcpy(f->bytes + (size_t)at * AUDIO_FRAME, from, (size_t)first * AUDIO_FRAME);
	memcpy(f->bytes, from + (size_t)first * AUDIO_FRAME, (size_t)(n - first) * AUDIO_FRAME);
	f->head += n;
	return n;
}

uint32_t audio_fifo_take(struct audio_fifo *f, void *dst, uint32_t frames)
{
	uint8_t *to = dst;
	uint32_t n = least(frames, audio_fifo_fill(f)), at = f->tail % AUDIO_FIFO_FRAMES;
	uint32_t first = least(n, AUDIO_FIFO_FRAMES - at);

	memcpy(to, f->bytes + (size_t)at * AUDIO_FRAME, (size_t)first * AUDIO_FRAME);
	memcpy(to + (size_t)first * AUDIO_FRAME, f->bytes, (size_t)(n - first) * AUDIO_FRAME);
	memset(to + (size_t)n * AUDIO_FRAME, 0, (size_t)(frames - n) * AUDIO_FRAME);
	f->tail += n;
	return n;
}

void audio_fifo_drop(struct audio_fifo *f, uint32_t frames)
{
	f->tail += least(frames, audio_fifo_fill(f));
}
