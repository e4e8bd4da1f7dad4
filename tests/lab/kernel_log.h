/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel complains of while a test runs. */
#ifndef TESTS_LAB_KERNEL_LOG_H
#define TESTS_LAB_KERNEL_LOG_H

/* From here on what the kernel says counts. 0 or -errno. */
int kernel_log_mark(void);
/*
 * How many complaints there were, each printed as a line of TAP. Of races
 * between two accesses (KCSAN) those count that name a function which begins
 * with one of @ours, NULL at the end; of all else each does. Or -errno.
 */
int kernel_log_findings(const char *const *ours);

#endif
