/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an audit log ended when nobody wrote it. */
#ifndef MANAGER_AUDIT_END_H
#define MANAGER_AUDIT_END_H

#include <stdint.h>

#include "base/chain.h"

#define AUDIT_LINE_MAX (256 * 1024) /* bytes: more than any line that audit.c can write */

struct audit_end {
	struct chain_head head; /* what the next line must refer to */
	char *torn; /* where the bytes of an unfinished line were put; NULL: there was none. The caller frees it */
	uint64_t lost; /* how many bytes that were */
	const char *fault; /* static: what about log and head does not fit together; NULL: nothing */
};

/*
 * Reads the end of the log @fd, whose name is @path, and the head at @head_path.
 * Where they contradict each other the head counts, so that what was cut from
 * the log stays missed. An unfinished line is moved into a file beside the log. -errno.
 */
int audit_end_find(int fd, const char *path, const char *head_path, struct audit_end *ret);

#endif
