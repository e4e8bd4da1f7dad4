/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why one VM may or may not do something to another, in words. */
#ifndef MANAGER_RULES_WHY_H
#define MANAGER_RULES_WHY_H

#include "manager/rules.h"

struct rules_answer {
	bool allowed, ask; /* ask: after a question */
	const struct rule *rule; /* the last of the pair, borrowed from the rules; NULL: there is none */
};

/* Whether @from may do all of @access (RULE_* bits) to @to at @now. */
struct rules_answer rules_ask(const struct rules *rules, const char *from, const char *to, unsigned access, time_t now);

/*
 * A sentence on that answer, with the rule's file and line and, where it is no,
 * the command that allows it. The caller frees it. NULL: memory is out.
 */
char *rules_why(const struct rules *rules, const char *from, const char *to, unsigned access, time_t now);

/* Letters of @access in Smack's order, "-" for none, into @ret_text. */
void rules_letters(unsigned access, char ret_text[5]);

#endif
