/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/ruleset.h"
#include "tests/unit/unit.h"

static struct rule memory[64];
static struct ruleset set;
static struct ruleset_error error;

static int parse(const char *text)
{
	set = (struct ruleset){ .rules = memory, .cap = COUNT(memory) };
	error = (struct ruleset_error){ 0 };
	return ruleset_parse(&set, 7, text, strlen(text), &error);
}

static void refused(const char *text, uint32_t line, uint32_t column, const char *words)
{
	assert_int_equal(parse(text), -EINVAL);
	assert_int_equal(error.line, line);
	assert_int_equal(error.column, column);
	assert_non_null(strstr(error.sentence, words));
	assert_int_equal(set.count, 0);
}

static void test_plain(void **state)
{
	assert_int_equal(parse("work web w\n"), 0);
	assert_int_equal(set.count, 1);
	assert_string_equal(memory[0].subject, "work");
	assert_string_equal(memory[0].object, "web");
	assert_int_equal(memory[0].access, RULE_WRITE);
	assert_int_equal(memory[0].file, 7);
	assert_int_equal(memory[0].line, 1);
	assert_false(memory[0].ask);
	assert_false(memory[0].notify);
	assert_int_equal(memory[0].for_seconds, 0);
}

static void test_layout(void **state)
{
	assert_int_equal(parse(""), 0);
	assert_int_equal(set.count, 0);
	assert_int_equal(parse("\n\r\n  \t\n# all\r\n  # of it\n"), 0);
	assert_int_equal(set.count, 0);
	assert_int_equal(parse("# a\r\n\ta.b\tc-d_e   rwxa ask # why\r\n\r\nz y -"), 0); /* no newline at the end */
	assert_int_equal(set.count, 2);
	assert_string_equal(memory[0].object, "c-d_e");
	assert_int_equal(memory[0].access, RULE_ALL);
	assert_true(memory[0].ask);
	assert_int_equal(memory[0].line, 2);
	assert_int_equal(memory[1].access, 0);
	assert_int_equal(memory[1].line, 4);
}

static void test_access(void **state)
{
	assert_int_equal(parse("a b w\na b a\na b x\na b r\na b -\na b -w--\na b rr\n"), 0);
	assert_int_equal(memory[0].access, RULE_WRITE);
	assert_int_equal(memory[1].access, RULE_PASTE);
	assert_int_equal(memory[2].access, RULE_OPEN);
	assert_int_equal(memory[3].access, RULE_READ);
	assert_int_equal(memory[4].access, 0);
	assert_int_equal(memory[5].access, RULE_WRITE);
	assert_int_equal(memory[6].access, RULE_READ);
}

static void test_options(void **state)
{
	assert_int_equal(parse("a b w ask notify for=10m\na b w for=1s\na b w for=366d\na b w for=2h notify\n"), 0);
	assert_true(memory[0].ask && memory[0].notify);
	assert_int_equal(memory[0].for_seconds, 600);
	assert_int_equal(memory[1].for_seconds, 1);
	assert_int_equal(memory[2].for_seconds, RULESET_FOR_MAX);
	assert_int_equal(memory[3].for_seconds, 7200);
	assert_false(memory[3].ask);
}

static void test_refused(void **state)
{
	refused("a", 1, 2, "object is missing");
	refused("a # b w", 1, 3, "object is missing");
	refused("\na b", 2, 4, "access is missing");
	refused("-a b w", 1, 1, "VM name");
	refused("a .b w", 1, 3, "VM name");
	refused("a b/c w", 1, 4, "VM name");
	refused("__ b w", 1, 1, "VM name");
	refused("@ b w", 1, 1, "VM name");
	refused("a \303\244 w", 1, 3, "VM name");
	refused("\357\273\277a b w", 1, 1, "VM name");
	refused("a b rwt", 1, 7, "letters");
	refused("a b W", 1, 5, "letters");
	refused("a b #w", 1, 5, "access is missing");
	refused("a b w# no", 1, 6, "letters");
	refused("a b w always", 1, 7, "ask");
	refused("a b w ask,notify", 1, 7, "ask");
	refused("a b w\na b w\tfor=", 2, 7, "ask");
	refused("a b w ask for=10", 1, 15, "time");
	refused("a b w for=0m", 1, 11, "time");
	refused("a b w for=m", 1, 11, "time");
	refused("a b w for=-1m", 1, 11, "time");
	refused("a b w for=367d", 1, 11, "time");
	refused("a b w for=99999999999999999999999s", 1, 11, "time");
	refused("a b w for=18446744073709551617s", 1, 11, "time");
	refused("a b w for=10mm", 1, 11, "time");
	refused("a b w\rb c w\n", 1, 6, "control");
	refused("# \033[2J\n", 1, 3, "control");
	refused("\na b w\177\n", 2, 6, "control");
}

static void test_nul(void **state)
{
	static const char text[] = "a b w\0ask\n";

	set = (struct ruleset){ .rules = memory, .cap = COUNT(memory) };
	assert_int_equal(ruleset_parse(&set, 0, text, sizeof(text) - 1, &error), -EINVAL);
	assert_int_equal(error.column, 6);
}

static void test_name_length(void **state)
{
	char text[80];
	char name[RULESET_NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	name[RULESET_NAME_MAX + 1] = '\0';
	snprintf(text, sizeof(text), "a %s w", name);
	refused(text, 1, 3, "40");
	snprintf(text, sizeof(text), "a %s w", name + 1);
	assert_int_equal(parse(text), 0);
	assert_string_equal(memory[0].object, name + 1);
}

/* A file that does not parse adds nothing to what earlier ones gave. */
static void test_all_or_nothing(void **state)
{
	assert_int_equal(parse("a b w\n"), 0);
	assert_int_equal(ruleset_parse(&set, 8, "c d w\ne f q\n", 12, &error), -EINVAL);
	assert_int_equal(error.line, 2);
	assert_int_equal(set.count, 1);
	assert_int_equal(ruleset_parse(&set, 8, "c d w\n", 6, &error), 0);
	assert_int_equal(set.count, 2);
	assert_int_equal(memory[1].file, 8);
	set.cap = 3;
	assert_int_equal(ruleset_parse(&set, 9, "g h w\ni j w\n", 12, &error), -ENOSPC);
	assert_int_equal(error.line, 2);
	assert_int_equal(set.count, 2);
	assert_int_equal(ruleset_parse(&set, 9, "g h w\n# full\n", 13, &error), 0);
}

static void test_last_wins(void **state)
{
	assert_int_equal(parse("a b w\nb a x\na b -\na b r\na c w\n"), 0);
	assert_int_equal(ruleset_find(&set, "a", "b")->line, 4);
	assert_int_equal(ruleset_decide(&set, "a", "b"), RULE_READ);
	assert_int_equal(ruleset_decide(&set, "b", "a"), RULE_OPEN);
	assert_int_equal(ruleset_decide(&set, "c", "a"), 0);
	assert_null(ruleset_find(&set, "c", "a"));
	assert_int_equal(parse("a b w\na b -\n"), 0);
	assert_int_equal(ruleset_decide(&set, "a", "b"), 0);
	assert_int_equal(parse("a b w\nA b -\n"), 0); /* case matters */
	assert_int_equal(ruleset_decide(&set, "a", "b"), RULE_WRITE);
}

/* Smack.rst, "Access Rules": none of these is a wildcard. */
static void test_special(void **state)
{
	assert_int_equal(parse("* b waxr\n? b w\n^ b w\n_ b w\na ? w\na _ w\n"), 0);
	assert_int_equal(ruleset_decide(&set, "a", "b"), 0);
	assert_int_equal(ruleset_decide(&set, "*", "b"), 0);
	assert_int_equal(ruleset_decide(&set, "*", "*"), 0);
	assert_int_equal(ruleset_decide(&set, "a", "*"), RULE_ALL);
	assert_int_equal(ruleset_decide(&set, "a", "a"), RULE_ALL);
	assert_int_equal(ruleset_decide(&set, "?", "b"), RULE_WRITE);
	assert_int_equal(ruleset_decide(&set, "a", "?"), RULE_WRITE);
	assert_int_equal(ruleset_decide(&set, "b", "?"), 0);
	assert_int_equal(ruleset_decide(&set, "^", "b"), RULE_WRITE | RULE_READ | RULE_OPEN);
	assert_int_equal(ruleset_decide(&set, "^", "c"), RULE_READ | RULE_OPEN);
	assert_int_equal(ruleset_decide(&set, "a", "^"), 0);
	assert_int_equal(ruleset_decide(&set, "a", "_"), RULE_WRITE | RULE_READ | RULE_OPEN);
	assert_int_equal(ruleset_decide(&set, "c", "_"), RULE_READ | RULE_OPEN);
	assert_int_equal(ruleset_decide(&set, "_", "c"), 0);
}

/* Each single byte put into a good line: either it parses, or the error points into the line. */
static void test_any_byte(void **state)
{
	for (unsigned c = 0; c < 256; c++) {
		for (size_t at = 0; at < 9; at++) {
			char text[] = "work we w";
			int r;

			text[at] = (char)c;
			set = (struct ruleset){ .rules = memory, .cap = COUNT(memory) };
			error = (struct ruleset_error){ 0 };
			r = ruleset_parse(&set, 0, text, sizeof(text) - 1, &error);
			assert_true(r == 0 || (r == -EINVAL && set.count == 0 && error.sentence));
			assert_true(r == 0 || (error.line >= 1 && error.column >= 1 && error.column <= 10));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_name_length),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_last_wins),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_any_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
