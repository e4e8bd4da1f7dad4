/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/vm_options.h"

static int is_empty(const struct vm_options *o)
{
	return !o->template && !o->color && !o->memory && !o->vcpus && !o->ready_timeout && !o->net && !o->net_limit &&
		!o->has_pci && !o->notifications && !o->audio && !o->mute && !o->volume && !o->carrier;
}

int set_main(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	struct vm_options options;
	int r = vm_options_parse(argc, argv, 0, &options);

	if (!r && is_empty(&options))
		return cli_usage(argv[0]);
	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_vm_call(bus, options.name, "Set", &call);
	if (r)
		return r;
	r = vm_options_append(&options, call);
	r = r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
	if (!r)
		vm_options_note_rule(bus, options.name, options.net);
	return r;
}
