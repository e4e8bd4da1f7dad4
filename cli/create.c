/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/vm_options.h"

int create_main(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	struct vm_options options;
	int r = vm_options_parse(argc, argv, 1, &options);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_manager_call(bus, "CreateVM", &call);
	if (r)
		return r;
	r = sd_bus_message_append(call, "s", options.name);
	if (r >= 0)
		r = vm_options_append(&options, call);
	r = r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
	if (!r)
		vm_options_note_rule(bus, options.name, options.net);
	return r;
}
