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
#include <time.h>

#include "manager/line_files.h"
#include "policy/ruleset.h"

#define RULES_MAX 4096 /* in all files together */
#define RULES_FILES_MAX LINE_FILES_MAX
#define RULES_FILE_MAX (256 * 1024) /* bytes */

struct rules {
	struct ruleset set;
	struct line_file *files; /* owned; rule.file counts into it */
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
/*
 * Whether rules_load() would take the files of @dirs if @draft were in force.
 * -errno: no, and why, for the caller to free (NULL: memory is out).
 */
int rules_try(const char *const *dirs, bool strict, const struct line_draft *draft, char **ret_error);
/* The text of one rule file, as rules_load() would take it; the caller frees both. -errno as above. */
int rules_read(const char *path, bool strict, char **ret_text, char **ret_error);
void rules_finish(struct rules *rules);

/* The file in which @rule stands. */
const char *rules_file_of(const struct rules *rules, const struct rule *rule);
/* When that file was last written. */
time_t rules_written(const struct rules *rules, const struct rule *rule);

/*
 * Whether @rule does not count at @now: with for= and without ask it does for
 * that long after its file was last written. A file of the future has not been
 * written yet: its rules wait.
 */
bool rules_is_expired(const struct rules *rules, const struct rule *rule, time_t now);
/* The next moment after @now at which a rule begins or ceases to count; 0: there is none. */
time_t rules_next_change(const struct rules *rules, time_t now);

/*
 * What @from may do to @to at @now, RULE_* bits, and by which rule, the last of
 * the pair, which may be an expired one; NULL: there is none. Whether it is to
 * be asked for is the rule's to say.
 */
unsigned rules_decide(
	const struct rules *rules, const char *from, const char *to, time_t now, const struct rule **ret_rule);

/* Whether @from may send files to @to now, without being asked for: what the kernel is told. */
bool rules_may_always_write(const struct rules *rules, const char *from, const char *to);

#endif
