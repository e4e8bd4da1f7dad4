/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules say of a transfer: once when it is asked for, and again whenever something changed. */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "manager/manager.h"
#include "manager/transfer.h"

/* The right that each kind takes, as a word of the rules and as a verb. A fetch is the receiver's doing. */
static const struct {
	unsigned access;
	char letter;
	const char *verb;
} rights[TRANSFER_KINDS] = {
	[TRANSFER_SEND] = { RULE_WRITE, 'w', "send files to" },
	[TRANSFER_FETCH] = { RULE_READ, 'r', "fetch files from" },
	[TRANSFER_OPEN] = { RULE_OPEN, 'x', "open files in" },
	[TRANSFER_URL] = { RULE_OPEN, 'x', "open links in" },
};

static const char *subject_of(const struct transfer *t)
{
	return t->job.kind == TRANSFER_FETCH ? t->job.to : t->job.from;
}

static const char *object_of(const struct transfer *t)
{
	return t->job.kind == TRANSFER_FETCH ? t->job.from : t->job.to;
}

/* A rule with for= but without ask counts for that long after its file was written. */
static bool is_over(const struct manager *m, const struct rule *rule)
{
	struct stat st;

	if (rule->ask || rule->for_seconds == 0)
		return false;
	return stat(rules_file_of(&m->rules, rule), &st) < 0 || time(NULL) - st.st_mtime > (time_t)rule->for_seconds;
}

static bool allows(const struct transfer *t, const struct rule *rule)
{
	return rule && (rule->access & rights[t->job.kind].access) && !is_over(t->manager, rule);
}

bool transfer_is_still_allowed(const struct transfer *t, const struct rule **ret_rule)
{
	const struct rule *rule = ruleset_find(&t->manager->rules.set, subject_of(t), object_of(t));

	*ret_rule = rule;
	if (!t->job.from[0]) /* the host's own user asks nobody */
		return true;
	return allows(t, rule) && (!rule->ask || t->job.asked);
}

char *transfer_denied_text(const struct transfer *t, const struct rule *rule)
{
	const char *subject = subject_of(t), *object = object_of(t), *verb = rights[t->job.kind].verb;
	char letter = rights[t->job.kind].letter, *text = NULL;
	int n;

	if (rule)
		n = asprintf(&text, "The rule at %s:%u does not let %s %s %s. Allow it by \"vmos rule add %s %s %c\".",
			rules_file_of(&t->manager->rules, rule), rule->line, subject, verb, object, subject, object,
			letter);
	else
		n = asprintf(&text, "No rule lets %s %s %s. Allow it by \"vmos rule add %s %s %c\".", subject, verb,
			object, subject, object, letter);
	return n < 0 ? NULL : text;
}

void transfer_decide(struct transfer *t)
{
	const struct rule *rule;
	char *text cleanup_free = NULL;

	if (transfer_is_still_allowed(t, &rule)) {
		transfer_allow(t, NULL, false);
		return;
	}
	text = transfer_denied_text(t, rule);
	transfer_deny(t, text ? text : "It is not allowed.");
}

void transfer_decide_cancel(struct transfer *t)
{
	t->question = NULL;
}
