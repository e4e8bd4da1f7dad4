/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy/ against a second opinion: random rule files, and for each pair and
 * access what Documentation/admin-guide/LSM/Smack.rst, "Access Rules", says.
 * The model never sees a rule file. It has a table of pairs, into which each
 * rule is written when it is made, and asks the document's seven rules in turn.
 *
 *	test_ruleset_model [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/ruleset.h"
#include "tests/unit/unit.h"

#define SETS 1000
#define FILES_MAX 4
#define RULES_OF_A_FILE 40

/* Names that a careless comparison takes for one another, the longest there is, and Smack's own. */
static const char *const names[] = { "a", "A", "aa", "a.a", "a-", "0123456789012345678901234567890123456789", "_", "^",
	"*", "?" };

#define NAMES COUNT(names)

struct entry {
	bool known;
	char letters[5]; /* those of "waxr" that are granted */
	bool ask, notify;
	uint32_t seconds, file, line;
};

/* What the rules made so far come to. */
static struct entry model[NAMES][NAMES];

static uint64_t seed = 0x5eed;
static char text[64 * 1024];
static size_t length;

static unsigned pick(unsigned n)
{
	return (unsigned)(unit_random(&seed) % n);
}

static void say(const char *words)
{
	size_t len = strlen(words);

	assert_true(length + len < sizeof(text));
	memcpy(text + length, words, len);
	length += len;
}

static void gap(bool needed)
{
	if (needed)
		say(pick(2) ? " " : "\t");
	while (pick(4) == 0)
		say(pick(2) ? " " : "\t");
}

/* Letters in any order, some of them twice, some places kept by '-'. */
static void say_access(struct entry *e)
{
	static const char letters[] = "waxr";
	char shown[16], *at = shown;
	unsigned mask = pick(16), n = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (!(mask & 1u << i))
			continue;
		e->letters[n++] = letters[i];
		*at++ = letters[i];
		if (pick(8) == 0)
			*at++ = letters[i];
	}
	while (at == shown || (pick(4) == 0 && at < shown + 12))
		*at++ = '-';
	for (size_t i = (size_t)(at - shown); i > 1; i--) {
		unsigned j = pick((unsigned)i);
		char c = shown[i - 1];

		shown[i - 1] = shown[j];
		shown[j] = c;
	}
	*at = '\0';
	say(shown);
}

static void say_time(struct entry *e)
{
	static const struct {
		const char *unit;
		unsigned seconds, max;
	} units[] = { { "s", 1, 40000 }, { "m", 60, 5000 }, { "h", 3600, 800 }, { "d", 86400, 366 } };
	unsigned u = pick(4), n = 1 + pick(units[u].max);
	char words[32];

	snprintf(words, sizeof(words), "for=%u%s", n, units[u].unit);
	say(words);
	e->seconds = n * units[u].seconds;
}

static void say_options(struct entry *e)
{
	while (pick(2)) {
		unsigned which = pick(3);

		gap(true);
		if (which == 0)
			say_time(e);
		else
			say(which == 1 ? "ask" : "notify");
		e->ask = e->ask || which == 1;
		e->notify = e->notify || which == 2;
	}
}

static void end_line(void)
{
	if (pick(4) == 0) {
		gap(true);
		say("# a a waxr, ask nobody");
	}
	gap(false);
	say(pick(4) ? "\n" : "\r\n");
}

static uint32_t say_rule(uint32_t file, uint32_t line)
{
	unsigned from = pick(NAMES), to = pick(NAMES);
	struct entry e = { .known = true, .file = file };

	while (pick(4) == 0) {
		gap(false);
		end_line();
		line++;
	}
	gap(false);
	say(names[from]);
	gap(true);
	say(names[to]);
	gap(true);
	say_access(&e);
	say_options(&e);
	end_line();
	e.line = line;
	model[from][to] = e;
	return line + 1;
}

static bool is(unsigned label, char special)
{
	return names[label][0] == special && names[label][1] == '\0';
}

/* The document's rules, in its order. */
static bool model_allows(unsigned subject, unsigned object, char letter)
{
	const bool reads = letter == 'r' || letter == 'x';

	if (is(subject, '*'))
		return false;
	if (is(subject, '^') && reads)
		return true;
	if (is(object, '_') && reads)
		return true;
	if (is(object, '*'))
		return true;
	if (subject == object)
		return true;
	return strchr(model[subject][object].letters, letter) != NULL;
}

static unsigned compare_rule(const struct ruleset *set, unsigned subject, unsigned object)
{
	const struct rule *rule = ruleset_find(set, names[subject], names[object]);
	const struct entry *e = &model[subject][object];

	if (!rule || !e->known)
		return !!rule != e->known;
	return rule->file != e->file || rule->line != e->line || rule->ask != e->ask || rule->notify != e->notify ||
		rule->for_seconds != e->seconds;
}

static unsigned compare(const struct ruleset *set)
{
	static const struct {
		char letter;
		unsigned bit;
	} accesses[] = { { 'w', RULE_WRITE }, { 'a', RULE_PASTE }, { 'x', RULE_OPEN }, { 'r', RULE_READ } };
	unsigned differ = 0;

	for (unsigned pair = 0; pair < NAMES * NAMES; pair++) {
		unsigned subject = pair / NAMES, object = pair % NAMES;
		unsigned ours = ruleset_decide(set, names[subject], names[object]);

		differ += compare_rule(set, subject, object);
		differ += (ours & ~(unsigned)RULE_ALL) != 0;
		for (unsigned i = 0; i < COUNT(accesses); i++) {
			if (!(ours & accesses[i].bit) != !model_allows(subject, object, accesses[i].letter)) {
				print_message("%s %s %c: ours %#x\n", names[subject], names[object], accesses[i].letter,
					ours);
				differ++;
			}
		}
	}
	return differ;
}

/* The files of one set, from none to FILES_MAX of them. */
static void make_set(struct ruleset *set)
{
	struct ruleset_error error;

	memset(model, 0, sizeof(model));
	for (uint32_t file = 0, files = pick(FILES_MAX + 1); file < files; file++) {
		uint32_t line = 1;

		length = 0;
		for (unsigned n = pick(RULES_OF_A_FILE); n > 0; n--)
			line = say_rule(file, line);
		assert_int_equal(ruleset_parse(set, file, text, length, &error), 0);
	}
}

static void test_model(void **state)
{
	static struct rule memory[FILES_MAX * RULES_OF_A_FILE];
	unsigned differ = 0, rules = 0;

	print_message("seed %#llx\n", (unsigned long long)seed);
	for (unsigned i = 0; i < SETS; i++) {
		struct ruleset set = { .rules = memory, .cap = COUNT(memory) };

		make_set(&set);
		rules += (unsigned)set.count;
		differ += compare(&set);
	}
	print_message("%u sets, %u rules, %u questions: %u differ\n", SETS, rules, SETS * (unsigned)(NAMES * NAMES) * 4,
		differ);
	assert_int_equal(differ, 0);
	assert_true(rules > SETS * 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_model) };

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
