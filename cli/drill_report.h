/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an escape drill came to: its lines collected, weighed against what the victim saw, and printed. */
#ifndef CLI_DRILL_REPORT_H
#define CLI_DRILL_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/drill.h"

#define DRILL_SEEN_MAX 32

struct drill_report {
	struct drill_line acts[DRILL_ACTS], controls[DRILL_CONTROLS];
	char inside[DRILL_WORDS_MAX + 1]; /* the attacker's view of its confinement; empty: not told */
	char seen[DRILL_SEEN_MAX][DRILL_WORDS_MAX + 1];
	unsigned nseen;
	unsigned ntold; /* acts with a line */
	bool ended;
	bool malformed; /* a line was not in the form, or came twice: nothing of it is to be believed */
};

/* What it comes to. Acts without a line are among the broken ones. */
struct drill_sum {
	unsigned denied, allowed, skipped, broken, controls;
};

/*
 * Takes as many whole lines of the @len untrusted bytes as there are. Returns
 * the bytes taken. A line longer than DRILL_LINE_MAX is not one of the drill's.
 */
size_t drill_report_take(struct drill_report *r, const char *untrusted, size_t len);

/* Weighs acts against sightings: to be called once, when all lines are in. */
void drill_report_finish(struct drill_report *r);

struct drill_sum drill_report_sum(const struct drill_report *r);

/* Nothing got through, nothing is unknown but what this machine lacks, and all controls work. */
bool drill_report_is_clean(const struct drill_report *r);

/* The table and its sum on standard output. @mode: "session", "system" or "" when it is not known. Exit code. */
int drill_report_print(const struct drill_report *r, const char *mode);
int drill_report_json(const struct drill_report *r, const char *mode);

#endif
