/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/json.h"
#include "cli/template_build.h"
#include "cli/template_import.h"

static int list_json(const struct inventory *inv)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < inv->ntemplates; i++)
		json_object_array_add(array, json_template(&inv->templates[i]));
	return json_print(array, 1);
}

static void list_table(const struct inventory *inv)
{
	char size[FORMAT_SIZE_MAX];
	size_t width = 16;

	for (size_t i = 0; i < inv->ntemplates; i++)
		width = strlen(inv->templates[i].name) > width ? strlen(inv->templates[i].name) : width;
	printf("%-*s  %-25s  %-8s %9s  %s\n", (int)width, "NAME", "VERSION", "ARCH", "SIZE", "USED BY");
	for (size_t i = 0; i < inv->ntemplates; i++) {
		const struct template_info *t = &inv->templates[i];

		printf("%-*s  %-25s  %-8s %9s ", (int)width, t->name, t->version, t->architecture,
			format_size(t->size, size));
		for (char **vm = t->used_by; *vm; vm++)
			printf(" %s", *vm);
		putchar('\n');
	}
}

static int template_list(int argc, char **argv)
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
	else if (inv.ntemplates)
		list_table(&inv);
	else
		fprintf(stderr, "There is no template yet. %s\n",
			client_is_system() ? "Give the host one that was built elsewhere: vmos template import FOLDER"
					   : "Build one: vmos template build");
	inventory_free(&inv);
	return r;
}

static int template_remove(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	int r = cli_simple_options(argc, argv, 1, 1, NULL);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_manager_call(bus, "RemoveTemplate", &call);
	if (r)
		return r;
	r = sd_bus_message_append(call, "s", argv[optind]);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

int template_main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc > 1) {
		argv[1] = argv[0]; /* for usage lines */
		argc--;
		argv++;
	}
	if (!strcmp(verb, "build"))
		return template_build(argc, argv);
	if (!strcmp(verb, "import"))
		return template_import_main(argc, argv);
	if (!strcmp(verb, "list"))
		return template_list(argc, argv);
	if (!strcmp(verb, "remove"))
		return template_remove(argc, argv);
	return cli_usage("template");
}
