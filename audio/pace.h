/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many of a guest's frames are kept in store before they are played: as few
 * as its own delays allow. It begins with two beats of the sound card; each
 * time the store runs dry the guest gets half as much time again, and what was
 * lost is gathered in silence, as sound with one gap is better than with many.
 * After a minute without one it gets a beat less.
 */
#ifndef AUDIO_PACE_H
#define AUDIO_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/audio_fifo.h"

#define PACE_TARGET_MIN 1024u /* frames: 21 ms */
#define PACE_CALM (60u * AUDIO_RATE)
#define PACE_TARGET_MAX ((uint32_t)AUDIO_STORE_MAX)

struct pace {
	uint32_t target; /* frames to have in store */
	uint32_t beat; /* the longest run of frames that was asked for at once */
	uint32_t calm; /* frames played since the last gap, or the last beat less */
	bool filling; /* silence until the store has @target frames */
	uint64_t underruns; /* the store ran dry in the midst of sound */
};

void pace_init(struct pace *p);
/* Sound begins after silence. */
void pace_begin(struct pace *p);
/* @frames for the sound card from @store, or silence. @last: no more will come. Returns how many were taken from @store. */
uint32_t pace_take(struct pace *p, struct audio_fifo *store, void *dst, uint32_t frames, bool last);

#endif
