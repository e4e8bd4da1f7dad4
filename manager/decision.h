/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether something may pass between two VMs: by the rules in force, and,
 * where the rule says ask, by the user's word. No answer is a no.
 *
 * A guest can ask as often as it likes, so the number of open questions is
 * bounded, and after a no the same is refused for a while without asking.
 */
#ifndef MANAGER_DECISION_H
#define MANAGER_DECISION_H

#include <stdint.h>
#include <time.h>

#include "manager/decision_memory.h"
#include "policy/ruleset.h"

#define DECISION_TIMEOUT 60 /* seconds for an answer */
#define DECISION_OPEN_MAX 32
#define DECISION_OPEN_MAX_VM 8 /* of one subject */
#define DECISION_CLAIM_MAX 511 /* bytes, sanitised */
#define DECISION_REASON_MAX 512

enum question_kind { QUESTION_SEND, QUESTION_FETCH, QUESTION_OPEN, QUESTION_URL, QUESTION_PASTE, QUESTION_KINDS };

enum verdict {
	VERDICT_ALLOWED,
	VERDICT_DENIED, /* by rule or by the user, or nobody could be asked */
	VERDICT_EXPIRED, /* the user did not answer in time */
	VERDICT_CANCELLED, /* the rule changed while the question was open */
};

/*
 * May @subject do this to @object? As in the rules: for a fetch the subject is
 * the VM that fetches. All strings are copied.
 */
struct question {
	enum question_kind kind;
	const char *subject;
	const char *object; /* "": the user chooses among the VMs that a rule of @subject names for it */
	const char *claim; /* what the guest says it is about; may be NULL */
	uint64_t bytes; /* in all; 0: not known */
	uint32_t files; /* 0: not known, or none */
	const char *asker; /* "guest": a guest program began it; else who did, for the log. May be NULL */
};

struct decision;
struct manager;

/*
 * @rule: the rule that decided, in the set in force; NULL: there is none, or a
 * label of Smack's decided. @object: the VM it is about, also where the user
 * chose it; "" when none was chosen. All is valid during the call only.
 */
typedef void (*decision_fn)(enum verdict verdict, const struct rule *rule, const char *object, void *userdata);

struct decisions {
	struct decision *first; /* open questions, the newest first; owned */
	struct decision_memory memory;
	uint32_t last_id;
	uint32_t timeout; /* seconds; 0: DECISION_TIMEOUT */
	unsigned generation; /* of the rules that the open questions rest on */
	char reason[DECISION_REASON_MAX];
	uint64_t (*clock)(clockid_t id); /* usec; NULL: the host's */
};

/*
 * Decides @q. 1: at once, @done was called. 0: the user is asked; @done is
 * called later, once, and @ret is valid until then. -errno: not decided.
 */
int decision_make(struct manager *m, const struct question *q, decision_fn done, void *userdata, struct decision **ret);
/* Withdraws a question: @done is not called any more. NULL is fine. */
void decision_cancel(struct decision *d);

/* While a decision_fn runs: its verdict as a sentence for the user, with cause and, where it is not a yes, remedy. */
const char *decision_reason(const struct manager *m);

/* Other rules are in force: cancels the questions and forgets the answers that rested on those that changed. */
void decision_rules_changed(struct manager *m);
/* Cancels all questions; their done is called. */
void decision_finish(struct manager *m);

/* "send", "fetch", … and the one bit of enum rule_access that it takes. */
const char *decision_kind_name(enum question_kind kind);
unsigned decision_kind_access(enum question_kind kind);

#endif
