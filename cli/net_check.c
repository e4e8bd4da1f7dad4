/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos net check`. */
#include <stdlib.h>

#include "cli/check.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/net.h"
#include "policy/netlist.h"

/* As vmosd has it. */
#define LINES_MAX 16000
#define FILE_MAX_BYTES (4 << 20)

static int parse(void *list, const char *untrusted_text, size_t len, struct ruleset_error *ret_error)
{
	return netlist_parse(list, 0, untrusted_text, len, ret_error);
}

static size_t count(const void *list)
{
	return ((const struct netlist *)list)->count;
}

static int check_named(char **paths, int n)
{
	struct netlist list = { .lines = calloc(LINES_MAX, sizeof(struct net_line)), .cap = LINES_MAX };
	struct check check = { "lines", FILE_MAX_BYTES, &list, parse, count };
	int r = list.lines ? check_files(&check, paths, n) : cli_oom();

	free(list.lines);
	return r;
}

/* Those that vmosd reads. */
static int check_in_force(void)
{
	sd_bus *bus cleanup_bus = NULL;
	int r = client_open(&bus);

	return r ? r : check_own(net_files_error(bus), "The files of network lists are right, and in force.");
}

int net_check(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 0, LINES_MAX, NULL);

	if (r)
		return r;
	return optind < argc ? check_named(argv + optind, argc - optind) : check_in_force();
}
