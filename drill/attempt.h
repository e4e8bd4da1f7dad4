/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row of the drill under way. A row has parts, each a way to do the same
 * act; the row counts as denied only when every part was refused.
 */
#ifndef DRILL_ATTEMPT_H
#define DRILL_ATTEMPT_H

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drill/facts.h"
#include "proto/drill.h"

/* errno of a call that a filter answered by SIGSYS; above the kernel's own. */
#define ERRNO_SIGSYS 4096

struct attempt {
	const struct facts *facts;
	enum drill_verdict verdict;
	int error; /* of the first refused part, or of the part that broke */
	char words[DRILL_WORDS_MAX + 1];
};

/* Makes one row's tries. */
typedef void (*attempt_run)(struct attempt *a);

/* From now on a system call of this thread that ends in SIGSYS fails by ERRNO_SIGSYS; those of others end QEMU as before. */
int attempt_catch_sigsys(void);

/* The C library would turn some calls into others; these go to the kernel as they stand. */
#define try_call(...) attempt_result((attempt_begin(), syscall(__VA_ARGS__)))
void attempt_begin(void);
long attempt_result(long ret);

/*
 * The outcome of one part: @ret below 0 with errno, or done. An errno that is
 * no refusal makes the row DRILL_BROKEN: it shows nothing. Returns whether it was done.
 */
bool attempt_part(struct attempt *a, const char *name, long ret);
/* As attempt_part() after a successful call, for an effect that must be there too. */
bool attempt_effect(struct attempt *a, const char *name, bool effect);
/* The kernel took it; whether it arrived only the other side can tell. */
void attempt_sent(struct attempt *a, const char *name);
/* There is no such thing here: left out. */
void attempt_skip(struct attempt *a, const char *what);
/* As attempt_part(), but errno @expected also shows that the act was let through. */
bool attempt_reaches(struct attempt *a, const char *name, long ret, int expected);

/* A fact, or NULL after taking note that the part is left out. */
const char *attempt_fact(struct attempt *a, enum fact fact);
/* A fact that is a number of 0 or more, or -1 … */
long long attempt_number(struct attempt *a, enum fact fact, int base);

/* Opens a path by openat(2) itself. */
int attempt_open(const char *path, int flags);

/* Prints the row's line on standard error: @number as "12" or "c1". */
void attempt_report(const struct attempt *a, const char *number);

#endif
