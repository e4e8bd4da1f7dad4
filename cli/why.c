/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/rule.h"

static int print_json(const struct rule_answer *a)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "allowed", json_object_new_boolean(a->allowed));
	json_object_object_add(o, "ask", json_object_new_boolean(a->ask));
	json_object_object_add(o, "file", json_object_new_string(a->file));
	json_object_object_add(o, "line", json_object_new_uint64(a->line));
	json_object_object_add(o, "sentence", json_object_new_string(a->sentence));
	json_object_object_add(o, "kernel", json_object_new_string(a->kernel));
	return json_print(o, 1);
}

static int print_text(const struct rule_answer *a)
{
	printf("%s\n", a->sentence);
	if (*a->kernel)
		printf("The kernel itself says %s.\n", a->kernel);
	return CLI_OK;
}

int why_main(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct rule_answer answer = { 0 };
	bool json = false;
	int r = cli_simple_options(argc, argv, 3, 3, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = rule_ask(bus, argv[optind], argv[optind + 1], argv[optind + 2], &answer);
	if (!r)
		r = json ? print_json(&answer) : print_text(&answer);
	if (!r && !answer.allowed)
		r = CLI_REFUSED;
	sd_bus_message_unref(answer.reply);
	return r;
}
