/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rule files: what parses is of the names and letters allowed, and what does not changes nothing. */
#include "policy/ruleset.h"
#include "tests/fuzz/fuzz.h"

static struct rule memory[128];

static void check_name(const char *name)
{
	size_t len = strnlen(name, RULESET_NAME_MAX + 1);

	require(len >= 1 && len <= RULESET_NAME_MAX);
	if (len == 1 && strchr("_^*?", name[0]))
		return;
	require(name[0] != '-' && name[0] != '.' && name[0] != '_');
	require(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == len);
}

static void check_rule(const struct ruleset *set, const struct rule *rule)
{
	check_name(rule->subject);
	check_name(rule->object);
	require(rule->access <= RULE_ALL && rule->for_seconds <= RULESET_FOR_MAX && rule->line >= 1);
	require(ruleset_find(set, rule->subject, rule->object) >= rule);
	require(ruleset_decide(set, "*", rule->object) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy(data, size);
	struct ruleset set = { .rules = memory, .cap = sizeof(memory) / sizeof(memory[0]) };
	struct ruleset_error error = { 0 };
	int r = ruleset_parse(&set, 0, (const char *)copy, size, &error);

	if (r < 0)
		require(set.count == 0 && error.sentence && error.line >= 1 && error.column >= 1);
	for (size_t i = 0; i < set.count; i++)
		check_rule(&set, &set.rules[i]);
	free(copy);
	return 0;
}
