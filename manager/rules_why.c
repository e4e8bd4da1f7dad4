/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/rules_why.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

void rules_letters(unsigned access, char ret_text[5])
{
	static const struct {
		unsigned bit;
		char letter;
	} letters[] = { { RULE_READ, 'r' }, { RULE_WRITE, 'w' }, { RULE_OPEN, 'x' }, { RULE_PASTE, 'a' } };
	char *at = ret_text;

	for (unsigned i = 0; i < 4; i++) {
		if (access & letters[i].bit)
			*at++ = letters[i].letter;
	}
	if (at == ret_text)
		*at++ = '-';
	*at = '\0';
}

struct rules_answer rules_ask(const struct rules *rules, const char *from, const char *to, unsigned access, time_t now)
{
	struct rules_answer answer = { 0 };
	unsigned granted = rules_decide(rules, from, to, now, &answer.rule);

	answer.allowed = (granted & access) == access;
	answer.ask = answer.allowed && answer.rule && answer.rule->ask && (answer.rule->access & access);
	return answer;
}

/* What letters stand for, where it is one. */
static const char *deed(unsigned access)
{
	switch (access) {
	case RULE_WRITE:
		return "send files to";
	case RULE_PASTE:
		return "have its clipboard pasted in";
	case RULE_OPEN:
		return "open files and links in";
	case RULE_READ:
		return "fetch files from";
	default:
		return "do all of that to";
	}
}

/* "10m", "90s": as a rule file has it. */
static void time_text(uint32_t seconds, char *ret, size_t size)
{
	static const struct {
		uint32_t seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	unsigned i = 0;

	while (seconds % units[i].seconds)
		i++;
	snprintf(ret, size, "%u%c", seconds / units[i].seconds, units[i].unit);
}

/* What the user types to have it allowed: all that the pair's rule gives already, and this. */
static char *command(const struct rules_answer *answer, const char *from, const char *to, unsigned access)
{
	const struct rule *rule = answer->rule;
	char letters[5], time[16], limit[24] = "", *text;

	rules_letters(access | (rule ? rule->access : 0), letters);
	if (rule && rule->for_seconds) {
		time_text(rule->for_seconds, time, sizeof(time));
		snprintf(limit, sizeof(limit), " for=%s", time);
	}
	if (asprintf(&text, "vmos rule add %s %s %s%s%s%s", from, to, letters, rule && rule->ask ? " ask" : "",
		    rule && rule->notify ? " notify" : "", limit) < 0)
		return NULL;
	return text;
}

static char *why_not(
	const struct rules *rules, const struct rules_answer *answer, const char *from, const char *to, unsigned access)
{
	char *remedy cleanup_free = command(answer, from, to, access);
	const struct rule *rule = answer->rule;
	char *text = NULL, time[16];
	int n;

	if (!remedy)
		return NULL;
	if (!rule) {
		n = asprintf(&text,
			"%s may not %s %s: no rule says so, and what no rule allows is denied. To allow it: %s", from,
			deed(access), to, remedy);
	} else if ((rule->access & access) == access) {
		time_text(rule->for_seconds, time, sizeof(time));
		n = asprintf(&text,
			"%s may not %s %s: %s:%u allowed it for %s, which does not count now. To allow it: %s", from,
			deed(access), to, rules_file_of(rules, rule), rule->line, time, remedy);
	} else {
		n = asprintf(&text, "%s may not %s %s: %s:%u decides and does not say so. To allow it: %s", from,
			deed(access), to, rules_file_of(rules, rule), rule->line, remedy);
	}
	return n < 0 ? NULL : text;
}

/* What no rule can forbid, by Smack's own labels. */
static char *why_always(const char *from, const char *to, unsigned access)
{
	char *text;

	if (asprintf(&text, "%s may %s %s whatever the rules say: %s.", from, deed(access), to,
		    strcmp(from, to) == 0 ? "they are the same" : "Smack has it so for its own labels") < 0)
		return NULL;
	return text;
}

char *rules_why(const struct rules *rules, const char *from, const char *to, unsigned access, time_t now)
{
	const struct rules none = { 0 };
	struct rules_answer answer = rules_ask(rules, from, to, access, now);
	const struct rule *rule = answer.rule;
	char *text, limit[64] = "";

	/* "*" as subject, of which no rule counts */
	if (!answer.allowed && strcmp(from, "*") == 0)
		return asprintf(&text, "* may do nothing, whatever the rules say.") < 0 ? NULL : text;
	if (!answer.allowed)
		return why_not(rules, &answer, from, to, access);
	if (!rule || (rules_decide(&none, from, to, now, NULL) & access) == access)
		return why_always(from, to, access);
	if (rule->for_seconds && !rule->ask)
		snprintf(limit, sizeof(limit), ", for %lld s more",
			(long long)(rules_written(rules, rule) + (time_t)rule->for_seconds - now));
	if (asprintf(&text, "%s may %s %s%s: %s:%u says so%s.", from, deed(access), to,
		    answer.ask ? " after you have been asked" : "", rules_file_of(rules, rule), rule->line, limit) < 0)
		return NULL;
	return text;
}
