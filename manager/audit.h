/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit log: one line of JSON for each decision, transfer and change of
 * rules, chained as base/chain.h says, in audit.log; the last line's number and
 * hash are kept apart in audit.head, so that a cut end is seen, too. It is only
 * ever appended to, and each line is on the disk before what it records is
 * done; one that records that nothing was done is not waited for, and a loss of
 * power within seconds of it may show as a cut end. Whoever can write both files can write another history: on the host
 * that is root, in session mode the user. A full file becomes an older one; its
 * last line, "audit-rotated", has the number of the first line still there.
 *
 * Keys are seq, time (RFC 3339, UTC, microseconds), event, those of the event,
 * prev. All values but seq are strings.
 */
#ifndef MANAGER_AUDIT_H
#define MANAGER_AUDIT_H

#include "base/chain.h"
#include "manager/audit_files.h"

#define AUDIT_VALUE_MAX 1024 /* bytes of one value; what is longer is cut */
#define AUDIT_ROTATED "audit-rotated"
#define AUDIT_FIELDS_MAX 16 /* keys of one event */

struct audit;

/*
 * Opens the log in the folder @dir, made where there is none, and goes on where
 * it ended. What is odd about that end becomes an event of its own: "audit-torn",
 * a line that a crash left unfinished and that was moved aside; "audit-fault",
 * files that do not fit together. @label: the log's Smack label, NULL: none.
 * -errno.
 */
int audit_open(const char *dir, const char *label, struct audit **ret);
void audit_close(struct audit *a);

/*
 * Appends an event and waits for the disk: key, value, key, value, …, NULL. Values may be any bytes up
 * to their NUL, NULL is "". -errno: there is no record of it, so what needs one
 * must be refused; the first failure is logged. @a NULL: -ENODEV.
 */
int audit_write(struct audit *a, const char *event, ...) __attribute__((sentinel));
/* The same without waiting for the disk: for refusals, of which guests can cause many and after which nothing happens. */
int audit_note(struct audit *a, const char *event, ...) __attribute__((sentinel));

/* The last line's number and hash. */
const struct chain_head *audit_head(const struct audit *a);
/* New fds to read the log's files by, the oldest first; the caller closes them. How many; -errno. */
int audit_readers(struct audit *a, int ret_fds[AUDIT_FILES]);

#endif
