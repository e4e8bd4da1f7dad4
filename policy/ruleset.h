/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule files, in Smack's format (Documentation/admin-guide/LSM/Smack.rst), one
 * rule a line:
 *
 *	subject object access [ask] [notify] [for=10m]    # comment
 *
 * Subject and object are VM names or one of Smack's own labels _ ^ * ?. None of
 * these is a wildcard. Access is of the letters w a x r; "-" stands for none.
 * Of several rules of one pair the last counts, as with the kernel's own load2.
 * Pure: memory is the caller's, nothing is opened or allocated.
 */
#ifndef POLICY_RULESET_H
#define POLICY_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RULESET_NAME_MAX 40
#define RULESET_FOR_MAX (366u * 24 * 3600) /* seconds */

enum rule_access {
	RULE_WRITE = 1, /* w: may send files; to a NET VM: may use its network */
	RULE_PASTE = 2, /* a: its clipboard may be pasted there */
	RULE_OPEN = 4, /* x: may open a file or URL there */
	RULE_READ = 8, /* r: may fetch from its ~/Public */
	RULE_ALL = 15,
};

struct rule {
	char subject[RULESET_NAME_MAX + 1], object[RULESET_NAME_MAX + 1];
	uint8_t access; /* enum rule_access bits */
	bool ask, notify;
	uint32_t for_seconds; /* how long a grant counts; 0: no limit */
	uint32_t file, line; /* where it stands: the caller's number, and from 1 */
};

struct ruleset {
	struct rule *rules; /* borrowed: @cap of them */
	size_t count, cap;
};

struct ruleset_error {
	uint32_t line, column; /* from 1, in bytes */
	const char *sentence; /* static: cause and remedy */
};

/*
 * Appends the rules of @text, the content of file number @file. All or
 * nothing: -EINVAL, or -ENOSPC when @set is full, leave @set as it was and
 * fill @ret_error.
 */
int ruleset_parse(
	struct ruleset *set, uint32_t file, const char *untrusted_text, size_t len, struct ruleset_error *ret_error);

/* The rule that decides for this pair: the last one; NULL: there is none. */
const struct rule *ruleset_find(const struct ruleset *set, const char *subject, const char *object);

/*
 * What @subject may do to @object, RULE_* bits, as the kernel's smk_access()
 * answers for a rule set of these lines: "*" as subject may nothing, as object
 * is free; equal names are free; "_" is readable to all, "^" reads all.
 */
unsigned ruleset_decide(const struct ruleset *set, const char *subject, const char *object);

#endif
