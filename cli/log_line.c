/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/log.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "proto/text.h"

#define VALUE_MAX LOG_VALUE_MAX

struct json_object *log_line_parse(const char *line, size_t len)
{
	struct json_tokener *tokener = len <= INT32_MAX ? json_tokener_new() : NULL;
	struct json_object *o = tokener ? json_tokener_parse_ex(tokener, line, (int)len) : NULL;

	if (o && (!json_object_is_type(o, json_type_object) || json_tokener_get_parse_end(tokener) != len)) {
		json_object_put(o);
		o = NULL;
	}
	if (tokener)
		json_tokener_free(tokener);
	return o;
}

static void clean(const char *untrusted, char ret[VALUE_MAX])
{
	text_sanitise((const uint8_t *)untrusted, strlen(untrusted), ret, VALUE_MAX);
}

/* "key=value", in quotes where it would not be one word else. */
static void print_field(FILE *out, const char *untrusted_key, struct json_object *value)
{
	char key[VALUE_MAX], text[VALUE_MAX];
	const char *s = json_object_get_string(value);
	bool quote;

	clean(untrusted_key, key);
	clean(s ? s : "", text);
	quote = !*text || strpbrk(text, " \"=");
	fprintf(out, " %s=%s", key, quote ? "\"" : "");
	for (const char *p = text; *p; p++)
		fprintf(out, "%s%c", quote && (*p == '"' || *p == '\\') ? "\\" : "", *p);
	if (quote)
		fputc('"', out);
}

void log_line_time(FILE *out, const char *untrusted_time)
{
	struct tm tm = { 0 };
	char text[VALUE_MAX];
	time_t when;

	if (!strptime(untrusted_time, "%Y-%m-%dT%H:%M:%S", &tm)) {
		clean(untrusted_time, text);
		fputs(text, out);
		return;
	}
	when = timegm(&tm);
	if (!localtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(text, sizeof(text), "?");
	fputs(text, out);
}

static const char *member(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, key, &value) || !json_object_is_type(value, json_type_string))
		return "?";
	return json_object_get_string(value);
}

static void print_line(FILE *out, struct json_object *o)
{
	static const char *const own[] = { "seq", "time", "event", "prev" };
	struct json_object_iterator at = json_object_iter_begin(o), end = json_object_iter_end(o);
	char event[VALUE_MAX];

	log_line_time(out, member(o, "time"));
	clean(member(o, "event"), event);
	fprintf(out, "  %-13s", event);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *key = json_object_iter_peek_name(&at);
		bool is_own = false;

		for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
			is_own = is_own || !strcmp(key, own[i]);
		if (!is_own)
			print_field(out, key, json_object_iter_peek_value(&at));
	}
}

char *log_line_text(const char *untrusted_line, size_t len)
{
	struct json_object *o = log_line_parse(untrusted_line, len);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out && o)
		print_line(out, o);
	else if (out)
		fputs("(a line that cannot be read)", out);
	json_object_put(o);
	if (out && fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *log_line_value(const char *untrusted_line, size_t len, const char *key)
{
	struct json_object *o = log_line_parse(untrusted_line, len), *value;
	char text[VALUE_MAX], *copy = NULL;

	if (o && json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_string)) {
		clean(json_object_get_string(value), text);
		copy = strdup(text);
	}
	json_object_put(o);
	return copy;
}

/* "10m": seconds; 0: it is no such time. */
static long long duration(const char *text)
{
	static const struct {
		char unit;
		int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char *end;
	long long n = strtoll(text, &end, 10);

	if (n < 1 || n > 1000000 || text[0] < '0' || text[0] > '9' || !end[0] || end[1])
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (units[i].unit == end[0])
			return n * units[i].seconds;
	}
	return 0;
}

static bool read_date(const char *text, time_t *ret)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, forms[i], &tm);

		if (!end || *end)
			continue;
		*ret = mktime(&tm);
		return true;
	}
	return false;
}

int log_line_since(const char *since, time_t now, char ret_time[40])
{
	long long seconds = duration(since);
	time_t when = now - seconds;
	struct tm utc;

	if (seconds == 0 && !read_date(since, &when))
		return -EINVAL;
	if (!gmtime_r(&when, &utc) || !strftime(ret_time, 40, "%Y-%m-%dT%H:%M:%S", &utc))
		return -EINVAL;
	return 0;
}
