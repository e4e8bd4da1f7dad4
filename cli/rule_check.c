/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos rule check`: what vmosd would say to a rule file, without it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/rule.h"
#include "policy/ruleset.h"

/* As vmosd has it. */
#define RULES_MAX 4096
#define FILE_MAX_BYTES (256 * 1024)

/* The length of the text of @path, "-" for standard input, or -errno. */
static ssize_t read_text(const char *path, char *ret_text)
{
	int fd cleanup_fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(0, F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? -errno : fd_read_all(fd, ret_text, FILE_MAX_BYTES + 1);
}

/* 0, or CLI_FAILED after saying where it is wrong: FILE:LINE:COLUMN, as editors understand it. */
static int check_file(const char *path, struct ruleset *set, char *text)
{
	struct ruleset_error error = { 0 };
	ssize_t len = read_text(path, text);

	if (len < 0)
		return cli_error(CLI_FAILED, "%s cannot be read: %s", path, strerror((int)-len));
	if (len > FILE_MAX_BYTES)
		return cli_error(CLI_FAILED, "%s is longer than %d KiB: split it", path, FILE_MAX_BYTES / 1024);
	if (ruleset_parse(set, 0, text, (size_t)len, &error) == 0)
		return 0;
	fprintf(stderr, "%s:%u:%u: %s\n", path, error.line, error.column, error.sentence);
	return CLI_FAILED;
}

static int check_files(char **paths, int n)
{
	struct ruleset set = { .rules = calloc(RULES_MAX, sizeof(struct rule)), .cap = RULES_MAX };
	char *text = malloc(FILE_MAX_BYTES + 1);
	int r = set.rules && text ? 0 : cli_oom();

	for (int i = 0; i < n && set.rules && text; i++)
		r = check_file(paths[i], &set, text) ? CLI_FAILED : r;
	if (!r)
		printf("%zu rules in %d file%s\n", set.count, n, n == 1 ? "" : "s");
	free(text);
	free(set.rules);
	return r;
}

/* Those that vmosd reads, as it found them last. */
static int check_own(void)
{
	sd_bus *bus cleanup_bus = NULL;
	char *error cleanup_free = NULL;
	int r = client_open(&bus);

	if (r)
		return r;
	error = rule_files_error(bus);
	if (!error)
		return CLI_FAILED;
	if (*error) {
		fprintf(stderr, "%s\n", error);
		return CLI_FAILED;
	}
	printf("The rule files are right, and in force.\n");
	return CLI_OK;
}

int rule_check(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 0, RULES_MAX, NULL);

	if (r)
		return r;
	return optind < argc ? check_files(argv + optind, argc - optind) : check_own();
}
