/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/json.h"

static int list_json(const struct inventory *inv)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < inv->ntransfers; i++)
		json_object_array_add(array, json_transfer(&inv->transfers[i]));
	return json_print(array, 1);
}

static void list_table(const struct inventory *inv)
{
	char done[FORMAT_SIZE_MAX], total[FORMAT_SIZE_MAX];

	printf("%-16s  %-9s %-5s %-12s %-12s %8s %8s  %s\n", "ID", "STATE", "KIND", "FROM", "TO", "DONE", "OF", "WHAT");
	for (size_t i = 0; i < inv->ntransfers; i++) {
		const struct transfer_info *t = &inv->transfers[i];

		printf("%-16s  %-9s %-5s %-12s %-12s %8s %8s  %s\n", t->id, t->state, t->kind, t->from, t->to,
			format_size(t->done, done), t->total ? format_size(t->total, total) : "?", t->claim);
	}
}

static int list_main_of(int argc, char **argv)
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
	else if (inv.ntransfers)
		list_table(&inv);
	else
		fprintf(stderr, "Nothing passes between VMs. Send something: vmos send work:report.pdf web\n");
	inventory_free(&inv);
	return r;
}

static void show_one(const struct transfer_info *t)
{
	char done[FORMAT_SIZE_MAX], total[FORMAT_SIZE_MAX], started[32];
	time_t seconds = (time_t)(t->started / 1000000);
	struct tm tm;

	strftime(started, sizeof(started), "%F %T", localtime_r(&seconds, &tm));
	printf("%-9s %s\n%-9s %s\n", "Id", t->id, "Kind", t->kind);
	printf("%-9s %s\n%-9s %s\n", "From", *t->from ? t->from : "the host", "To", *t->to ? t->to : "-");
	printf("%-9s %s\n%-9s %s\n%-9s %s\n", "It claims", t->claim, "State", t->state, "Started", started);
	printf("%-9s %s of %s\n", "Done", format_size(t->done, done), t->total ? format_size(t->total, total) : "?");
	if (*t->reason)
		printf("%-9s %s\n", "Reason", t->reason);
	for (size_t i = 0; t->problems[i]; i++)
		printf("%-9s %s\n", i ? "" : "Left out", t->problems[i]);
}

static int unknown(const char *id)
{
	return cli_error(CLI_NOT_FOUND, "there is no transfer \"%s\": `vmos transfer list` shows those there are", id);
}

static int show_main_of(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct inventory inv;
	const struct transfer_info *t = NULL;
	bool json = false;
	int r = cli_simple_options(argc, argv, 1, 1, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = inventory_get(bus, &inv);
	if (r)
		return r;
	for (size_t i = 0; i < inv.ntransfers; i++)
		if (!strcmp(inv.transfers[i].id, argv[optind]))
			t = &inv.transfers[i];
	if (!t)
		r = unknown(argv[optind]);
	else if (json)
		r = json_print(json_transfer(t), 1);
	else
		show_one(t);
	inventory_free(&inv);
	return r;
}

/* A method without arguments of each that is named. */
static int call_each(int argc, char **argv, const char *method)
{
	sd_bus *bus cleanup_bus = NULL;
	int first = cli_simple_options(argc, argv, 1, INT_MAX, NULL);

	if (!first)
		first = client_open(&bus);
	for (argv += optind; bus && *argv; argv++) {
		sd_bus_message *call cleanup_message = NULL;
		char path[64];
		int r;

		/* an id is hexadecimal digits; anything else is no object's path */
		if (strspn(*argv, "0123456789abcdef") != strlen(*argv) || strlen(*argv) != 16) {
			r = unknown(*argv);
		} else {
			snprintf(path, sizeof(path), CLIENT_TRANSFER_PREFIX "/%s", *argv);
			r = sd_bus_message_new_method_call(
				bus, &call, CLIENT_NAME, path, CLIENT_TRANSFER_IFACE, method);
			r = r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
		}
		first = first ? first : r;
	}
	return first;
}

static int cancel_main_of(int argc, char **argv)
{
	return call_each(argc, argv, "Cancel");
}

static int resume_main_of(int argc, char **argv)
{
	return call_each(argc, argv, "Resume");
}

/* argv[0] of each is still "transfer", for the usage. */
int transfer_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		cli_handler handler;
	} words[] = {
		{ "list", list_main_of },
		{ "show", show_main_of },
		{ "cancel", cancel_main_of },
		{ "resume", resume_main_of },
	};
	const char *word = argc > 1 ? argv[1] : "list";

	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return cli_simple_options(argc, argv, 0, 0, NULL);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].name) != 0)
			continue;
		if (argc > 1) {
			argv[1] = argv[0];
			argc--;
			argv++;
		}
		return words[i].handler(argc, argv);
	}
	return cli_usage("transfer");
}
