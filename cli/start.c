/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/start.h"

#include <limits.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/each.h"

int start_vm(sd_bus *bus, const char *name)
{
	char progress[128];

	snprintf(progress, sizeof(progress), "starting %s", name);
	return client_vm_do(bus, name, "Start", progress);
}

static int start_each(sd_bus *bus, const char *name, void *userdata)
{
	return start_vm(bus, name);
}

int start_main(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	int r = cli_simple_options(argc, argv, 1, INT_MAX, NULL);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_send_display(bus, false);
	return r ? r : each_vm(bus, argv + optind, start_each, NULL);
}
