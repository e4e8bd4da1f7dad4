/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char said[] = "/tmp/vmos-console-XXXXXX";

static void say(const char *text)
{
	int fd;

	memcpy(said + sizeof(said) - 7, "XXXXXX", 6);
	fd = mkstemp(said);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool ends_in_order(const char *text)
{
	bool ret;

	say(text);
	ret = console_ends_in_order(said);
	unlink(said);
	return ret;
}

static bool finds_panic(const char *text, char line[CONSOLE_LINE_MAX])
{
	bool ret;

	say(text);
	ret = console_find_panic(said, line, CONSOLE_LINE_MAX);
	unlink(said);
	return ret;
}

static void tail_of(const void *bytes, size_t len, char *dst, size_t cap)
{
	char path[] = "/tmp/vmos-console-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	console_tail(path, dst, cap);
	unlink(path);
}

static void test_empty(void **state)
{
	char text[64] = "x";

	console_tail("/nonexistent/console.log", text, sizeof(text));
	assert_string_equal(text, "");
	tail_of("", 0, text, sizeof(text));
	assert_string_equal(text, "");
	tail_of("\r\n\n\r\r\n", 6, text, sizeof(text));
	assert_string_equal(text, "");
}

static void test_lines(void **state)
{
	char text[CONSOLE_TEXT_MAX];

	tail_of("one\r\ntwo\n\nthree", 15, text, sizeof(text));
	assert_string_equal(text, "  | one\n  | two\n  | three\n");
	tail_of("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", 27, text, sizeof(text));
	assert_string_equal(text, "  | 3\n  | 4\n  | 5\n  | 6\n  | 7\n  | 8\n  | 9\n  | 10\n  | 11\n  | 12\n");
}

/* What a guest writes cannot move a terminal's cursor, and a long line cannot run over. */
static void test_hostile(void **state)
{
	char bytes[20000], text[CONSOLE_TEXT_MAX], small[16];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	tail_of(bytes, sizeof(bytes), text, sizeof(text));
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
	tail_of(bytes, sizeof(bytes), small, sizeof(small));
	assert_true(strlen(small) < sizeof(small));
	memset(bytes, 'a', sizeof(bytes));
	tail_of(bytes, sizeof(bytes), text, sizeof(text));
	assert_true(strlen(text) < 300);
}

static void test_goodbye(void **state)
{
	assert_true(ends_in_order("[    9.1] reboot: Power down\r\n"));
	assert_true(ends_in_order("one\n[    9.1] reboot: Restarting system\n\n"));
	assert_true(ends_in_order("reboot: Power down"));
	assert_false(ends_in_order("[ 9.1] reboot: Power down\nKernel panic - not syncing\n"));
	assert_false(ends_in_order("login:\n"));
	assert_false(ends_in_order(""));
	assert_false(console_ends_in_order("/nonexistent/console.log"));
}

static void test_panic(void **state)
{
	char line[CONSOLE_LINE_MAX];

	assert_true(finds_panic(
		"x\r\n[    9.1] Kernel panic - not syncing: a\x1b[2J crash\r\n[    9.2] Call Trace:\n", line));
	assert_string_equal(line, "Kernel panic - not syncing: a\xef\xbf\xbd[2J crash");
	assert_true(finds_panic("Kernel panic", line));
	assert_string_equal(line, "Kernel panic");
	assert_false(finds_panic("[ 9.1] reboot: Power down\n", line));
	assert_false(finds_panic("", line));
	assert_false(console_find_panic("/nonexistent/console.log", line, sizeof(line)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_goodbye),
		cmocka_unit_test(test_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
