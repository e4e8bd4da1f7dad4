/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos net flows`. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/net.h"
#include "proto/nettarget.h"

#define LOOK_EVERY 1000000 /* microseconds, with --follow */
#define ROW "%-12s %-10s %-36s %-12s %9s %9s %10s  %s\n"

/* Strings are of the reply. */
struct flow {
	const char *vm, *net, *program, *name, *address, *action, *line;
	uint8_t proto;
	uint16_t port, local_port;
	uint64_t sent, received;
	uint32_t age, idle;
};

struct options {
	bool json, follow;
	const char *vm; /* "": all */
};

static const char *proto_name(uint8_t proto)
{
	return proto == NET_TCP ? "tcp" : proto == NET_UDP ? "udp" : "icmp";
}

static struct json_object *flow_json(const struct flow *f)
{
	struct json_object *o = json_object_new_object();

	json_add_text(o, "vm", f->vm);
	json_add_text(o, "net", f->net);
	json_add_text(o, "program", f->program);
	json_add_text(o, "name", f->name);
	json_add_text(o, "address", f->address);
	json_add_text(o, "proto", proto_name(f->proto));
	json_add_number(o, "port", f->port);
	json_add_number(o, "local_port", f->local_port);
	json_add_number(o, "sent", f->sent);
	json_add_number(o, "received", f->received);
	json_add_number(o, "age", f->age);
	json_add_number(o, "idle", f->idle);
	json_add_text(o, "action", f->action);
	json_add_text(o, "line", f->line);
	return o;
}

static void print_flow(const struct flow *f)
{
	char target[NET_PLACE_MAX], sent[FORMAT_SIZE_MAX], received[FORMAT_SIZE_MAX], age[NET_AGE_MAX];
	char program[NET_PROGRAM_MAX];

	net_text_target(f->name, f->address, proto_name(f->proto), f->port, target);
	net_text_age(f->age, age);
	net_text_program(f->program, program);
	printf(ROW, f->vm, f->net, target, program, format_size(f->sent, sent), format_size(f->received, received), age,
		net_text_line(f->line));
}

static int read_flow(sd_bus_message *reply, struct flow *f)
{
	return sd_bus_message_read(reply, "(ssssysqqttuuss)", &f->vm, &f->net, &f->program, &f->name, &f->proto,
		&f->address, &f->port, &f->local_port, &f->sent, &f->received, &f->age, &f->idle, &f->action, &f->line);
}

static int print_flows(sd_bus_message *reply, const struct options *o)
{
	struct json_object *array = o->json ? json_object_new_array() : NULL;
	struct flow f;
	unsigned n = 0;
	int r = sd_bus_message_enter_container(reply, 'a', "(ssssysqqttuuss)");

	while (r >= 0 && (r = read_flow(reply, &f)) > 0) {
		if (!o->json && n++ == 0)
			printf(ROW, "VM", "THROUGH", "TARGET", "IT CLAIMS", "SENT", "RECEIVED", "AGE", "BY");
		if (o->json)
			json_object_array_add(array, flow_json(&f));
		else
			print_flow(&f);
	}
	if (o->json)
		return r < 0 ? (json_object_put(array), client_broken(r)) : json_print(array, !o->follow);
	if (r >= 0 && n == 0)
		fprintf(stderr, "Nothing runs over the network.\n");
	return r < 0 ? client_broken(r) : CLI_OK;
}

static int show(sd_bus *bus, const struct options *o)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	int r = client_net_call(bus, "Flows", &call);

	if (r)
		return r;
	r = sd_bus_message_append(call, "s", o->vm);
	if (r < 0)
		return client_broken(r);
	r = client_send(bus, call, NULL, &reply);
	if (r)
		return r;
	if (o->follow && !o->json && isatty(STDOUT_FILENO))
		printf("\033[H\033[2J");
	return print_flows(reply, o);
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = cli_option(argc, argv, "hf", longs)) != -1) {
		if (opt == '?')
			return cli_usage(argv[0]);
		o->follow = o->follow || opt == 'f';
		o->json = o->json || opt == 'j';
	}
	if (argc - optind > 1)
		return cli_usage(argv[0]);
	o->vm = optind < argc ? argv[optind] : "";
	return 0;
}

/* With --follow it ends when its output does, or by a signal. */
int net_flows(int argc, char **argv)
{
	struct options options = { 0 };
	sd_bus *bus cleanup_bus = NULL;
	int r = read_options(argc, argv, &options);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = show(bus, &options);
	while (!r && options.follow) {
		if (fflush(stdout) || ferror(stdout))
			return cli_error(CLI_FAILED, "cannot write the output");
		usleep(LOOK_EVERY);
		r = show(bus, &options);
	}
	return r;
}
