/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files as the kernel shows them, in a folder of the test's. */
#ifndef TESTS_UNIT_TREE_H
#define TESTS_UNIT_TREE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "tests/unit/unit.h"

/* The file @path, which begins with '/', below @root; folders on the way to it are made. */
static inline void tree_put(const char *root, const char *path, const char *text)
{
	char *full = NULL, *slash;
	int fd;

	assert_true(asprintf(&full, "%s%s", root, path) > 0);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(paths_mkdir(full), 0);
	*slash = '/';
	fd = open(full, O_CREAT | O_TRUNC | O_WRONLY, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
	free(full);
}

#endif
