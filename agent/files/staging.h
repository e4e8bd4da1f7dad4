/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ~/Incoming/SENDER and the staging folder .ID.part in it, where all of a
 * transfer lands first: an item by its number, what is in it under its own
 * names, and the journal. Nothing here is reached but by the fd of its folder,
 * one name at a time, without following a link.
 */
#ifndef AGENT_FILES_STAGING_H
#define AGENT_FILES_STAGING_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/files/hash.h"
#include "agent/files/journal.h"
#include "agent/files/place.h"

struct staging {
	int place; /* ~/Incoming/SENDER; owned */
	int dir; /* the staging folder, locked; owned */
	char name[PLACE_ID_LEN + 8]; /* of it */
	char path[PATH_MAX]; /* of place, to hand to programs */
	struct journal journal; /* as on the disk */
	char placed[NAME_MAX + 1]; /* the item placed last */
	unsigned nplaced;
};

/*
 * Opens or makes all of it and brings it in order: items that are whole go to
 * their place, what the journal does not know is removed. @fresh: what is
 * there of the item under way goes, too. -EWOULDBLOCK: another receiver of
 * this transfer lives; else -errno.
 */
int staging_open(struct staging *s, const char *from, const char *id, bool fresh, struct hash *hash);
void staging_close(struct staging *s);

/* The name of an item in the folder. */
void staging_item_name(uint32_t index, char ret[16]);

/* Makes @next the journal, after the data it speaks of has been synced, and puts items that are whole in their place. */
int staging_commit(struct staging *s, const struct journal *next);
/* Forgets the item under way, to make room or because it is of no use. */
int staging_drop_item(struct staging *s);
/* All has come, or nothing has: removes the folder. */
int staging_remove(struct staging *s);

#endif
