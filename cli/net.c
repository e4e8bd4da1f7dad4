/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"

char *net_files_error(sd_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *text = NULL;
	int r = sd_bus_get_property_string(
		bus, CLIENT_NAME, CLIENT_MANAGER_PATH, CLIENT_NET_IFACE, "ListsError", &error, &text);

	if (r < 0)
		client_broken(r);
	sd_bus_error_free(&error);
	return text;
}

/* "VM ACTION TARGET OPTION …"; NULL: memory is out. */
static char *join(const char *action, char **words, int n)
{
	char *line = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s %s", words[0], action);
	for (int i = 1; i < n; i++)
		fprintf(out, " %s", words[i]);
	if (fclose(out) == 0)
		return line;
	free(line);
	return NULL;
}

/* @action is a word of a list, too. */
static int add_line(const char *action, int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	char *line cleanup_free = NULL;
	int r = cli_simple_options(argc, argv, 2, 8, NULL);

	if (r)
		return r;
	line = join(action, argv + optind, argc - optind);
	if (!line)
		return cli_oom();
	r = client_open(&bus);
	if (!r)
		r = client_net_call(bus, "AddLine", &call);
	if (r)
		return r;
	r = sd_bus_message_append(call, "s", line);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

static int net_allow(int argc, char **argv)
{
	return add_line("allow", argc, argv);
}

static int net_deny(int argc, char **argv)
{
	return add_line("deny", argc, argv);
}

static int net_ask_line(int argc, char **argv)
{
	return add_line("ask", argc, argv);
}

static int net_del(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	uint32_t removed;
	int r = cli_simple_options(argc, argv, 2, 2, NULL);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_net_call(bus, "DelLine", &call);
	if (!r)
		r = client_remove(bus, call, argv[optind], argv[optind + 1], &removed);
	if (r)
		return r;
	return removed
		? CLI_OK
		: cli_error(CLI_NOT_FOUND,
			  "50-vmos.net has no such line of %s: `vmos net list %s` shows those that are, and where",
			  argv[optind], argv[optind]);
}

int net_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "allow", net_allow },
		{ "ask", net_ask_line },
		{ "cards", net_cards },
		{ "check", net_check },
		{ "del", net_del },
		{ "deny", net_deny },
		{ "flows", net_flows },
		{ "list", net_list },
		{ "log", net_log },
		{ "why", net_why },
		{ NULL, NULL },
	};

	return cli_run_verb(argc, argv, verbs, "list");
}
