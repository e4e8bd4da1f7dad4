/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bucket.h"

bool bucket_has(struct bucket *b, uint64_t now_us)
{
	uint64_t gained = (now_us - b->refill_us) / b->gap_us;

	if (gained >= b->burst - b->tokens) {
		b->tokens = b->burst;
		b->refill_us = now_us;
	} else {
		b->tokens += (unsigned)gained;
		b->refill_us += gained * b->gap_us;
	}
	return b->tokens > 0;
}

void bucket_spend(struct bucket *b)
{
	b->tokens--;
}

bool bucket_take(struct bucket *b, uint64_t now_us)
{
	if (!bucket_has(b, now_us))
		return false;
	bucket_spend(b);
	return true;
}

uint64_t bucket_next(const struct bucket *b)
{
	return b->refill_us + b->gap_us;
}
