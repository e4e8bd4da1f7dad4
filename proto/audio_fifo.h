/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames in store, in the order in which they came: what both ends of an audio channel keep between two clocks' beats. */
#ifndef PROTO_AUDIO_FIFO_H
#define PROTO_AUDIO_FIFO_H

#include <stdint.h>

#include "proto/audio.h"

#define AUDIO_FIFO_FRAMES 16384u /* a power of two; more than may ever be under way */

struct audio_fifo {
	uint32_t head, tail; /* frames put and taken, free running */
	uint8_t bytes[AUDIO_FIFO_FRAMES * AUDIO_FRAME];
};

void audio_fifo_clear(struct audio_fifo *f);
uint32_t audio_fifo_fill(const struct audio_fifo *f);
/* Puts @frames in; returns how many found room. */
uint32_t audio_fifo_put(struct audio_fifo *f, const void *src, uint32_t frames);
/* Takes @frames out; what is not there is silence. Returns how many were there. */
uint32_t audio_fifo_take(struct audio_fifo *f, void *dst, uint32_t frames);
/* Throws the oldest @frames away, or all. */
void audio_fifo_drop(struct audio_fifo *f, uint32_t frames);

#endif
