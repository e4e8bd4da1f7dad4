/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/audit_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/chain.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "manager/audit_end.h"

char *audit_files_name(const char *path, unsigned age)
{
	char *name;

	if (age == 0)
		return strdup(path);
	return asprintf(&name, "%s.%u", path, age) < 0 ? NULL : name;
}

/* -ENOENT: there is no such file. */
static int open_age(const char *path, unsigned age)
{
	char *name cleanup_free = audit_files_name(path, age);
	int fd = name ? open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK) : -1;

	if (!name)
		return -ENOMEM;
	return fd < 0 ? -errno : fd;
}

/* The number of the first line of @fd. 0: it has none of ours. */
static uint64_t first_of(int fd)
{
	char *text cleanup_free = malloc(AUDIT_LINE_MAX);
	struct chain_head own;
	const char *newline;
	ssize_t n;

	n = text ? pread(fd, text, AUDIT_LINE_MAX, 0) : -1;
	newline = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;
	if (!newline || chain_read_line(text, (size_t)(newline - text), &own) < 0)
		return 0;
	return own.seq;
}

uint64_t audit_files_first(const char *path)
{
	uint64_t first = 0;

	for (unsigned age = AUDIT_FILES - 1; age > 0 && first == 0; age--) {
		int fd cleanup_fd = open_age(path, age - 1);

		first = fd < 0 ? 0 : first_of(fd);
	}
	return first;
}

int audit_files_shift(const char *path)
{
	for (unsigned age = AUDIT_FILES - 1; age > 0; age--) {
		char *from cleanup_free = audit_files_name(path, age - 1);
		char *to cleanup_free = audit_files_name(path, age);

		if (!from || !to)
			return -ENOMEM;
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

int audit_files_open(const char *path, int ret_fds[AUDIT_FILES])
{
	unsigned n = 0;

	for (unsigned age = AUDIT_FILES; age > 0; age--) {
		int fd = open_age(path, age - 1);

		if (fd == -ENOENT && age > 1)
			continue;
		if (fd < 0) {
			fd_close_all(ret_fds, n);
			return fd;
		}
		ret_fds[n++] = fd;
	}
	return (int)n;
}
