/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A token bucket: so many a second, and a burst. All zero is a full one. */
#ifndef TAP_BUCKET_H
#define TAP_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#define BUCKET_RATE_MAX (1ull << 36) /* a second: what does not overflow */
#define BUCKET_US_MAX 60000000ull /* by then every one is full */

struct bucket {
	uint64_t last; /* µs */
	uint64_t missing; /* of a full one, in millionths of a token */
};

/* Takes @n tokens, if they are there. */
static inline bool bucket_take(struct bucket *b, uint64_t per_second, uint64_t burst, uint64_t n, uint64_t now)
{
	uint64_t elapsed = now - b->last < BUCKET_US_MAX ? now - b->last : BUCKET_US_MAX;
	uint64_t back = elapsed * per_second;

	b->missing = b->missing > back ? b->missing - back : 0;
	b->last = now;
	if (b->missing + n * 1000000 > burst * 1000000)
		return false;
	b->missing += n * 1000000;
	return true;
}

#endif
