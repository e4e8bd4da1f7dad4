/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/decision_reason.h"

#include <stdio.h>
#include <string.h>

#include "manager/rules.h"

#define ACT_MAX 160
#define PLACE_MAX 256

static const struct {
	const char *name;
	unsigned access;
	char letter;
	const char *act; /* what the subject does to the object */
} kinds[QUESTION_KINDS] = {
	[QUESTION_SEND] = { "send", RULE_WRITE, 'w', "send files to" },
	[QUESTION_FETCH] = { "fetch", RULE_READ, 'r', "fetch files from" },
	[QUESTION_OPEN] = { "open", RULE_OPEN, 'x', "open files in" },
	[QUESTION_URL] = { "url", RULE_OPEN, 'x', "open links in" },
	[QUESTION_PASTE] = { "paste", RULE_PASTE, 'a', "have its clipboard pasted into" },
};

static const char *const by_names[DECISION_BYS] = {
	[DECISION_BY_RULE] = "rule",
	[DECISION_BY_RULE_OVER] = "rule",
	[DECISION_BY_MEMORY] = "remembered",
	[DECISION_BY_AGENT] = "agent",
	[DECISION_BY_FORGED] = "agent",
	[DECISION_BY_TIMEOUT] = "timeout",
	[DECISION_BY_NO_AGENT] = "no-agent",
	[DECISION_BY_JUST_REFUSED] = "limit",
	[DECISION_BY_FLOOD] = "limit",
	[DECISION_BY_END] = "end",
	[DECISION_BY_NO_RECORD] = "no-record",
};

const char *decision_kind_name(enum question_kind kind)
{
	return kinds[kind].name;
}

unsigned decision_kind_access(enum question_kind kind)
{
	return kinds[kind].access;
}

const char *decision_by_name(enum decision_by by)
{
	return by_names[by];
}

/* "web send files to work" */
static void write_act(const struct decision_case *c, char act[ACT_MAX])
{
	snprintf(act, ACT_MAX, "%s %s %s", c->subject, kinds[c->kind].act, c->object[0] ? c->object : "any other VM");
}

/* The end of a long path tells more than its beginning. */
static void write_place(const struct decision_case *c, char place[PLACE_MAX])
{
	const char *file = c->rule ? rules_file_of(c->rules, c->rule) : "";
	size_t len = strlen(file), most = PLACE_MAX - 20;

	snprintf(place, PLACE_MAX, "%s%s:%u", len > most ? "…" : "", len > most ? file + len - most : file,
		c->rule ? c->rule->line : 0);
}

static void write_denied_by_rule(const struct decision_case *c, char *dst, size_t cap)
{
	const char *object = c->object[0] ? c->object : "VM";
	char act[ACT_MAX], place[PLACE_MAX];

	write_act(c, act);
	write_place(c, place);
	if (c->rule)
		snprintf(dst, cap, "The rule at %s does not let %s. To allow it: vmos rule add %s %s %c", place, act,
			c->subject, object, kinds[c->kind].letter);
	else
		snprintf(dst, cap, "No rule lets %s. To allow it: vmos rule add %s %s %c", act, c->subject, object,
			kinds[c->kind].letter);
}

static void write_allowed(const struct decision_case *c, char *dst, size_t cap)
{
	char act[ACT_MAX], place[PLACE_MAX];

	write_act(c, act);
	write_place(c, place);
	if (!c->rule)
		snprintf(dst, cap, "%s may %s without any rule.", c->subject, act + strlen(c->subject) + 1);
	else if (c->by == DECISION_BY_AGENT)
		snprintf(dst, cap, "The user said yes to let %s, as the rule at %s has it.", act, place);
	else if (c->by == DECISION_BY_MEMORY)
		snprintf(dst, cap, "The rule at %s lets %s: the user said yes a while ago.", place, act);
	else
		snprintf(dst, cap, "The rule at %s lets %s.", place, act);
}

static void write_no(const struct decision_case *c, char *dst, size_t cap)
{
	char act[ACT_MAX], place[PLACE_MAX];

	write_act(c, act);
	write_place(c, place);
	switch (c->by) {
	case DECISION_BY_RULE_OVER:
		snprintf(dst, cap,
			"The rule at %s lets %s for a time only, which is over. Write it again to begin anew.", place,
			act);
		break;
	case DECISION_BY_AGENT:
		snprintf(dst, cap, "The user said no to let %s.", act);
		break;
	case DECISION_BY_FORGED:
		snprintf(dst, cap, "Another program answered in the user's place, so %s may not %s. Ask again.",
			c->subject, act + strlen(c->subject) + 1);
		break;
	case DECISION_BY_TIMEOUT:
		snprintf(dst, cap, "The user did not say in time whether to let %s. Ask again.", act);
		break;
	case DECISION_BY_NO_AGENT:
		snprintf(dst, cap,
			"The rule at %s asks the user before it lets %s, and no program is there to ask. Start "
			"vmos-center on the desktop, or \"vmos agent\" in a terminal.",
			place, act);
		break;
	case DECISION_BY_JUST_REFUSED:
		snprintf(dst, cap, "The user did not let %s a moment ago. Wait five seconds before asking again.", act);
		break;
	case DECISION_BY_NO_RECORD:
		snprintf(dst, cap,
			"The audit log cannot be written, so nothing passes: not to let %s. Make room on its disk, see "
			"vmosd's log, and try again.",
			act);
		break;
	case DECISION_BY_FLOOD:
		snprintf(dst, cap, "Too many questions are open to ask whether to let %s. Answer those first.", act);
		break;
	default:
		write_denied_by_rule(c, dst, cap);
	}
}

void decision_reason_write(const struct decision_case *c, char *dst, size_t cap)
{
	char act[ACT_MAX];

	write_act(c, act);
	if (c->verdict == VERDICT_ALLOWED)
		write_allowed(c, dst, cap);
	else if (c->verdict == VERDICT_CANCELLED)
		snprintf(dst, cap, "%s while the user was asked whether to let %s. Ask again.",
			c->by == DECISION_BY_END ? "The manager ended" : "The rule changed", act);
	else
		write_no(c, dst, cap);
}
