/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of TAP of a program that runs inside a kernel of the lab's. One file of a program includes it. */
#ifndef TESTS_LAB_TAP_H
#define TESTS_LAB_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned number, failures;

static void check(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void check(bool good, const char *fmt, ...)
{
	va_list ap;

	failures += !good;
	printf("%sok %u - ", good ? "" : "not ", ++number);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static void check_int(int have, int want, const char *what)
{
	check(have == want, "%s (%d)", what, have);
}

/* The last lines. The exit status: 0 when nothing failed. */
static int check_end(void)
{
	printf("1..%u\n# %u failed\n", number, failures);
	fflush(stdout);
	return failures != 0;
}

#endif
