/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drill's acts, by family. The rows' numbers are those of proto/drill_acts.c. */
#ifndef DRILL_ACTIONS_H
#define DRILL_ACTIONS_H

#include "drill/attempt.h"

/* One family: the rows @first … @first + @count - 1. */
struct family {
	unsigned first, count;
	const attempt_run *run;
};

extern const struct family family_files; /* 1 … 18 */
extern const struct family family_devices; /* 19 … 22 */
extern const struct family family_proc; /* 23 … 32 */
extern const struct family family_trace; /* 33 … 38 */
extern const struct family family_signals; /* 39 … 47 */
extern const struct family family_sockets; /* 48 … 54 */
extern const struct family family_network; /* 55 … 60 */
extern const struct family family_ipc; /* 61 … 64 */
extern const struct family family_kernel; /* 65 … 67 */
extern const struct family family_limits; /* 68 */
extern const struct family family_card; /* 69 … 73 */
/* Not acts: what must work. DRILL_ALLOW is success. */
extern const struct family family_controls;

#endif
