/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/pace.h"

#include <string.h>

static uint32_t clamp(uint32_t v)
{
	if (v < PACE_TARGET_MIN)
		return PACE_TARGET_MIN;
	return v > PACE_TARGET_MAX ? PACE_TARGET_MAX : v;
}

void pace_init(struct pace *p)
{
	*p = (struct pace){ .target = PACE_TARGET_MIN };
}

void pace_begin(struct pace *p)
{
	p->filling = true;
}

uint32_t pace_take(struct pace *p, struct audio_fifo *store, void *dst, uint32_t frames, bool last)
{
	uint32_t fill = audio_fifo_fill(store);

	if (frames > p->beat) {
		p->beat = frames;
		if (clamp(2 * frames) > p->target)
			p->target = clamp(2 * frames);
	}
	if (last || fill >= p->target - p->target / 4)
		p->filling = false;
	if (p->filling) {
		memset(dst, 0, (size_t)frames * AUDIO_FRAME);
		return 0;
	}
	if (fill < frames && !last) {
		p->underruns++;
		p->target = clamp(p->target + p->target / 2);
		p->filling = true;
		p->calm = 0;
	}
	p->calm += frames;
	if (p->calm > PACE_CALM) {
		p->calm = 0;
		p->target = p->target - p->beat > clamp(2 * p->beat) ? p->target - p->beat : clamp(2 * p->beat);
	}
	return audio_fifo_take(store, dst, frames);
}
