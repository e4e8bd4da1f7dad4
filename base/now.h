/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time of a clock, in microseconds, as sd-event counts them. */
#ifndef BASE_NOW_H
#define BASE_NOW_H

#include <stdint.h>
#include <time.h>

/* @clock is one that every kernel has: this cannot fail. See clock_gettime(2). */
static inline uint64_t now_usec(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

#endif
