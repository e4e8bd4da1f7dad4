/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "manager/rules_why.h"
#include "tests/unit/unit.h"

#define BEGIN 1000000

static struct rule memory[16];
static struct line_file files[] = { { .path = (char *)"/etc/vmos/rules.d/a.rules", .written = BEGIN } };
static struct rules rules;

static int set_up(void **state)
{
	static const char text[] = "work web w\nwork mail r ask notify\nmail web wx for=10m\nweb mail wr ask for=90s\n"
				   "bank web -\n* web w\nwork _ w\n";
	struct ruleset_error error;

	rules.set = (struct ruleset){ .rules = memory, .cap = COUNT(memory) };
	rules.files = files;
	rules.nfiles = 1;
	return ruleset_parse(&rules.set, 0, text, strlen(text), &error);
}

static void says(const char *from, const char *to, unsigned access, time_t now, const char *want)
{
	char *have = rules_why(&rules, from, to, access, now);

	assert_non_null(have);
	assert_string_equal(have, want);
	free(have);
}

static void test_answers(void **state)
{
	struct rules_answer a = rules_ask(&rules, "work", "web", RULE_WRITE, BEGIN);

	assert_true(a.allowed && !a.ask);
	assert_int_equal(a.rule->line, 1);
	a = rules_ask(&rules, "work", "web", RULE_WRITE | RULE_READ, BEGIN); /* all of it, not some */
	assert_false(a.allowed);
	a = rules_ask(&rules, "work", "mail", RULE_READ, BEGIN);
	assert_true(a.allowed && a.ask);
	a = rules_ask(&rules, "work", "mail", RULE_WRITE, BEGIN);
	assert_true(!a.allowed && !a.ask);
	assert_int_equal(a.rule->line, 2);
	a = rules_ask(&rules, "mail", "web", RULE_OPEN, BEGIN + 599);
	assert_true(a.allowed);
	a = rules_ask(&rules, "mail", "web", RULE_OPEN, BEGIN + 600);
	assert_false(a.allowed);
	assert_int_equal(a.rule->line, 3);
	a = rules_ask(&rules, "web", "work", RULE_WRITE, BEGIN);
	assert_true(!a.allowed && !a.rule);
}

static void test_words(void **state)
{
	says("work", "web", RULE_WRITE, BEGIN, "work may send files to web: /etc/vmos/rules.d/a.rules:1 says so.");
	says("work", "mail", RULE_READ, BEGIN,
		"work may fetch files from mail after you have been asked: /etc/vmos/rules.d/a.rules:2 says so.");
	says("mail", "web", RULE_OPEN, BEGIN + 590,
		"mail may open files and links in web: /etc/vmos/rules.d/a.rules:3 says so, for 10 s more.");
	says("web", "work", RULE_PASTE, BEGIN,
		"web may not have its clipboard pasted in work: no rule says so, and what no rule allows is denied. To "
		"allow it: vmos rule add web work a");
}

/* What the pair may do already stays in the command, as the rule takes the place of the one before. */
static void test_remedies(void **state)
{
	says("work", "mail", RULE_WRITE, BEGIN,
		"work may not send files to mail: /etc/vmos/rules.d/a.rules:2 decides and does not say so. To allow "
		"it: "
		"vmos rule add work mail rw ask notify");
	says("mail", "web", RULE_OPEN, BEGIN + 600,
		"mail may not open files and links in web: /etc/vmos/rules.d/a.rules:3 allowed it for 10m, which does "
		"not count now. To allow it: vmos rule add mail web wx for=10m");
	says("web", "mail", RULE_OPEN, BEGIN,
		"web may not open files and links in mail: /etc/vmos/rules.d/a.rules:4 decides and does not say so. To "
		"allow it: vmos rule add web mail rwx ask for=90s");
	says("bank", "web", RULE_WRITE | RULE_READ, BEGIN,
		"bank may not do all of that to web: /etc/vmos/rules.d/a.rules:5 decides and does not say so. To allow "
		"it: vmos rule add bank web rw");
}

static void test_special(void **state)
{
	says("web", "web", RULE_WRITE, BEGIN, "web may send files to web whatever the rules say: they are the same.");
	says("*", "web", RULE_WRITE, BEGIN, "* may do nothing, whatever the rules say.");
	says("work", "_", RULE_READ, BEGIN,
		"work may fetch files from _ whatever the rules say: Smack has it so for its own labels.");
	says("work", "_", RULE_WRITE, BEGIN, "work may send files to _: /etc/vmos/rules.d/a.rules:7 says so.");
}

static void test_letters(void **state)
{
	char text[5];

	rules_letters(0, text);
	assert_string_equal(text, "-");
	rules_letters(RULE_ALL, text);
	assert_string_equal(text, "rwxa");
	rules_letters(RULE_PASTE | RULE_WRITE, text);
	assert_string_equal(text, "wa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_remedies),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_letters),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
