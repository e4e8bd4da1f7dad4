/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes to the one rule file that vmosd itself writes. The user's lines and comments in it stay. */
#ifndef MANAGER_RULE_EDIT_H
#define MANAGER_RULE_EDIT_H

#include <time.h>

#include "manager/line_edit.h"

#define RULE_EDIT_FILE "50-vmos.rules"

struct rule_edit {
	const char *subject, *object; /* the rules of this pair go */
	const char *line; /* this one comes, at the end; NULL: none */
	time_t written, now; /* when the text was last written, and the time it is */
};

/* As line_edit.look, whose userdata is a struct rule_edit. */
bool rule_edit_look(
	const struct line_edit *edit, const char *line, size_t len, unsigned number, struct line_look *ret_look);
/* As line_edit_text(). */
int rule_edit_text(const char *text, const struct rule_edit *edit, char **ret_text, unsigned *ret_removed);

#endif
