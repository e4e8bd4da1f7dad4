/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions in words: one sentence with cause and, where it is not a yes, remedy. */
#ifndef MANAGER_DECISION_REASON_H
#define MANAGER_DECISION_REASON_H

#include <stddef.h>

#include "manager/decision.h"

struct rules;

/* What a decision came from. */
enum decision_by {
	DECISION_BY_RULE, /* allowed, denied, or cancelled because it changed */
	DECISION_BY_RULE_OVER, /* its for= is over */
	DECISION_BY_MEMORY, /* a yes that still counts */
	DECISION_BY_AGENT, /* the user's word */
	DECISION_BY_FORGED, /* not the user's word */
	DECISION_BY_TIMEOUT,
	DECISION_BY_NO_AGENT,
	DECISION_BY_JUST_REFUSED,
	DECISION_BY_FLOOD,
	DECISION_BY_END, /* vmosd ends */
	DECISION_BY_NO_RECORD, /* it could not be written down, so it is a no */
	DECISION_BYS
};

/* What the sentence is about. */
struct decision_case {
	enum verdict verdict;
	enum decision_by by;
	enum question_kind kind;
	const char *subject, *object; /* object "": any */
	const struct rule *rule; /* NULL: none */
	const struct rules *rules; /* where it stands */
};

void decision_reason_write(const struct decision_case *c, char *dst, size_t cap);

/* "rule", "agent", "timeout", "no-agent", "remembered", "limit", "end": for the log. */
const char *decision_by_name(enum decision_by by);

#endif
