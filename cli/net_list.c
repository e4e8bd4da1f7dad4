/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos net list`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/net.h"

/* Strings are of the reply. Source: "file", "session"; "default", "link": what stands before the first line. */
struct entry {
	const char *vm, *source, *action, *target, *file;
	int notify, counts;
	uint32_t seconds, line;
	uint64_t until; /* realtime, seconds; 0: no limit */
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
	struct entry e;
	int r = sd_bus_message_enter_container(reply, 'a', "(ssssbutbsu)");

	while (r >= 0 &&
		(r = sd_bus_message_read(reply, "(ssssbutbsu)", &e.vm, &e.source, &e.action, &e.target, &e.notify,
			 &e.seconds, &e.until, &e.counts, &e.file, &e.line)) > 0)
		r = add(l, &e);
	return r;
}

static int print_json(const struct list *l)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct entry *e = &l->entries[i];
		struct json_object *o = json_object_new_object();

		json_add_text(o, "vm", e->vm);
		json_add_text(o, "source", e->source);
		json_add_text(o, "action", e->action);
		json_add_text(o, "target", e->target);
		json_object_object_add(o, "notify", json_object_new_boolean(e->notify));
		json_add_number(o, "for", e->seconds);
		json_add_number(o, "until", e->until);
		json_object_object_add(o, "counts", json_object_new_boolean(e->counts));
		json_add_text(o, "file", e->file);
		json_add_number(o, "line", e->line);
		json_object_array_add(array, o);
	}
	return json_print(array, 1);
}

/* "until 14:30" today, with the date else. */
static void until_text(const struct entry *e, char *text, size_t size)
{
	time_t until = (time_t)e->until, now = time(NULL);
	struct tm tm, today;

	text[0] = '\0';
	if (!e->until)
		return;
	localtime_r(&now, &today);
	localtime_r(&until, &tm);
	strftime(text, size,
		tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year ? "until %H:%M:%S" : "until %Y-%m-%d %H:%M",
		&tm);
}

static void print_entry(const struct entry *e, int vm, int target)
{
	char until[40], options[80];

	until_text(e, until, sizeof(until));
	snprintf(options, sizeof(options), "%s%s%s%s", e->notify ? "notify " : "", until, e->counts ? "" : " (over)",
		!strcmp(e->source, "session") ? "until it stops" : "");
	printf("%-*s  %-6s  %-*s  %-24s  ", vm, e->vm, e->action, target, e->target, options);
	if (*e->file)
		printf("%s:%u\n", e->file, e->line);
	else
		printf("%s\n",
			!strcmp(e->source, "session")        ? "an answer of yours"
				: !strcmp(e->source, "link") ? "not written: the link's rule says ask"
							     : "not written: before the first line");
}

static void print_table(const struct list *l)
{
	size_t vm = 2, target = 6;

	for (size_t i = 0; i < l->n; i++) {
		vm = strlen(l->entries[i].vm) > vm ? strlen(l->entries[i].vm) : vm;
		target = strlen(l->entries[i].target) > target ? strlen(l->entries[i].target) : target;
	}
	target = target > 64 ? 64 : target;
	printf("%-*s  %-6s  %-*s  %-24s  %s\n", (int)vm, "VM", "ACTION", (int)target, "TARGET", "OPTIONS", "FROM");
	for (size_t i = 0; i < l->n; i++)
		print_entry(&l->entries[i], (int)vm, (int)target);
}

/* What is in force may be older than the files. */
static int warn(sd_bus *bus)
{
	char *error cleanup_free = net_files_error(bus);

	if (error && *error)
		fprintf(stderr, "vmos: the lists before are in force still: %s\n", error);
	return error ? 0 : CLI_FAILED;
}

static int print(const struct list *l, bool json)
{
	if (json)
		return print_json(l);
	if (l->n)
		print_table(l);
	else
		fprintf(stderr,
			"There is no line, and no VM uses a NET VM. Give one a network: vmos set work --net net0\n");
	return CLI_OK;
}

int net_list(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	struct list list = { 0 };
	bool json = false;
	int r = cli_simple_options(argc, argv, 0, 1, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_net_call(bus, "ListLines", &call);
	if (r)
		return r;
	r = sd_bus_message_append(call, "s", optind < argc ? argv[optind] : "");
	if (r < 0)
		return client_broken(r);
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
