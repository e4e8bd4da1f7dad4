/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a transfer may be: decided once when it is asked for, and looked at again whenever something changed. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "manager/decision.h"
#include "manager/decision_reason.h"
#include "manager/manager.h"
#include "manager/transfer.h"

static const enum question_kind kinds[TRANSFER_KINDS] = {
	[TRANSFER_SEND] = QUESTION_SEND,
	[TRANSFER_FETCH] = QUESTION_FETCH,
	[TRANSFER_OPEN] = QUESTION_OPEN,
	[TRANSFER_URL] = QUESTION_URL,
};

/* A fetch is the receiver's doing. */
static const char *subject_of(const struct transfer *t)
{
	return t->job.kind == TRANSFER_FETCH ? t->job.to : t->job.from;
}

static const char *object_of(const struct transfer *t)
{
	return t->job.kind == TRANSFER_FETCH ? t->job.from : t->job.to;
}

/* A yes of the user's for this transfer counts as long as the rule asks for one. */
bool transfer_is_still_allowed(const struct transfer *t, const struct rule **ret_rule)
{
	const struct rules *rules = &t->manager->rules;
	const struct rule *rule = ruleset_find(&rules->set, subject_of(t), object_of(t));

	*ret_rule = rule;
	if (!t->job.from[0]) /* the host's own user needs no rule */
		return true;
	return rule && (rule->access & decision_kind_access(kinds[t->job.kind])) && (!rule->ask || t->job.asked) &&
		!rules_is_expired(rules, rule, time(NULL));
}

void transfer_revoke(struct transfer *t, const struct rule *rule)
{
	const struct rules *rules = &t->manager->rules;
	char text[DECISION_REASON_MAX];
	const struct decision_case c = {
		.verdict = VERDICT_DENIED,
		.by = rule && rules_is_expired(rules, rule, time(NULL)) ? DECISION_BY_RULE_OVER : DECISION_BY_RULE,
		.kind = kinds[t->job.kind],
		.subject = subject_of(t),
		.object = object_of(t),
		.rule = rule,
		.rules = rules,
	};

	decision_reason_write(&c, text, sizeof(text));
	transfer_fail(t, XFER_R_REVOKED, false, text);
}

static void handle_decided(enum verdict verdict, const struct rule *rule, const char *object, void *userdata)
{
	struct transfer *t = userdata;

	t->decision = NULL;
	if (verdict == VERDICT_ALLOWED && (object[0] || t->job.to[0]))
		transfer_allow(t, object, rule && rule->ask);
	else
		transfer_deny(t, decision_reason(t->manager));
}

void transfer_decide(struct transfer *t)
{
	const struct question q = {
		.kind = kinds[t->job.kind],
		.subject = subject_of(t),
		.object = object_of(t),
		.claim = t->job.claim,
		.bytes = t->job.bytes,
		.files = t->job.files,
		.asker = t->job.request ? "guest" : "host",
	};
	int r;

	if (!t->job.from[0]) {
		transfer_allow(t, NULL, false);
		return;
	}
	r = decision_make(t->manager, &q, handle_decided, t, &t->decision);
	if (r < 0)
		transfer_fail(t, XFER_R_INTERNAL, false, "It could not be decided: memory is out. Try again.");
}

void transfer_decide_cancel(struct transfer *t)
{
	decision_cancel(t->decision);
	t->decision = NULL;
}
