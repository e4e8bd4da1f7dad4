/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos net cards`: the network cards of the computer, and which a NET VM can have. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/net.h"

#define CARD "(sqqssisbs)"

/* Strings are of the reply. */
struct card {
	const char *address, *name, *driver, *vm, *why; /* vm: which one has it; why: a VM may not */
	uint16_t vendor, device;
	int group; /* of the IOMMU; -1: none */
	int usable;
};

static int read_card(sd_bus_message *reply, struct card *c)
{
	return sd_bus_message_read(reply, CARD, &c->address, &c->vendor, &c->device, &c->name, &c->driver, &c->group,
		&c->vm, &c->usable, &c->why);
}

static void add_json(struct json_object *array, const struct card *c)
{
	struct json_object *o = json_object_new_object();
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", c->vendor, c->device);
	json_add_text(o, "address", c->address);
	json_add_text(o, "id", id);
	json_add_text(o, "name", c->name);
	json_add_text(o, "driver", c->driver);
	json_object_object_add(o, "group", c->group < 0 ? NULL : json_object_new_int(c->group));
	json_add_text(o, "vm", c->vm);
	json_object_object_add(o, "usable", json_object_new_boolean(c->usable));
	json_add_text(o, "why", c->why);
	json_object_array_add(array, o);
}

static void print_card(const struct card *c, bool first)
{
	char group[16] = "-";

	if (first)
		printf("%-12s  %-5s  %-12s  %-16s  %-6s  %s\n", "ADDRESS", "GROUP", "DRIVER", "VM", "USABLE", "CARD");
	if (c->group >= 0)
		snprintf(group, sizeof(group), "%d", c->group);
	printf("%-12s  %-5s  %-12s  %-16s  %-6s  %s\n", c->address, group, *c->driver ? c->driver : "-",
		*c->vm ? c->vm : "-", c->usable ? "yes" : "no", c->name);
	if (!c->usable)
		printf("  %s\n", c->why);
}

static int print_cards(sd_bus_message *reply, bool json)
{
	struct json_object *array = json ? json_object_new_array() : NULL;
	struct card card;
	unsigned n = 0;
	int r = sd_bus_message_enter_container(reply, 'a', CARD);

	for (; r >= 0 && (r = read_card(reply, &card)) > 0; n++) {
		if (json)
			add_json(array, &card);
		else
			print_card(&card, n == 0);
	}
	if (r < 0) {
		json_object_put(array);
		return client_broken(r);
	}
	if (json)
		return json_print(array, 1);
	if (n == 0)
		fprintf(stderr, "This computer shows no network card on its PCI bus.\n");
	return CLI_OK;
}

int net_cards(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	bool json = false;
	int r = cli_simple_options(argc, argv, 0, 0, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_net_call(bus, "Cards", &call);
	if (!r)
		r = client_send(bus, call, NULL, &reply);
	return r ? r : print_cards(reply, json);
}
