/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/decision_memory.h"

#include <string.h>

bool decision_same_rule(const struct rule *a, const struct rule *b)
{
	return strcmp(a->subject, b->subject) == 0 && strcmp(a->object, b->object) == 0 && a->access == b->access &&
		a->ask == b->ask && a->notify == b->notify && a->for_seconds == b->for_seconds;
}

/* Its place, or nyes: there is none. */
static unsigned find_yes(const struct decision_memory *memory, const struct rule *rule, unsigned access)
{
	unsigned i = 0;

	while (i < memory->nyes && (memory->yes[i].access != access || !decision_same_rule(&memory->yes[i].rule, rule)))
		i++;
	return i;
}

/* There is one at least. */
static unsigned oldest_yes(const struct decision_memory *memory)
{
	unsigned oldest = 0;

	for (unsigned i = 1; i < memory->nyes; i++) {
		if (memory->yes[i].at < memory->yes[oldest].at)
			oldest = i;
	}
	return oldest;
}

void decision_memory_yes(struct decision_memory *memory, const struct rule *rule, unsigned access, uint64_t now)
{
	unsigned i = find_yes(memory, rule, access);

	if (rule->for_seconds == 0)
		return;
	if (i == memory->nyes && i < DECISION_YES_MAX)
		memory->nyes++;
	else if (i == DECISION_YES_MAX)
		i = oldest_yes(memory);
	memory->yes[i] = (struct decision_yes){ *rule, access, now };
}

bool decision_memory_allows(
	const struct decision_memory *memory, const struct rule *rule, unsigned access, uint64_t now)
{
	unsigned i = find_yes(memory, rule, access);
	uint64_t at = i < memory->nyes ? memory->yes[i].at : 0;

	return i < memory->nyes && now >= at && now - at < rule->for_seconds * 1000000ull;
}

void decision_memory_review(struct decision_memory *memory, const struct ruleset *set)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < memory->nyes; i++) {
		const struct rule *was = &memory->yes[i].rule;
		const struct rule *is = ruleset_find(set, was->subject, was->object);

		if (is && decision_same_rule(was, is))
			memory->yes[kept++] = memory->yes[i];
	}
	memory->nyes = kept;
}

void decision_mark(struct decision_marks *marks, const struct decision_mark *mark)
{
	marks->ring[marks->next] = *mark;
	marks->next = (marks->next + 1) % DECISION_MARKS_MAX;
}

bool decision_is_marked(const struct decision_marks *marks, const struct decision_mark *mark)
{
	for (unsigned i = 0; i < DECISION_MARKS_MAX; i++) {
		const struct decision_mark *was = &marks->ring[i];

		if (was->at > 0 && was->kind == mark->kind && strcmp(was->subject, mark->subject) == 0 &&
			strcmp(was->object, mark->object) == 0 && mark->at >= was->at &&
			mark->at - was->at < DECISION_MARK_USEC)
			return true;
	}
	return false;
}
