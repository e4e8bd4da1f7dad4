/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule set in force: all *.rules files of some folders, in the order of
 * the folders and of their names. A set that does not parse as a whole is not
 * taken: what was in force stays.
 */
#ifndef MANAGER_RULES_H
#define MANAGER_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/ruleset.h"

#define RULES_MAX 4096 /* in all files together */
#define RULES_FILES_MAX 256
#define RULES_FILE_MAX (256 * 1024) /* bytes */

struct rules {
	struct ruleset set;
	char **files; /* owned; rule.file counts into it */
	size_t nfiles;
	unsigned generation; /* counts the sets that were taken */
	char *error; /* why the last reading failed: one sentence; NULL: it did not. Owned */
};

/*
 * Reads the files of @dirs (NULL terminated; a folder that is not there has
 * none). @strict: only root may own and write what counts. 1: a new set is in
 * force; 0: it is the same as before; -errno: none was taken, @rules->error
 * says file, line, column and cause.
 */
int rules_load(struct rules *rules, const char *const *dirs, bool strict);
void rules_finish(struct rules *rules);

/* The file in which @rule stands. */
const char *rules_file_of(const struct rules *rules, const struct rule *rule);

/* Whether @from may send files to @to without being asked or limited: what the kernel is told. */
bool rules_may_always_write(const struct rules *rules, const char *from, const char *to);

#endif
