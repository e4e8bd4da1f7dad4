/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/each.h"
#include "cli/inventory.h"
#include "cli/vm_options.h"

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

static int leave_without(sd_bus *bus, const char *name)
{
	const struct vm_options none = { .name = name, .net = "" };
	sd_bus_message *call cleanup_message = NULL;
	int r = client_vm_call(bus, name, "Set", &call);

	if (r)
		return r;
	r = vm_options_append(&none, call);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

/* Of a NET VM: the VMs that use it have none then. */
static int leave_all_without(sd_bus *bus, const char *net)
{
	struct inventory inv;
	int r = inventory_get(bus, &inv);

	if (r)
		return r;
	for (size_t i = 0; !r && i < inv.nvms; i++) {
		if (!strcmp(inv.vms[i].net, net))
			r = leave_without(bus, inv.vms[i].name);
	}
	inventory_free(&inv);
	return r;
}

static int delete_each(sd_bus *bus, const char *name, void *userdata)
{
	const bool *force = userdata;
	int r = *force ? leave_all_without(bus, name) : 0;

	return r ? r : client_vm_do(bus, name, "Delete", NULL);
}

int delete_main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "yes", no_argument, NULL, 'y' },
		{ "force", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	sd_bus *bus cleanup_bus = NULL;
	bool yes = false, force = false;
	int opt, r;

	while ((opt = cli_option(argc, argv, "hyf", longs)) != -1) {
		if (opt == 'y')
			yes = true;
		else if (opt == 'f')
			force = true;
		else
			return cli_usage(argv[0]);
	}
	if (optind == argc)
		return cli_usage(argv[0]);
	if (!yes && !isatty(STDIN_FILENO))
		return cli_error(CLI_REFUSED, "there is no terminal to ask on: say --yes to delete without a question");
	if (!yes && !ask(argv + optind))
		return cli_error(CLI_REFUSED, "nothing was deleted");
	r = client_open(&bus);
	return r ? r : each_vm(bus, argv + optind, delete_each, &force);
}
