/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmosd remembers of answers: a yes, for as long as its rule's for= says;
 * a no, for a few seconds, so that a guest cannot ask again at once. Nothing
 * of it outlives vmosd. Times are microseconds of a clock that never steps.
 */
#ifndef MANAGER_DECISION_MEMORY_H
#define MANAGER_DECISION_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/ruleset.h"

#define DECISION_YES_MAX 256
#define DECISION_MARKS_MAX 64
#define DECISION_MARK_USEC 5000000ull /* how long a no counts, and how far two notices of the same are apart */

/* A yes of the user's, and the rule it was given under. */
struct decision_yes {
	struct rule rule;
	unsigned access; /* one bit */
	uint64_t at;
};

/* That something happened to (kind, subject, object). */
struct decision_mark {
	int kind;
	char subject[RULESET_NAME_MAX + 1], object[RULESET_NAME_MAX + 1];
	uint64_t at; /* 0: none */
};

struct decision_marks {
	struct decision_mark ring[DECISION_MARKS_MAX];
	unsigned next; /* the oldest */
};

struct decision_memory {
	struct decision_yes yes[DECISION_YES_MAX];
	unsigned nyes;
	struct decision_marks refused, notified;
};

/* Whether two rules say the same; where they stand does not matter. */
bool decision_same_rule(const struct rule *a, const struct rule *b);

/* Remembers a yes under @rule, if that has a for=. When there is no room, the oldest is forgotten: it is asked again. */
void decision_memory_yes(struct decision_memory *memory, const struct rule *rule, unsigned access, uint64_t now);
/* Whether a yes that was given under @rule still counts. */
bool decision_memory_allows(
	const struct decision_memory *memory, const struct rule *rule, unsigned access, uint64_t now);
/* Forgets each yes whose pair has another rule in @set by now. */
void decision_memory_review(struct decision_memory *memory, const struct ruleset *set);

/* Keeps @mark, whose at is the present. */
void decision_mark(struct decision_marks *marks, const struct decision_mark *mark);
/* Whether one like @mark was kept less than DECISION_MARK_USEC before it. */
bool decision_is_marked(const struct decision_marks *marks, const struct decision_mark *mark);

#endif
