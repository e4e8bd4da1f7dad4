/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cli/cli.h"

/* The length of the text of @path, "-" for standard input, or -errno. */
static ssize_t read_text(const char *path, char *ret_text, size_t max)
{
	int fd cleanup_fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(0, F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? -errno : fd_read_all(fd, ret_text, max);
}

static int check_file(const struct check *check, const char *path, char *text)
{
	struct ruleset_error error = { 0 };
	ssize_t len = read_text(path, text, check->size_max + 1);

	if (len < 0)
		return cli_error(CLI_FAILED, "%s cannot be read: %s", path, strerror((int)-len));
	if ((size_t)len > check->size_max)
		return cli_error(CLI_FAILED, "%s is longer than %zu KiB: split it", path, check->size_max / 1024);
	if (check->parse(check->set, text, (size_t)len, &error) == 0)
		return 0;
	fprintf(stderr, "%s:%u:%u: %s\n", path, error.line, error.column, error.sentence);
	return CLI_FAILED;
}

int check_files(const struct check *check, char **paths, int n)
{
	char *text cleanup_free = malloc(check->size_max + 1);
	int r = text ? 0 : cli_oom();

	for (int i = 0; i < n && text; i++)
		r = check_file(check, paths[i], text) ? CLI_FAILED : r;
	if (!r)
		printf("%zu %s in %d file%s\n", check->count(check->set), check->noun, n, n == 1 ? "" : "s");
	return r;
}

int check_own(char *error, const char *all_well)
{
	char *text cleanup_free = error;

	if (!text)
		return CLI_FAILED;
	if (*text) {
		fprintf(stderr, "%s\n", text);
		return CLI_FAILED;
	}
	printf("%s\n", all_well);
	return CLI_OK;
}
