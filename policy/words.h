/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of policy/ have in common: lines of words, a VM's name, a time; and where reading failed. */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/ruleset.h"

/* One line, and how much of it has been read. */
struct line {
	const char *start, *at, *end;
};

struct word {
	const char *text;
	size_t len;
};

/* The line at *@at, without its end; *@at is then behind it. False: there is none left. */
bool words_line(const char **at, const char *end, struct line *ret_line);

/* -EINVAL, with the place @at in the line noted. */
int words_refuse(const struct line *l, const char *at, const char *sentence, struct ruleset_error *ret_error);

/* Bytes that an editor does not show would make a line other than it looks: -EINVAL. */
int words_check(const struct line *l, struct ruleset_error *ret_error);

/* False: the line, or what of it is no comment, is at its end. */
bool words_next(struct line *l, struct word *ret_word);
bool words_is(const struct word *w, const char *text);

/* A VM's name. @special: labels of Smack's own will do too. @missing: the sentence where there is no word left. */
struct words_name {
	bool special;
	const char *missing;
};

int words_name(struct line *l, const struct words_name *how, char ret_name[RULESET_NAME_MAX + 1],
	struct ruleset_error *ret_error);

/* Is @w "for=10m"? Then its seconds, 1 … RULESET_FOR_MAX; -EINVAL. */
bool words_is_time(const struct word *w);
int words_time(const struct line *l, const struct word *w, uint32_t *ret_seconds, struct ruleset_error *ret_error);

#endif
