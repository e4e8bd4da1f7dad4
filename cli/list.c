/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/json.h"

static int list_json(const struct inventory *inv)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < inv->nvms; i++)
		json_object_array_add(array, json_vm(&inv->vms[i]));
	return json_print(array, 1);
}

enum column { NAME, TEMPLATE, NET };

static const char *text_of(const struct vm_info *vm, enum column column)
{
	if (column == NET)
		return vm->net[0] ? vm->net : "-";
	return column == NAME ? vm->name : vm->template;
}

static int width_of(const struct inventory *inv, enum column column)
{
	size_t width = column == NET ? 5 : 8;

	for (size_t i = 0; i < inv->nvms; i++) {
		size_t len = strlen(text_of(&inv->vms[i], column));

		width = len > width ? len : width;
	}
	return (int)width;
}

static void list_table(const struct inventory *inv)
{
	int name = width_of(inv, NAME), template = width_of(inv, TEMPLATE), net = width_of(inv, NET);
	bool color = format_use_color();
	char swatch[FORMAT_SWATCH_MAX], memory[FORMAT_SIZE_MAX];

	printf("%s%-*s  %-4s %-9s %-8s %-*s %-*s %8s %5s\n", color ? "   " : "", name, "NAME", "KIND", "STATE", "AGENT",
		template, "TEMPLATE", net, "NET", "MEMORY", "VCPUS");
	for (size_t i = 0; i < inv->nvms; i++) {
		const struct vm_info *vm = &inv->vms[i];

		printf("%s%-*s  %-4s %-9s %-8s %-*s %-*s %8s %5u\n", format_swatch(vm->color, color, swatch), name,
			vm->name, vm->kind, vm->state, vm->agent, template, vm->template, net, text_of(vm, NET),
			format_size((uint64_t)vm->memory << 20, memory), vm->vcpus);
	}
}

int list_main(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct inventory inv;
	bool json = false;
	int r = cli_simple_options(argc, argv, 0, 0, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = inventory_get(bus, &inv);
	if (r)
		return r;
	if (json)
		r = list_json(&inv);
	else if (inv.nvms)
		list_table(&inv);
	else
		fprintf(stderr, "There is no VM yet. Make one: vmos create work%s\n",
			inv.ntemplates ? "" : " (after: vmos template build)");
	inventory_free(&inv);
	return r;
}
