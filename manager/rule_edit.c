/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/rule_edit.h"

#include <string.h>

#include "policy/ruleset.h"

bool rule_edit_look(
	const struct line_edit *edit, const char *line, size_t len, unsigned number, struct line_look *ret_look)
{
	const struct rule_edit *pair = edit->userdata;
	struct rule rule;
	struct ruleset set = { .rules = &rule, .cap = 1 };
	struct ruleset_error error;

	if (ruleset_parse(&set, 0, line, len, &error) < 0 || set.count == 0)
		return false;
	ret_look->goes = strcmp(rule.subject, pair->subject) == 0 && strcmp(rule.object, pair->object) == 0;
	ret_look->for_seconds = rule.ask ? 0 : rule.for_seconds;
	return true;
}

int rule_edit_text(const char *text, const struct rule_edit *edit, char **ret_text, unsigned *ret_removed)
{
	const struct line_edit lines = { rule_edit_look, edit, edit->line, edit->written, edit->now };

	return line_edit_text(text, &lines, ret_text, ret_removed);
}
