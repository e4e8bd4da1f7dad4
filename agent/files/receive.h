/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A transfer as it arrives: its parts, inside vmos-files only. */
#ifndef AGENT_FILES_RECEIVE_H
#define AGENT_FILES_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/files/hash.h"
#include "agent/files/staging.h"
#include "agent/files/status.h"
#include "proto/xfer.h"

/* A folder of the item under way that is open. */
struct arrival_folder {
	int fd; /* owned */
	size_t len; /* of its path */
};

/* Where records go: the item under way. */
struct arrival {
	struct staging staging;
	const char *id; /* of the transfer; borrowed */
	struct hash hash;
	struct journal next; /* what the journal will say: all that is whole so far */
	struct arrival_folder folders[XFER_DEPTH_MAX];
	unsigned depth;
	int file; /* under way; owned; -1 */
	char path[XFER_PATH_MAX + 1]; /* of it */
	struct xfer_head head; /* of it */
	uint64_t got; /* bytes of it */
	bool resumed; /* it was begun by an earlier run */
	/* since the last commit */
	unsigned entries; /* whole */
	unsigned unsynced; /* of these, entries that only syncfs() makes last */
	uint64_t bytes;
	uint64_t commit_ms; /* monotonic */
};

/* The staging folder is open: goes on from what it has, or, unless @fresh, from what has come and is in its place. */
void arrival_begin(struct arrival *a, bool fresh);
/* Each returns 0 or an enum xfer_reason. Records come in an order that xfer_check has found good. */
int arrival_start(struct arrival *a, const struct xfer_start *start);
int arrival_folder(struct arrival *a, const struct xfer_head *head, const char *path);
int arrival_file(struct arrival *a, const struct xfer_head *head, const char *path);
int arrival_data(struct arrival *a, const uint8_t *data, size_t len);
int arrival_end(struct arrival *a, const uint8_t digest[XFER_HASH]);
int arrival_break(struct arrival *a);
int arrival_item(struct arrival *a);

/* Makes what has come last, when that is worth it or @now. */
int arrival_commit(struct arrival *a, bool now);
/* Milliseconds until arrival_commit() wants to be called; -1: nothing waits for it. */
int arrival_wait_ms(const struct arrival *a);
/* The end, for @reason: keeps what another run can go on with, removes what none can. @reason, or a worse one. */
int arrival_finish(struct arrival *a, int reason);

#endif
