/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes to the one rule file that vmosd itself writes. The user's lines and comments in it stay. */
#ifndef MANAGER_RULE_EDIT_H
#define MANAGER_RULE_EDIT_H

#include <time.h>

#define RULE_EDIT_FILE "50-vmos.rules"

struct rule_edit {
	const char *subject, *object; /* the rules of this pair go */
	const char *line; /* this one comes, at the end; NULL: none */
	time_t written, now; /* when the text was last written, and the time it is */
};

/*
 * Makes the new text, for the caller to free; @ret_removed: how many rules
 * went. As for= counts from when the file is written, which it will be, a rule
 * that is limited so gets what is left of its time; one whose time is over
 * becomes a comment. -ENOMEM.
 */
int rule_edit_text(const char *text, const struct rule_edit *edit, char **ret_text, unsigned *ret_removed);

/* Puts @text in the place of the file @path: after a crash it is the old one or the new one. -errno. */
int rule_edit_write(const char *path, const char *text);

#endif
