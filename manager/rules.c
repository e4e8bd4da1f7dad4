/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int parse(void *set, uint32_t file, const char *untrusted_text, size_t len, struct ruleset_error *ret_error)
{
	return ruleset_parse(set, file, untrusted_text, len, ret_error);
}

static const struct line_format format = { ".rules", "rules", RULES_FILE_MAX, parse };

static int read_all(struct rules *fresh, const char *const *dirs, bool strict, const struct line_draft *draft)
{
	struct line_files from = { .format = &format, .strict = strict };
	int r;

	fresh->set.cap = RULES_MAX;
	fresh->set.rules = calloc(RULES_MAX, sizeof(fresh->set.rules[0]));
	if (!fresh->set.rules)
		return -ENOMEM;
	r = line_files_read(&from, dirs, draft, &fresh->set);
	fresh->files = from.files;
	fresh->nfiles = from.nfiles;
	fresh->error = from.error;
	return r;
}

/* How long it counts; 0: there is no limit. A rule that asks limits the answer instead. */
static uint32_t limit_of(const struct rule *rule)
{
	return rule->ask ? 0 : rule->for_seconds;
}

static bool rules_equal(const struct rule *a, const struct rule *b)
{
	return strcmp(a->subject, b->subject) == 0 && strcmp(a->object, b->object) == 0 && a->access == b->access &&
		a->ask == b->ask && a->notify == b->notify && a->for_seconds == b->for_seconds && a->file == b->file &&
		a->line == b->line;
}

static bool is_same(const struct rules *a, const struct rules *b)
{
	if (!a->files || a->nfiles != b->nfiles || a->set.count != b->set.count)
		return false;
	for (size_t i = 0; i < a->nfiles; i++) {
		if (strcmp(a->files[i].path, b->files[i].path) != 0)
			return false;
	}
	for (size_t i = 0; i < a->set.count; i++) {
		const struct rule *rule = &a->set.rules[i];

		if (!rules_equal(rule, &b->set.rules[i]))
			return false;
		if (limit_of(rule) && a->files[rule->file].written != b->files[rule->file].written)
			return false;
	}
	return true;
}

int rules_load(struct rules *rules, const char *const *dirs, bool strict)
{
	struct rules fresh = { 0 };
	int r = read_all(&fresh, dirs, strict, NULL);

	if (r < 0) {
		free(rules->error);
		rules->error = steal_ptr(&fresh.error);
		rules_finish(&fresh);
		return r;
	}
	r = !is_same(rules, &fresh);
	fresh.generation = rules->generation + (unsigned)r;
	rules_finish(rules);
	*rules = fresh;
	return r;
}

int rules_try(const char *const *dirs, bool strict, const struct line_draft *draft, char **ret_error)
{
	struct rules fresh = { 0 };
	int r = read_all(&fresh, dirs, strict, draft);

	*ret_error = steal_ptr(&fresh.error);
	rules_finish(&fresh);
	return r;
}

int rules_read(const char *path, bool strict, char **ret_text, char **ret_error)
{
	struct line_files from = { .format = &format, .strict = strict };
	int r = line_files_read_one(&from, path, ret_text);

	*ret_error = steal_ptr(&from.error);
	line_files_finish(&from);
	return r;
}

void rules_finish(struct rules *rules)
{
	for (size_t i = 0; i < rules->nfiles; i++)
		free(rules->files[i].path);
	free(rules->files);
	free(rules->set.rules);
	free(rules->error);
	*rules = (struct rules){ 0 };
}

const char *rules_file_of(const struct rules *rules, const struct rule *rule)
{
	return rule->file < rules->nfiles ? rules->files[rule->file].path : "";
}

time_t rules_written(const struct rules *rules, const struct rule *rule)
{
	return rule->file < rules->nfiles ? rules->files[rule->file].written : 0;
}

bool rules_is_expired(const struct rules *rules, const struct rule *rule, time_t now)
{
	return line_is_over(rules_written(rules, rule), limit_of(rule), now);
}

time_t rules_next_change(const struct rules *rules, time_t now)
{
	time_t next = 0;

	for (size_t i = 0; i < rules->set.count; i++) {
		const struct rule *rule = &rules->set.rules[i];

		next = line_next_change(rules_written(rules, rule), limit_of(rule), now, next);
	}
	return next;
}

unsigned rules_decide(
	const struct rules *rules, const char *from, const char *to, time_t now, const struct rule **ret_rule)
{
	const struct ruleset none = { 0 };
	const struct rule *rule = ruleset_find(&rules->set, from, to);

	if (ret_rule)
		*ret_rule = rule;
	return ruleset_decide(rule && rules_is_expired(rules, rule, now) ? &none : &rules->set, from, to);
}

bool rules_may_always_write(const struct rules *rules, const char *from, const char *to)
{
	const struct rule *rule = ruleset_find(&rules->set, from, to);

	return rule && (rule->access & RULE_WRITE) && !rule->ask && !rules_is_expired(rules, rule, time(NULL));
}
