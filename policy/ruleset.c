/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/ruleset.h"

#include <errno.h>
#include <string.h>

#include "policy/words.h"

/* '-' keeps a place, as in Smack's own "-w--". */
static int read_access(struct line *l, uint8_t *ret_access, struct ruleset_error *ret_error)
{
	static const char letters[] = "waxr"; /* in the order of enum rule_access */
	struct word w;

	*ret_access = 0;
	if (!words_next(l, &w))
		return words_refuse(
			l, l->at, "the access is missing: letters of w, a, x and r, or '-' for none", ret_error);
	for (size_t i = 0; i < w.len; i++) {
		const char *found = memchr(letters, w.text[i], sizeof(letters) - 1);

		if (found)
			*ret_access |= (uint8_t)(1u << (found - letters));
		else if (w.text[i] != '-')
			return words_refuse(
				l, w.text + i, "access is letters of w, a, x and r, or '-' for none", ret_error);
	}
	return 0;
}

static int read_options(struct line *l, struct rule *rule, struct ruleset_error *ret_error)
{
	struct word w;

	while (words_next(l, &w)) {
		if (words_is(&w, "ask")) {
			rule->ask = true;
		} else if (words_is(&w, "notify")) {
			rule->notify = true;
		} else if (words_is_time(&w)) {
			if (words_time(l, &w, &rule->for_seconds, ret_error) < 0)
				return -EINVAL;
		} else {
			return words_refuse(
				l, w.text, "behind the access stand ask, notify or for=10m only", ret_error);
		}
	}
	return 0;
}

/* 1: a rule, 0: an empty line or a comment. */
static int read_rule(struct line *l, struct rule *rule, struct ruleset_error *ret_error)
{
	const struct words_name subject = { true, "the subject is missing" };
	const struct words_name object = { true, "the object is missing: a rule is 'subject object access'" };
	struct line peek = *l;
	struct word w;
	int r = words_check(l, ret_error);

	if (r < 0 || !words_next(&peek, &w))
		return r;
	r = words_name(l, &subject, rule->subject, ret_error);
	if (r == 0)
		r = words_name(l, &object, rule->object, ret_error);
	if (r == 0)
		r = read_access(l, &rule->access, ret_error);
	if (r == 0)
		r = read_options(l, rule, ret_error);
	return r < 0 ? r : 1;
}

int ruleset_parse(
	struct ruleset *set, uint32_t file, const char *untrusted_text, size_t len, struct ruleset_error *ret_error)
{
	const char *at = untrusted_text;
	const size_t before = set->count;
	uint32_t number = 1;
	struct line l;

	for (; words_line(&at, untrusted_text + len, &l); number++) {
		struct rule rule = { .file = file, .line = number };
		int r;

		ret_error->line = number;
		r = read_rule(&l, &rule, ret_error);
		if (r > 0 && set->count == set->cap) {
			words_refuse(&l, l.start, "there are too many rules", ret_error);
			r = -ENOSPC;
		}
		if (r < 0) {
			set->count = before;
			return r;
		}
		if (r > 0)
			set->rules[set->count++] = rule;
	}
	return 0;
}

const struct rule *ruleset_find(const struct ruleset *set, const char *subject, const char *object)
{
	for (size_t i = set->count; i > 0; i--) {
		const struct rule *rule = &set->rules[i - 1];

		if (strcmp(rule->subject, subject) == 0 && strcmp(rule->object, object) == 0)
			return rule;
	}
	return NULL;
}

unsigned ruleset_decide(const struct ruleset *set, const char *subject, const char *object)
{
	const struct rule *rule;
	unsigned access;

	if (strcmp(subject, "*") == 0)
		return 0;
	if (strcmp(object, "*") == 0 || strcmp(subject, object) == 0)
		return RULE_ALL;
	rule = ruleset_find(set, subject, object);
	access = rule ? rule->access : 0;
	if (strcmp(object, "_") == 0 || strcmp(subject, "^") == 0)
		access |= RULE_READ | RULE_OPEN;
	return access;
}
