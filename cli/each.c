/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/each.h"

#include <limits.h>
#include <stddef.h>

#include "cli/cli.h"
#include "cli/client.h"

int each_vm(sd_bus *bus, char **names, each_action action, void *userdata)
{
	int first = CLI_OK;

	for (; *names; names++) {
		int r = action(bus, *names, userdata);

		if (!first)
			first = r;
	}
	return first;
}

int each_main(int argc, char **argv, each_action action)
{
	sd_bus *bus cleanup_bus = NULL;
	int r = cli_simple_options(argc, argv, 1, INT_MAX, NULL);

	if (!r)
		r = client_open(&bus);
	return r ? r : each_vm(bus, argv + optind, action, NULL);
}
