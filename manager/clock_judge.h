/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a NET VM is believed about the time. It may be in an attacker's hands,
 * and the network it asks more so: small differences, and few of them, are
 * mended without a word, so that such a one moves the clock by
 * CLOCK_DAY_MAX a day at most; for any other the user is asked.
 */
#ifndef MANAGER_CLOCK_JUDGE_H
#define MANAGER_CLOCK_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/ctl.h"
#include "proto/text.h"

#define CLOCK_NOISE 1000000 /* nsec: a smaller difference is none */
#define CLOCK_DAY_MAX (30ll * 1000000000) /* nsec that are mended in a day, forwards and backwards added up */
#define CLOCK_DAY (86400ull * 1000000) /* usec */

enum clock_verdict {
	CLOCK_RIGHT, /* there is nothing to mend, or nothing that the answer is good enough for */
	CLOCK_MEND, /* slewed by itself */
	CLOCK_DOUBT_FAR, /* too much at once: only when the user says so */
	CLOCK_DOUBT_MUCH, /* too much for this day */
};

/* What was mended in the day that began at @since, usec of CLOCK_BOOTTIME; 0: in none. */
struct clock_day {
	uint64_t since;
	int64_t moved_ns;
};

/* @now: usec of CLOCK_BOOTTIME. Ends @day if it is over. */
enum clock_verdict clock_judge(struct clock_day *day, uint64_t now, int64_t offset_ns, int64_t error_ns);
/* It was mended by @offset_ns. */
void clock_judge_count(struct clock_day *day, uint64_t now, int64_t offset_ns);

/* Who is asked, and what he asks: a file of one line, "NETVM SERVER". */
struct clock_source {
	char vm[VM_NAME_MAX + 1]; /* "": nobody is */
	char server[CTL_SERVER_MAX];
};

/* -EINVAL: it is no such line. */
int clock_source_parse(const char *text, struct clock_source *ret);

#endif
