/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of the audit log: audit.log, to which lines are added, and older
 * ones, audit.log.1 and so on. The chain goes through all of them.
 */
#ifndef MANAGER_AUDIT_FILES_H
#define MANAGER_AUDIT_FILES_H

#include <stdint.h>

#define AUDIT_FILES 8 /* with the present one */
#define AUDIT_FILE_MAX (8 << 20) /* bytes; a file that has as many gets only the line that says so */

/* The name of the file of @age, 0: @path itself, for the caller to free. NULL: memory is out. */
char *audit_files_name(const char *path, unsigned age);
/* The number of the first line that is there once each file is one older. 0: none can be read. */
uint64_t audit_files_first(const char *path);
/* Makes each file one older; the oldest goes, and there is none at @path. -errno. */
int audit_files_shift(const char *path);
/* Opens all to read, the oldest first; the caller closes them. How many; -errno. */
int audit_files_open(const char *path, int ret_fds[AUDIT_FILES]);

#endif
