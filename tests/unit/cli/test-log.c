/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/log.h"
#include "cli/net.h"
#include "proto/text.h"
#include "tests/unit/unit.h"

#define LINE(fields) \
	"{\"seq\":1,\"time\":\"2026-01-31T12:34:56.789012Z\",\"event\":\"decision\"" fields ",\"prev\":\"00\"}"

static int set_up(void **state)
{
	setenv("TZ", "CET-1", 1);
	tzset();
	return 0;
}

static void shows(const char *line, const char *want)
{
	char *have = log_line_text(line, strlen(line));

	assert_non_null(have);
	assert_string_equal(have, want);
	free(have);
}

static void test_text(void **state)
{
	shows(LINE(""), "2026-01-31 13:34:56  decision     ");
	shows(LINE(",\"from\":\"work\",\"n\":12"), "2026-01-31 13:34:56  decision      from=work n=12");
	shows(LINE(",\"a\":\"\",\"b\":\"two words\",\"c\":\"say \\\"x\\\\\\\"\",\"d\":\"k=v\""),
		"2026-01-31 13:34:56  decision      a=\"\" b=\"two words\" c=\"say \\\"x\\\\\\\"\" d=\"k=v\"");
	shows("{\"event\":\"e\",\"time\":\"soon\"}", "soon  e            ");
	shows("{}", "?  ?            ");
}

static void test_unreadable(void **state)
{
	static const char *const lines[] = { "", "{", "[]", "1", "null", "{\"a\":1}x", "{\"a\":1}{}", "{\"a\":" };

	for (size_t i = 0; i < COUNT(lines); i++)
		shows(lines[i], "(a line that cannot be read)");
}

static void row(const char *line, const char *want)
{
	char *have = net_log_line(line, strlen(line));

	assert_non_null(have);
	assert_string_equal(have, want);
	free(have);
}

static void test_net(void **state)
{
	row("{\"time\":\"2026-01-31T12:34:56.789Z\",\"event\":\"cut\",\"vm\":\"work\",\"net\":\"net0\",\"name\":\"\","
	    "\"address\":\"2001:db8::1\",\"proto\":\"tcp\",\"port\":443,\"program\":\"\",\"line\":\"/etc/vmos/net.d/"
	    "1.net:7\","
	    "\"age\":75,\"sent\":2048,\"received\":1,\"untold\":3}",
		"2026-01-31 13:34:56  work         net0       cut      [2001:db8::1]:443/tcp                ?          "
		"  "
		"1.net:7; sent 2.0 KiB, received 1 B in 1 min; and 3 before it that are not written");
	row("{\"time\":\"\\u001b\",\"event\":\"deny\",\"vm\":\"\\u001b[2J\",\"net\":1,\"name\":\"\\n\",\"proto\":"
	    "\"\\u202e\","
	    "\"program\":\"\\u0007\",\"line\":\"\\u001b]0;x\"}",
		"\xef\xbf\xbd  \xef\xbf\xbd[2J                  refused  \xef\xbf\xbd:0/\xef\xbf\xbd"
		"                            \xef\xbf\xbd          \xef\xbf\xbd]0;x");
	row("{\"event\":\"later\",\"time\":\"soon\"}", "soon  later        ");
	row("[]", "(a line that cannot be read)");
}

/* Whoever wrote it, what reaches the terminal is clean text. */
static void test_hostile(void **state)
{
	shows(LINE(",\"a\":\"\\u001b[2J\\n\\u202e\""),
		"2026-01-31 13:34:56  decision      a=\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd");
	shows("{\"event\":\"\\u001b]0;x\\u0007\",\"time\":\"\\u0000\",\"k\\r\":\"v\"}",
		"  \xef\xbf\xbd]0;x\xef\xbf\xbd    k\xef\xbf\xbd=v");
}

static void test_any_byte(void **state)
{
	for (unsigned c = 0; c < 256; c++) {
		char line[] = LINE(",\"a\":\"#\"");
		char *text;

		*strchr(line, '#') = (char)c;
		text = log_line_text(line, sizeof(line) - 1);
		assert_non_null(text);
		assert_true(text_is_clean(text));
		free(text);
	}
}

static void test_value(void **state)
{
	static const char line[] = LINE(",\"n\":1,\"a\":\"x\\u001by\"");
	char *text = log_line_value(line, strlen(line), "event");

	assert_string_equal(text, "decision");
	free(text);
	text = log_line_value(line, strlen(line), "a");
	assert_string_equal(text, "x\xef\xbf\xbdy");
	free(text);
	assert_null(log_line_value(line, strlen(line), "n")); /* no string */
	assert_null(log_line_value(line, strlen(line), "none"));
	assert_null(log_line_value("{", 1, "event"));
}

static void since(const char *text, const char *want)
{
	char have[40];

	assert_int_equal(log_line_since(text, 1769862896, have), 0); /* 2026-01-31T12:34:56Z */
	assert_string_equal(have, want);
}

static void test_since(void **state)
{
	char have[40];

	since("10s", "2026-01-31T12:34:46");
	since("5m", "2026-01-31T12:29:56");
	since("2h", "2026-01-31T10:34:56");
	since("31d", "2025-12-31T12:34:56");
	since("2026-01-02", "2026-01-01T23:00:00");
	since("2026-01-02 10:30", "2026-01-02T09:30:00");
	since("2026-01-02 10:30:15", "2026-01-02T09:30:15");
	assert_int_equal(log_line_since("", 0, have), -EINVAL);
	assert_int_equal(log_line_since("10", 0, have), -EINVAL);
	assert_int_equal(log_line_since("10x", 0, have), -EINVAL);
	assert_int_equal(log_line_since("0m", 0, have), -EINVAL);
	assert_int_equal(log_line_since("-5m", 0, have), -EINVAL);
	assert_int_equal(log_line_since("5mm", 0, have), -EINVAL);
	assert_int_equal(log_line_since("2026-13-01", 0, have), -EINVAL);
	assert_int_equal(log_line_since("2026-01-02 10:30:15 ", 0, have), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_any_byte),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_since),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
