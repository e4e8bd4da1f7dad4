/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos rule list`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/rule.h"

/* Strings are of the reply. */
struct entry {
	const char *subject, *object, *access, *file;
	int ask, notify;
	uint32_t seconds, line;
	bool counts; /* no later line is about the same pair */
};

struct list {
	struct entry *entries; /* owned */
	size_t n;
};

static int add(struct list *l, const struct entry *e)
{
	if (l->n % 64 == 0) {
		struct entry *more = realloc(l->entries, (l->n + 64) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->entries = more;
	}
	l->entries[l->n++] = *e;
	return 0;
}

static int read_list(sd_bus_message *reply, struct list *l)
{
	struct entry e = { .counts = true };
	int r = sd_bus_message_enter_container(reply, 'a', "(sssbbusu)");

	while (r >= 0 &&
		(r = sd_bus_message_read(reply, "(sssbbusu)", &e.subject, &e.object, &e.access, &e.ask, &e.notify,
			 &e.seconds, &e.file, &e.line)) > 0)
		r = add(l, &e);
	for (size_t i = 0; i < l->n; i++) {
		for (size_t j = i + 1; j < l->n && l->entries[i].counts; j++)
			l->entries[i].counts = strcmp(l->entries[i].subject, l->entries[j].subject) ||
				strcmp(l->entries[i].object, l->entries[j].object);
	}
	return r;
}

static int print_json(const struct list *l)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct entry *e = &l->entries[i];
		struct json_object *o = json_object_new_object();

		json_add_text(o, "subject", e->subject);
		json_add_text(o, "object", e->object);
		json_add_text(o, "access", e->access);
		json_object_object_add(o, "ask", json_object_new_boolean(e->ask));
		json_object_object_add(o, "notify", json_object_new_boolean(e->notify));
		json_add_number(o, "for", e->seconds);
		json_object_object_add(o, "counts", json_object_new_boolean(e->counts));
		json_add_text(o, "file", e->file);
		json_add_number(o, "line", e->line);
		json_object_array_add(array, o);
	}
	return json_print(array, 1);
}

static int width_of(const struct list *l, bool objects)
{
	size_t width = 8;

	for (size_t i = 0; i < l->n; i++) {
		size_t len = strlen(objects ? l->entries[i].object : l->entries[i].subject);

		width = len > width ? len : width;
	}
	return (int)width;
}

static void print_table(const struct list *l)
{
	int subject = width_of(l, false), object = width_of(l, true);

	printf("%-*s  %-*s  %-6s  %-24s  %s\n", subject, "SUBJECT", object, "OBJECT", "ACCESS", "OPTIONS", "FROM");
	for (size_t i = 0; i < l->n; i++) {
		const struct entry *e = &l->entries[i];
		char limit[24] = "", options[64];

		if (e->seconds)
			snprintf(limit, sizeof(limit), "for=%us ", e->seconds);
		snprintf(options, sizeof(options), "%s%s%s%s", e->ask ? "ask " : "", e->notify ? "notify " : "", limit,
			e->counts ? "" : "(overruled)");
		printf("%-*s  %-*s  %-6s  %-24s  %s:%u\n", subject, e->subject, object, e->object, e->access, options,
			e->file, e->line);
	}
}

static int print(const struct list *l, bool json)
{
	if (json)
		return print_json(l);
	if (l->n)
		print_table(l);
	else
		fprintf(stderr,
			"There is no rule: no VM may do anything to another. Allow something: "
			"vmos rule add work web w ask\n");
	return CLI_OK;
}

/* What is in force may be older than the files. */
static int warn(sd_bus *bus)
{
	char *error cleanup_free = rule_files_error(bus);

	if (error && *error)
		fprintf(stderr, "vmos: the rules before are in force still: %s\n", error);
	return error ? 0 : CLI_FAILED;
}

int rule_list(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	struct list list = { 0 };
	bool json = false;
	int r = cli_simple_options(argc, argv, 0, 0, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_manager_call(bus, "ListRules", &call);
	if (!r)
		r = client_send(bus, call, NULL, &reply);
	if (!r)
		r = warn(bus);
	if (r)
		return r;
	r = read_list(reply, &list);
	r = r < 0 ? client_broken(r) : print(&list, json);
	free(list.entries);
	return r;
}
