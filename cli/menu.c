/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/menu.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"

static int print_json(const struct menu *m)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < m->n; i++) {
		const struct menu_app *a = &m->list[i];
		struct json_object *o = json_object_new_object(), *categories = json_object_new_array();

		json_add_text(o, "vm", a->vm);
		json_add_text(o, "id", a->app.id);
		json_add_text(o, "name", a->app.name);
		json_add_text(o, "window", a->app.window);
		for (unsigned bit = 0; app_category(bit); bit++)
			if (a->app.categories & 1u << bit)
				json_object_array_add(categories, json_object_new_string(app_category(bit)));
		json_object_object_add(o, "categories", categories);
		json_object_array_add(array, o);
	}
	return json_print(array, 1);
}

static int print_table(const struct menu *m)
{
	size_t vm = 2, id = 2;

	for (size_t i = 0; i < m->n; i++) {
		vm = strlen(m->list[i].vm) > vm ? strlen(m->list[i].vm) : vm;
		id = strlen(m->list[i].app.id) > id ? strlen(m->list[i].app.id) : id;
	}
	if (m->n)
		printf("%-*s  %-*s  %-16s  %s\n", (int)vm, "VM", (int)id, "ID", "CATEGORY", "NAME");
	else
		fprintf(stderr, "No VM has told its applications yet: a VM does when it has started.\n");
	for (size_t i = 0; i < m->n; i++)
		printf("%-*s  %-*s  %-16s  %s\n", (int)vm, m->list[i].vm, (int)id, m->list[i].app.id,
			menu_category(&m->list[i].app), m->list[i].app.name);
	return 0;
}

/* @use is given what there is. */
static int with_menu(const char *vm, int (*use)(const struct menu *m))
{
	sd_bus *bus cleanup_bus = NULL;
	struct menu m = { 0 };
	int r = client_open(&bus);

	if (!r)
		r = menu_read(bus, vm, &m);
	if (!r)
		r = use(&m);
	menu_free(&m);
	return r;
}

static int menu_list(int argc, char **argv)
{
	bool json = false;
	int r = cli_simple_options(argc, argv, 0, 1, &json);

	return r ? r : with_menu(argv[optind], json ? print_json : print_table);
}

static int sync_files(const struct menu *m)
{
	return menu_sync(m, client_is_system() ? "system" : "session");
}

static int menu_sync_all(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 0, 0, NULL);

	return r ? r : with_menu(NULL, sync_files);
}

/* vmosd need not be there: these are files of the user's. */
static int menu_clear_all(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 0, 0, NULL);

	return r ? r : menu_clear(NULL);
}

int menu_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "clear", menu_clear_all },
		{ "list", menu_list },
		{ "sync", menu_sync_all },
		{ NULL, NULL },
	};

	return cli_run_verb(argc, argv, verbs, "list");
}
