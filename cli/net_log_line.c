/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of the network's log as a row for people. Who can write to the file is not known: all is cleaned. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format.h"
#include "cli/log.h"
#include "cli/net.h"
#include "proto/text.h"

#define ROW "%-12s %-10s %-8s %-36s %-12s %s"

/* The events of manager/net_log.c, as what has happened. */
static const char *what(const char *event)
{
	static const char *const words[][2] = {
		{ "open", "opened" },
		{ "close", "closed" },
		{ "deny", "refused" },
		{ "cut", "cut" },
		{ "name", "resolved" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(event, words[i][0]))
			return words[i][1];
	}
	return NULL;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_string)
		? json_object_get_string(value)
		: "";
}

static uint64_t number_of(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_int)
		? json_object_get_uint64(value)
		: 0;
}

/* What the last column says of @key, cleaned. */
static void clean(struct json_object *o, const char *key, char *text, size_t size)
{
	const char *value = text_of(o, key);

	text_sanitise((const uint8_t *)value, strlen(value), text, size);
}

static void print_row(FILE *out, struct json_object *o, const char *event)
{
	char vm[64], net[64], target[NET_PLACE_MAX], program[NET_PROGRAM_MAX] = "", last[LOG_VALUE_MAX];
	unsigned port = (unsigned)number_of(o, "port");

	clean(o, "vm", vm, sizeof(vm));
	clean(o, "net", net, sizeof(net));
	if (!strcmp(event, "name")) {
		clean(o, "name", target, sizeof(target));
		clean(o, "address", last, sizeof(last));
	} else {
		net_text_target(text_of(o, "name"), text_of(o, "address"), text_of(o, "proto"), port, target);
		net_text_program(text_of(o, "program"), program);
		clean(o, "line", last, sizeof(last));
	}
	log_line_time(out, text_of(o, "time"));
	fprintf(out, "  " ROW, vm, net, what(event), target, program, net_text_line(last));
}

static void print_sums(FILE *out, struct json_object *o)
{
	char sent[FORMAT_SIZE_MAX], received[FORMAT_SIZE_MAX], age[NET_AGE_MAX];
	uint64_t more = number_of(o, "untold");
	struct json_object *value;

	if (json_object_object_get_ex(o, "sent", &value)) {
		net_text_age(number_of(o, "age"), age);
		fprintf(out, "; sent %s, received %s in %s", format_size(number_of(o, "sent"), sent),
			format_size(number_of(o, "received"), received), age);
	}
	if (more)
		fprintf(out, "; and %llu before it that are not written", (unsigned long long)more);
}

void net_log_heads(void)
{
	printf("%-19s  " ROW "\n", "TIME", "VM", "THROUGH", "WHAT", "TARGET", "IT CLAIMS", "BY");
}

char *net_log_line(const char *untrusted_line, size_t len)
{
	struct json_object *o = log_line_parse(untrusted_line, len);
	const char *event = o ? text_of(o, "event") : "";
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (!what(event)) {
		json_object_put(o);
		return log_line_text(untrusted_line, len); /* of a later version, or no line at all */
	}
	out = open_memstream(&text, &size);
	if (out) {
		print_row(out, o, event);
		print_sums(out, o);
	}
	json_object_put(o);
	if (out && fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
