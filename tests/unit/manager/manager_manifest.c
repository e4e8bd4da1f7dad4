/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/manifest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOOD                                                                                                  \
	"# made by a test\nname=debian-13\nversion=20260101T000000Z-abc\narchitecture=x86_64\nsuite=trixie\n" \
	"cmdline=vmos.roothash=00ff vmos.rootblocks=12\nsize_root=208408576\n"

static int parse(const char *text, struct manifest *ret, unsigned *ret_line)
{
	return manifest_parse(text, strlen(text), ret, ret_line);
}

static void test_good(void **state)
{
	struct manifest m;
	unsigned line;

	assert_int_equal(parse(GOOD, &m, &line), 0);
	assert_string_equal(m.name, "debian-13");
	assert_string_equal(m.version, "20260101T000000Z-abc");
	assert_string_equal(m.architecture, "x86_64");
	assert_string_equal(m.cmdline, "vmos.roothash=00ff vmos.rootblocks=12");
	assert_int_equal(m.size_root, 208408576);
}

/* An empty cmdline, unknown keys and a last line without its newline are fine. */
static void test_lenient(void **state)
{
	struct manifest m;
	unsigned line;

	assert_int_equal(
		parse("name=a\nversion=1\narchitecture=x86_64\ncmdline=\n\nnew_key=anything \"at\" all", &m, &line), 0);
	assert_string_equal(m.cmdline, "");
	assert_int_equal(m.size_root, 0);
}

static void test_refused_lines(void **state)
{
	static const char *const wrong[] = {
		"name",
		"=x",
		"name=",
		"name=.hidden",
		"name=-x",
		"name=a/b",
		"name=..",
		"name=a b",
		"version=../x",
		"cmdline=a\"b",
		"cmdline=a'b",
		"cmdline=a\\b",
		"cmdline=a;b\t",
		"size_root=",
		"size_root=-1",
		"size_root=1e9",
		"size_root=9999999999999999",
		"architecture=x86_64\r",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct manifest m = { .size_root = 99 };
		unsigned line = 0;
		char text[256];

		snprintf(text, sizeof(text), "suite=trixie\n%s\n", wrong[i]);
		assert_int_equal(parse(text, &m, &line), -EBADMSG);
		assert_int_equal(line, 2);
		assert_int_equal(m.size_root, 99);
	}
}

static void test_twice_and_missing(void **state)
{
	struct manifest m;
	unsigned line = 9;

	assert_int_equal(parse("name=a\nname=a\n", &m, &line), -EBADMSG);
	assert_int_equal(line, 2);
	assert_int_equal(parse("name=a\nversion=1\n", &m, &line), -EBADMSG);
	assert_int_equal(line, 0);
	assert_int_equal(manifest_parse("", 0, &m, &line), -EBADMSG);
}

/* Every byte value in a name and in a command line: let in or refused, never changed. */
static void test_all_bytes(void **state)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		char text[] = "name=aXb\nversion=1\narchitecture=x86_64\n";
		struct manifest m;
		unsigned line;

		text[6] = (char)byte;
		if (manifest_parse(text, sizeof(text) - 1, &m, &line) == 0) {
			assert_int_equal((unsigned char)m.name[1], byte);
			assert_non_null(
				strchr("0123456789_.-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", (int)byte));
		}
	}
}

/* Every truncation of a good manifest is refused or gives what stands in the part that is left. */
static void test_truncated(void **state)
{
	for (size_t len = 0; len < sizeof(GOOD) - 1; len++) {
		struct manifest m;
		unsigned line;

		if (manifest_parse(GOOD, len, &m, &line) == 0)
			assert_string_equal(m.name, "debian-13");
	}
}

static void test_too_long(void **state)
{
	char text[2048] = "name=";
	struct manifest m;
	unsigned line;

	memset(text + 5, 'a', MANIFEST_WORD_MAX + 1);
	assert_int_equal(parse(text, &m, &line), -EBADMSG);
	memcpy(text, "cmdline=", 8);
	memset(text + 8, 'a', MANIFEST_CMDLINE_MAX + 1);
	assert_int_equal(parse(text, &m, &line), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_refused_lines),
		cmocka_unit_test(test_twice_and_missing),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
