/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdio.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/each.h"

static int stop_each(sd_bus *bus, const char *name, void *userdata)
{
	sd_bus_message *call cleanup_message = NULL;
	const int *force = userdata;
	char progress[128];
	int r = client_vm_call(bus, name, "Stop", &call);

	if (r)
		return r;
	snprintf(progress, sizeof(progress), "stopping %s", name);
	r = sd_bus_message_append(call, "b", *force);
	return r < 0 ? client_broken(r) : client_send(bus, call, progress, NULL);
}

int stop_main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "force", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	sd_bus *bus cleanup_bus = NULL;
	int force = 0, opt, r;

	while ((opt = cli_option(argc, argv, "hf", longs)) != -1) {
		if (opt != 'f')
			return cli_usage(argv[0]);
		force = 1;
	}
	if (optind == argc)
		return cli_usage(argv[0]);
	r = client_open(&bus);
	return r ? r : each_vm(bus, argv + optind, stop_each, &force);
}
