/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often something may happen: so many times at once, then again after a while each. */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	unsigned burst; /* tokens that it holds */
	uint64_t gap_us; /* after which one comes back */
	unsigned tokens;
	uint64_t refill_us; /* monotonic: when the last one came */
};

/* A full one. */
#define BUCKET(most, gap) ((struct bucket){ .burst = (most), .gap_us = (gap), .tokens = (most) })

/* Whether it may happen now; bucket_spend() says that it did. */
bool bucket_has(struct bucket *b, uint64_t now_us);
void bucket_spend(struct bucket *b);
/* Both in one: true where it may, and then it counts. */
bool bucket_take(struct bucket *b, uint64_t now_us);
/* When an empty one has a token again. */
uint64_t bucket_next(const struct bucket *b);

#endif
