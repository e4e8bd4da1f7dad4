/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos rule check`. */
#include <stdlib.h>

#include "cli/check.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/rule.h"

/* As vmosd has it. */
#define RULES_MAX 4096
#define FILE_MAX_BYTES (256 * 1024)

static int parse(void *set, const char *untrusted_text, size_t len, struct ruleset_error *ret_error)
{
	return ruleset_parse(set, 0, untrusted_text, len, ret_error);
}

static size_t count(const void *set)
{
	return ((const struct ruleset *)set)->count;
}

static int check_named(char **paths, int n)
{
	struct ruleset set = { .rules = calloc(RULES_MAX, sizeof(struct rule)), .cap = RULES_MAX };
	struct check check = { "rules", FILE_MAX_BYTES, &set, parse, count };
	int r = set.rules ? check_files(&check, paths, n) : cli_oom();

	free(set.rules);
	return r;
}

/* Those that vmosd reads. */
static int check_in_force(void)
{
	sd_bus *bus cleanup_bus = NULL;
	int r = client_open(&bus);

	return r ? r : check_own(rule_files_error(bus), "The rule files are right, and in force.");
}

int rule_check(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 0, RULES_MAX, NULL);

	if (r)
		return r;
	return optind < argc ? check_named(argv + optind, argc - optind) : check_in_force();
}
