/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/ruleset.h"

#include <errno.h>
#include <string.h>

/* One line, and how much of it has been read. */
struct line {
	const char *start, *at, *end;
};

struct word {
	const char *text;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

static bool is_name_byte(char c)
{
	return is_alnum(c) || c == '_' || c == '.' || c == '-';
}

/* Notes where in the line reading failed. */
static int refuse(const struct line *l, const char *at, const char *sentence, struct ruleset_error *ret_error)
{
	ret_error->column = (uint32_t)(at - l->start) + 1;
	ret_error->sentence = sentence;
	return -EINVAL;
}

/* False: the line, or what of it is no comment, is at its end. */
static bool next_word(struct line *l, struct word *ret_word)
{
	while (l->at < l->end && is_blank(*l->at))
		l->at++;
	if (l->at == l->end || *l->at == '#')
		return false;
	ret_word->text = l->at;
	while (l->at < l->end && !is_blank(*l->at))
		l->at++;
	ret_word->len = (size_t)(l->at - ret_word->text);
	return true;
}

static bool word_is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->text, text, w->len) == 0;
}

static int read_name(
	struct line *l, const char *missing, char ret_name[RULESET_NAME_MAX + 1], struct ruleset_error *ret_error)
{
	struct word w;
	bool special;

	if (!next_word(l, &w))
		return refuse(l, l->at, missing, ret_error);
	special = w.len == 1 && memchr("_^*?", w.text[0], 4);
	for (size_t i = 0; i < w.len && !special; i++) {
		if (i == 0 ? !is_alnum(w.text[0]) : !is_name_byte(w.text[i]))
			return refuse(l, w.text + i,
				"a VM name has letters, digits, '_', '.' and '-' only, and begins with a letter or a "
				"digit",
				ret_error);
	}
	if (w.len > RULESET_NAME_MAX)
		return refuse(l, w.text, "no VM has a name of more than 40 letters", ret_error);
	memcpy(ret_name, w.text, w.len);
	ret_name[w.len] = '\0';
	return 0;
}

/* '-' keeps a place, as in Smack's own "-w--". */
static int read_access(struct line *l, uint8_t *ret_access, struct ruleset_error *ret_error)
{
	static const char letters[] = "waxr"; /* in the order of enum rule_access */
	struct word w;

	*ret_access = 0;
	if (!next_word(l, &w))
		return refuse(l, l->at, "the access is missing: letters of w, a, x and r, or '-' for none", ret_error);
	for (size_t i = 0; i < w.len; i++) {
		const char *found = memchr(letters, w.text[i], sizeof(letters) - 1);

		if (found)
			*ret_access |= (uint8_t)(1u << (found - letters));
		else if (w.text[i] != '-')
			return refuse(l, w.text + i, "access is letters of w, a, x and r, or '-' for none", ret_error);
	}
	return 0;
}

/* "10m": a number and one of s, m, h, d. 0: it is none, or out of range. */
static uint32_t duration(const char *text, size_t len)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len && is_digit(text[i]) && n <= RULESET_FOR_MAX; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	if (i == 0 || i + 1 != len)
		return 0;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		if (text[i] == units[u].unit && n * units[u].seconds <= RULESET_FOR_MAX)
			return (uint32_t)(n * units[u].seconds);
	}
	return 0;
}

static int read_options(struct line *l, struct rule *rule, struct ruleset_error *ret_error)
{
	struct word w;

	while (next_word(l, &w)) {
		if (word_is(&w, "ask")) {
			rule->ask = true;
		} else if (word_is(&w, "notify")) {
			rule->notify = true;
		} else if (w.len > 4 && memcmp(w.text, "for=", 4) == 0) {
			rule->for_seconds = duration(w.text + 4, w.len - 4);
			if (rule->for_seconds == 0)
				return refuse(l, w.text + 4,
					"a time is a number and s, m, h or d, from 1s to 366d, as in for=10m",
					ret_error);
		} else {
			return refuse(l, w.text, "behind the access stand ask, notify or for=10m only", ret_error);
		}
	}
	return 0;
}

/* Bytes that an editor does not show would make a line other than it looks. */
static int check_bytes(const struct line *l, struct ruleset_error *ret_error)
{
	for (const char *p = l->start; p < l->end; p++) {
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return refuse(l, p, "a control character: write plain text", ret_error);
	}
	return 0;
}

/* 1: a rule, 0: an empty line or a comment. */
static int read_rule(struct line *l, struct rule *rule, struct ruleset_error *ret_error)
{
	struct line peek = *l;
	struct word w;
	int r = check_bytes(l, ret_error);

	if (r < 0 || !next_word(&peek, &w))
		return r;
	r = read_name(l, "the subject is missing", rule->subject, ret_error);
	if (r == 0)
		r = read_name(l, "the object is missing: a rule is 'subject object access'", rule->object, ret_error);
	if (r == 0)
		r = read_access(l, &rule->access, ret_error);
	if (r == 0)
		r = read_options(l, rule, ret_error);
	return r < 0 ? r : 1;
}

int ruleset_parse(
	struct ruleset *set, uint32_t file, const char *untrusted_text, size_t len, struct ruleset_error *ret_error)
{
	const char *end = untrusted_text + len, *next;
	const size_t before = set->count;
	uint32_t number = 1;

	for (const char *p = untrusted_text; p < end; p = next, number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct line l = { .start = p, .at = p, .end = newline ? newline : end };
		struct rule rule = { .file = file, .line = number };
		int r;

		next = newline ? newline + 1 : end;
		if (l.end > l.start && l.end[-1] == '\r')
			l.end--;
		ret_error->line = number;
		r = read_rule(&l, &rule, ret_error);
		if (r > 0 && set->count == set->cap) {
			refuse(&l, l.start, "there are too many rules", ret_error);
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
