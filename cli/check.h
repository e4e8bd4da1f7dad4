/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmosd would say to files of lines, without it. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stddef.h>

#include "policy/ruleset.h"

struct check {
	const char *noun; /* "rules" */
	size_t size_max; /* bytes of a file */
	void *set;
	int (*parse)(void *set, const char *untrusted_text, size_t len, struct ruleset_error *ret_error);
	size_t (*count)(const void *set);
};

/* Says FILE:LINE:COLUMN of what is wrong, as editors understand it; "-": standard input. Exit code. */
int check_files(const struct check *check, char **paths, int n);
/* What vmosd found last: @error is its sentence, "" when nothing is wrong, and is freed. NULL: it was not told. Exit code. */
int check_own(char *error, const char *all_well);

#endif
