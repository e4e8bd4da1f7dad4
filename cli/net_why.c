/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos net why`. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/net.h"

int net_ask(sd_bus *bus, const char *vm, const char *target, struct net_verdict *ret)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = client_net_call(bus, "Why", &call);

	*ret = (struct net_verdict){ 0 };
	if (r)
		return r;
	r = sd_bus_message_append(call, "ss", vm, target);
	if (r < 0)
		return client_broken(r);
	r = client_send(bus, call, NULL, &ret->reply);
	if (r)
		return r;
	r = sd_bus_message_read(ret->reply, "ssus", &ret->action, &ret->file, &ret->line, &ret->sentence);
	return r < 0 ? client_broken(r) : 0;
}

static int print_json(const struct net_verdict *v)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "action", json_object_new_string(v->action));
	json_object_object_add(o, "file", json_object_new_string(v->file));
	json_object_object_add(o, "line", json_object_new_uint64(v->line));
	json_object_object_add(o, "sentence", json_object_new_string(v->sentence));
	return json_print(o, 1);
}

int net_why(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct net_verdict verdict = { 0 };
	bool json = false;
	int r = cli_simple_options(argc, argv, 2, 2, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = net_ask(bus, argv[optind], argv[optind + 1], &verdict);
	if (!r && json)
		r = print_json(&verdict);
	else if (!r)
		printf("%s\n", verdict.sentence);
	if (!r && !strcmp(verdict.action, "deny"))
		r = CLI_REFUSED;
	sd_bus_message_unref(verdict.reply);
	return r;
}
