/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos clock`: how the host's clock is kept, who is asked for the time, and what is believed once. */
#include "cli/commands.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/json.h"

#define SECOND_NS 1e9
#define ACCEPT_MAX 3.2e9 /* seconds: a century */

/* What org.vmos.Clock1 tells. Strings are of the reply. */
struct clock_info {
	const char *kept_by, *from, *server, *result, *reason;
	int64_t offset_ns, error_ns, moved_ns, may_move_ns;
	uint64_t measured_usec;
};

struct request {
	const char *from, *server; /* NULL: not given */
	const char *accept;
	bool measure, json;
};

static int read_member(sd_bus_message *reply, struct clock_info *ret)
{
	const struct {
		const char *key, *type;
		void *value;
	} members[] = {
		{ "KeptBy", "s", &ret->kept_by },
		{ "From", "s", &ret->from },
		{ "Server", "s", &ret->server },
		{ "Result", "s", &ret->result },
		{ "Reason", "s", &ret->reason },
		{ "OffsetNSec", "x", &ret->offset_ns },
		{ "ErrorNSec", "x", &ret->error_ns },
		{ "MeasuredUSec", "t", &ret->measured_usec },
		{ "MovedNSec", "x", &ret->moved_ns },
		{ "MayMoveNSec", "x", &ret->may_move_ns },
	};
	const char *key;
	int r = sd_bus_message_read(reply, "s", &key);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		if (!strcmp(key, members[i].key))
			return sd_bus_message_read(reply, "v", members[i].type, members[i].value);
	}
	return sd_bus_message_skip(reply, "v");
}

static int read_info(sd_bus_message *reply, struct clock_info *ret)
{
	int r = sd_bus_message_enter_container(reply, 'a', "{sv}");

	*ret = (struct clock_info){ .kept_by = "", .from = "", .server = "", .result = "", .reason = "" };
	while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
		r = read_member(reply, ret);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
	return r < 0 ? client_broken(r) : 0;
}

static int print_json(const struct clock_info *c)
{
	struct json_object *o = json_object_new_object();

	json_add_text(o, "kept_by", c->kept_by);
	json_add_text(o, "from", c->from);
	json_add_text(o, "server", c->server);
	json_add_text(o, "result", c->result);
	json_add_text(o, "reason", c->reason);
	json_object_object_add(o, "offset", json_object_new_double((double)c->offset_ns / SECOND_NS));
	json_object_object_add(o, "error", json_object_new_double((double)c->error_ns / SECOND_NS));
	json_add_number(o, "measured_usec", c->measured_usec);
	json_object_object_add(o, "moved_today", json_object_new_double((double)c->moved_ns / SECOND_NS));
	return json_print(o, 1);
}

/* What is added to a clock that is behind is positive. */
static void print_difference(const struct clock_info *c)
{
	time_t when = (time_t)(c->measured_usec / 1000000);
	char text[40] = "?";
	struct tm tm;

	if (localtime_r(&when, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("Difference   %.3f s %s, give or take %.3f s, at %s\n", fabs((double)c->offset_ns) / SECOND_NS,
		c->offset_ns < 0 ? "ahead" : "behind", (double)c->error_ns / SECOND_NS, text);
}

static int print_text(const struct clock_info *c)
{
	if (!strcmp(c->kept_by, "host")) {
		printf("This host keeps its own time.\n");
		return CLI_OK;
	}
	if (!*c->from) {
		printf("Nobody tells this host the time. Choose a NET VM: vmos clock --from NETVM\n");
		return CLI_OK;
	}
	printf("Time from    %s, which asks %s\n", c->from, c->server);
	if (c->measured_usec)
		print_difference(c);
	printf("Mended       %.3f s of the %.0f s that it may in a day\n", (double)c->moved_ns / SECOND_NS,
		(double)c->may_move_ns / SECOND_NS);
	if (!strcmp(c->result, "never"))
		printf("State        asked soon; vmos clock --now asks now\n");
	else
		printf("State        %s\n",
			*c->reason                            ? c->reason
				: !strcmp(c->result, "right") ? "the clock is right"
							      : "the clock is being mended, or was set");
	return CLI_OK;
}

static int clock_call(sd_bus *bus, const char *method, sd_bus_message **ret_call)
{
	return client_object_call(bus, CLIENT_CLOCK_IFACE, method, ret_call);
}

static int show(sd_bus *bus, bool json)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus_message *reply cleanup_message = NULL;
	struct clock_info info;
	int r = clock_call(bus, "Get", &call);

	if (!r)
		r = client_send(bus, call, NULL, &reply);
	if (!r)
		r = read_info(reply, &info);
	if (r)
		return r;
	return json ? print_json(&info) : print_text(&info);
}

static int set_source(sd_bus *bus, const char *from, const char *server)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = clock_call(bus, "SetSource", &call);

	if (r)
		return r;
	r = sd_bus_message_append(call, "ss", !strcmp(from, "none") ? "" : from, server ? server : "");
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

static int measure(sd_bus *bus)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = clock_call(bus, "Measure", &call);

	return r ? r : client_send(bus, call, "asking for the time", NULL);
}

/* "+7380.250", as `vmos clock` shows it. */
static int accept_difference(sd_bus *bus, const char *text)
{
	sd_bus_message *call cleanup_message = NULL;
	char *end;
	double seconds = strtod(text, &end);
	int r;

	if (end == text || *end || !(fabs(seconds) <= ACCEPT_MAX) || seconds == 0)
		return cli_error(
			CLI_USAGE, "\"%s\" is no difference in seconds: `vmos clock` shows the one that waits", text);
	r = clock_call(bus, "Accept", &call);
	if (r)
		return r;
	r = sd_bus_message_append(call, "x", (int64_t)llround(seconds * SECOND_NS));
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

static int read_request(int argc, char **argv, struct request *ret)
{
	static const struct option longs[] = {
		{ "accept", required_argument, NULL, 'a' },
		{ "from", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "now", no_argument, NULL, 'n' },
		{ "server", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = cli_option(argc, argv, "h", longs)) != -1) {
		if (opt == 'a')
			ret->accept = optarg;
		else if (opt == 'f')
			ret->from = optarg;
		else if (opt == 'j')
			ret->json = true;
		else if (opt == 'n')
			ret->measure = true;
		else if (opt == 's')
			ret->server = optarg;
		else
			return cli_usage(argv[0]);
	}
	if (optind < argc || (ret->server && !ret->from) || (ret->accept && (ret->from || ret->measure)))
		return cli_usage(argv[0]);
	return 0;
}

int clock_main(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct request request = { 0 };
	int r = read_request(argc, argv, &request);

	if (!r)
		r = client_open(&bus);
	if (!r && request.from)
		r = set_source(bus, request.from, request.server);
	if (!r && request.measure)
		r = measure(bus);
	if (!r && request.accept)
		return accept_difference(bus, request.accept);
	if (!r && (request.measure || request.json || !request.from))
		r = show(bus, request.json);
	return r;
}
