/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock/set.h"

#include <errno.h>
#include <sys/timex.h>
#include <time.h>

#define SECOND_NS 1000000000ll
#define YEAR_2200_NS (7258118400ll * SECOND_NS)
#define MAX_ERROR_US 500000

int set_check(int64_t now_ns, int64_t offset_ns, int64_t epoch_ns)
{
	int64_t then_ns;

	if (__builtin_add_overflow(now_ns, offset_ns, &then_ns) || then_ns > YEAR_2200_NS)
		return -ERANGE;
	if (then_ns >= epoch_ns)
		return 0;
	return offset_ns > 0 ? 0 : -ERANGE;
}

/* clock_adjtime(2), as adjtime(3) uses it: what is left of an earlier one is forgotten. */
static int slew(int64_t offset_ns)
{
	struct timex t = { .modes = ADJ_OFFSET_SINGLESHOT, .offset = offset_ns / 1000 };

	return clock_adjtime(CLOCK_REALTIME, &t) < 0 ? -errno : 0;
}

/* In one go: reading, adding and setting would lose what passes between. */
static int step(int64_t offset_ns)
{
	struct timex t = { .modes = ADJ_SETOFFSET | ADJ_NANO };

	t.time.tv_sec = (time_t)(offset_ns / SECOND_NS);
	t.time.tv_usec = (suseconds_t)(offset_ns % SECOND_NS); /* nsec, by ADJ_NANO; not negative */
	if (t.time.tv_usec < 0) {
		t.time.tv_sec--;
		t.time.tv_usec += SECOND_NS;
	}
	return clock_adjtime(CLOCK_REALTIME, &t) < 0 ? -errno : 0;
}

/*
 * As long as the kernel holds the clock for right it copies it to the one of the
 * battery every eleven minutes: the next boot begins with that. Its trust ends
 * by itself after some hours without news.
 */
static int trust(void)
{
	struct timex t = {
		.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .maxerror = MAX_ERROR_US, .esterror = MAX_ERROR_US
	};

	return clock_adjtime(CLOCK_REALTIME, &t) < 0 ? -errno : 0;
}

int set_clock(const struct clock_msg *request)
{
	struct timespec now;
	int r;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -errno;
	r = set_check((int64_t)now.tv_sec * SECOND_NS + now.tv_nsec, request->offset_ns, VMOS_EPOCH * SECOND_NS);
	if (r == 0)
		r = request->type == CLOCK_SLEW ? slew(request->offset_ns) : step(request->offset_ns);
	return r == 0 ? trust() : r;
}
