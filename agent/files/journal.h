/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a receiver has on its disk for good, kept in the staging folder: it is
 * written after the data it speaks of has been synced, under another name and
 * renamed, so a receiver that was killed at any point finds a true one.
 */
#ifndef AGENT_FILES_JOURNAL_H
#define AGENT_FILES_JOURNAL_H

#include <limits.h>
#include <stdint.h>

#include "proto/xfer.h"

#define JOURNAL "journal"
#define JOURNAL_READY_MAX 256

/* An item that is whole: in the staging folder by its number, or, if it is not there, in its place already. */
struct journal_item {
	uint32_t index;
	char name[NAME_MAX + 1];
};

struct journal {
	struct xfer_point point;
	uint8_t digest[XFER_HASH]; /* of the entries of the item under way */
	char item[NAME_MAX + 1]; /* its name; "": it has no entry yet */
	char file[XFER_PATH_MAX + 1]; /* path of the file under way, of which point.offset bytes are synced; "": none */
	uint32_t nready;
	struct journal_item ready[JOURNAL_READY_MAX];
};

/* Reads the journal of folder @dir. -ENOENT: there is none; -EBADMSG: it is not well formed. */
int journal_load(int dir, struct journal *ret);
/* -errno of writing. */
int journal_save(int dir, const struct journal *j);

#endif
