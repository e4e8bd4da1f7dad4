/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drill's lines, which come from a QEMU that counts as taken over, and its facts, which do not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drill/facts.h"
#include "proto/drill.h"
#include "tests/unit/unit.h"

static int parse(const char *text, struct drill_line *ret)
{
	return drill_line_parse(text, strlen(text), ret);
}

static void test_lines(void **state)
{
	struct drill_line line;

	assert_int_equal(parse("VMOS-DRILL 12 deny EACCES inotify, twice", &line), 0);
	assert_int_equal(line.kind, DRILL_LINE_ACT);
	assert_int_equal(line.number, 12);
	assert_int_equal(line.verdict, DRILL_DENY);
	assert_string_equal(line.error, "EACCES");
	assert_string_equal(line.words, "inotify, twice");
	assert_int_equal(parse("VMOS-DRILL 73 sent - x", &line), 0);
	assert_int_equal(line.number, 73);
	assert_int_equal(line.verdict, DRILL_SENT);
	assert_int_equal(parse("VMOS-DRILL c6 allow - mapped", &line), 0);
	assert_int_equal(line.kind, DRILL_LINE_CONTROL);
	assert_int_equal(line.number, 6);
	assert_int_equal(parse("VMOS-DRILL in uid=1 label=-", &line), 0);
	assert_int_equal(line.kind, DRILL_LINE_INSIDE);
	assert_string_equal(line.words, "uid=1 label=-");
	assert_int_equal(parse("VMOS-DRILL end", &line), 0);
	assert_int_equal(line.kind, DRILL_LINE_END);
	assert_int_equal(parse("VMOS-DRILL-SEEN udp", &line), 0);
	assert_int_equal(line.kind, DRILL_LINE_SEEN);
	assert_string_equal(line.words, "udp");
}

static void test_not_ours(void **state)
{
	static const char *const lines[] = { "", "VMOS-DRILL", "qemu-system-x86_64: terminating", " VMOS-DRILL end",
		"VMOS-DRILL-SEEN", "vmos-drill end" };
	struct drill_line line;

	for (size_t i = 0; i < COUNT(lines); i++)
		assert_int_equal(parse(lines[i], &line), -ENODATA);
}

static void test_malformed(void **state)
{
	static const char *const lines[] = { "VMOS-DRILL ", "VMOS-DRILL 0 deny - x", "VMOS-DRILL 74 deny - x",
		"VMOS-DRILL 01 deny - x", "VMOS-DRILL -1 deny - x", "VMOS-DRILL 1x deny - x", "VMOS-DRILL c0 allow - x",
		"VMOS-DRILL c7 allow - x", "VMOS-DRILL c deny - x", "VMOS-DRILL 4294967297 deny - x",
		"VMOS-DRILL 1 denied - x", "VMOS-DRILL 1 deny eacces x", "VMOS-DRILL 1 deny ABCDEFGHIJKLMNOP x",
		"VMOS-DRILL 1 deny EACCES", "VMOS-DRILL 1 deny EACCES ", "VMOS-DRILL 1 deny EACCES  x",
		"VMOS-DRILL 1  deny EACCES x", "VMOS-DRILL 1 deny EACCES \033[31m", "VMOS-DRILL 1 deny EACCES \303\244",
		"VMOS-DRILL end ", "VMOS-DRILL ended", "VMOS-DRILL in", "VMOS-DRILL in ", "VMOS-DRILL-SEEN ",
		"VMOS-DRILL-SEEN \t" };
	struct drill_line line;

	for (size_t i = 0; i < COUNT(lines); i++)
		assert_int_equal(parse(lines[i], &line), -EBADMSG);
}

/* Each shorter form is refused or is another whole line; none is read past its end. */
static void test_truncated(void **state)
{
	static const char whole[] = "VMOS-DRILL 12 deny EACCES inotify";
	struct drill_line line;

	for (size_t len = 0; len < sizeof(whole) - sizeof("inotify"); len++) {
		char *exact = malloc(len ? len : 1);

		assert_non_null(exact);
		memcpy(exact, whole, len);
		assert_int_equal(
			drill_line_parse(exact, len, &line), len < sizeof("VMOS-DRILL ") - 1 ? -ENODATA : -EBADMSG);
		free(exact);
	}
}

static void test_longest(void **state)
{
	static const char begin[] = "VMOS-DRILL 1 deny EACCES ";
	char text[sizeof(begin) + DRILL_WORDS_MAX + 1];
	size_t len = sizeof(begin) - 1;
	struct drill_line line;

	memcpy(text, begin, len);
	memset(text + len, 'x', DRILL_WORDS_MAX + 1);
	assert_int_equal(drill_line_parse(text, len + DRILL_WORDS_MAX, &line), 0);
	assert_int_equal(strlen(line.words), DRILL_WORDS_MAX);
	assert_int_equal(drill_line_parse(text, len + DRILL_WORDS_MAX + 1, &line), -EBADMSG);
}

static void test_table(void **state)
{
	for (unsigned i = 1; i <= DRILL_ACTS; i++) {
		const struct drill_act *act = drill_act(i);

		assert_true(act->words && *act->words);
		assert_true(act->layers && *act->layers);
		assert_int_equal(strspn(act->layers, "MUFSQNLCK"), strlen(act->layers));
	}
	for (unsigned i = 1; i <= DRILL_CONTROLS; i++)
		assert_non_null(drill_control(i));
}

static void test_facts(void **state)
{
	static struct facts facts;

	assert_int_equal(facts_parse(&facts, "a.disk=/vms/a%20b/private.qcow2;b.pid=4711;t.address=7f00a0"), 0);
	assert_string_equal(facts.value[A_DISK], "/vms/a b/private.qcow2");
	assert_int_equal(facts_number(&facts, B_PID, 10), 4711);
	assert_int_equal(facts_number(&facts, T_ADDRESS, 16), 0x7f00a0);
	assert_null(facts.value[B_DISK]);
	assert_int_equal(facts_number(&facts, T_PID, 10), -1);
	assert_int_equal(facts_number(&facts, A_DISK, 10), -1);
	for (int i = 0; i < FACT_COUNT; i++)
		assert_non_null(facts_key(i));
}

static void test_bad_facts(void **state)
{
	static const char *const bad[] = { "", ";", "a.disk", "a.disk=", "=x", "a.disks=x", "a.disk=/x;", ";a.disk=/x",
		"a.disk=/x;a.disk=/y", "a.disk=%", "a.disk=%2", "a.disk=%2g", "a.disk=%00", "a.disk=a b", "a.disk=a\n",
		"a.disk=a=b" };
	static struct facts facts;
	static char long_text[FACTS_MAX + 2];

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(facts_parse(&facts, bad[i]), -EINVAL);
	memset(long_text, 'x', sizeof(long_text) - 1);
	assert_int_equal(facts_parse(&facts, long_text), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_bad_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
