/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of lines that say what VMs may do: all that end in one suffix in some
 * folders, in the order of the folders and of their names. They count as a
 * whole or not at all. Rules and network lists are read by this.
 */
#ifndef MANAGER_LINE_FILES_H
#define MANAGER_LINE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "policy/ruleset.h"

#define LINE_FILES_MAX 256

/* What stands in such files. */
struct line_format {
	const char *suffix; /* ".rules" */
	const char *noun; /* "rules", for sentences */
	size_t size_max; /* bytes of a file */
	/* Appends the lines of file number @file to @set, as ruleset_parse() does. */
	int (*parse)(void *set, uint32_t file, const char *untrusted_text, size_t len, struct ruleset_error *ret_error);
};

struct line_file {
	char *path; /* owned */
	time_t written; /* st_mtime */
};

struct line_files {
	const struct line_format *format;
	bool strict; /* only root may own and write what counts */
	struct line_file *files; /* owned */
	size_t nfiles;
	char *error; /* one sentence; NULL: all is well, or memory is out. Owned */
};

/* A file as it shall become. */
struct line_draft {
	const char *dir, *path; /* one of the folders, and the file in it, which need not be there yet */
	const char *text;
};

/*
 * Reads the files of @dirs (NULL terminated; a folder that is not there has
 * none), with @draft, which may be NULL, in its place. -errno: files->error
 * says file, line, column and cause.
 */
int line_files_read(struct line_files *files, const char *const *dirs, const struct line_draft *draft, void *set);
/* The text of one file as it would be taken; the caller frees it. -errno as above. */
int line_files_read_one(struct line_files *files, const char *path, char **ret_text);
void line_files_finish(struct line_files *files);

/* The name of a file that would be read. */
bool line_files_is_one(const struct line_format *format, const char *name);

/*
 * Whether a line that counts for @seconds (0: for ever) after its file was
 * @written does not at @now. A file of the future has not been written yet: its
 * lines wait.
 */
bool line_is_over(time_t written, uint32_t seconds, time_t now);
/* The sooner of @next (0: none) and the moment after @now at which such a line begins or ceases to count. */
time_t line_next_change(time_t written, uint32_t seconds, time_t now, time_t next);

#endif
