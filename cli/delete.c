/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/each.h"

/* Only the word itself is a yes: what goes with a VM's disk does not come back. */
static bool ask(char **names)
{
	char answer[16] = "";

	fprintf(stderr, "Delete");
	for (; *names; names++)
		fprintf(stderr, " %s", *names);
	fprintf(stderr, " and all that is on the disk? Type yes: ");
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return !strcmp(answer, "yes\n");
}

static int delete_each(sd_bus *bus, const char *name, void *userdata)
{
	return client_vm_do(bus, name, "Delete", NULL);
}

int delete_main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "yes", no_argument, NULL, 'y' },
		{ NULL, 0, NULL, 0 },
	};
	sd_bus *bus cleanup_bus = NULL;
	bool yes = false;
	int opt, r;

	while ((opt = cli_option(argc, argv, "hy", longs)) != -1) {
		if (opt != 'y')
			return cli_usage(argv[0]);
		yes = true;
	}
	if (optind == argc)
		return cli_usage(argv[0]);
	if (!yes && !isatty(STDIN_FILENO))
		return cli_error(CLI_REFUSED, "there is no terminal to ask on: say --yes to delete without a question");
	if (!yes && !ask(argv + optind))
		return cli_error(CLI_REFUSED, "nothing was deleted");
	r = client_open(&bus);
	return r ? r : each_vm(bus, argv + optind, delete_each, NULL);
}
