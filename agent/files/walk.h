/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that is in an item, in the order in which it crosses: a folder before
 * what is in it, the entries of a folder in the order of their bytes. Each
 * name is opened below its folder's fd and no link is followed, so a walk
 * stays in its item whatever is renamed meanwhile. What it holds in memory is
 * the names of the folders that are open: XFER_DEPTH_MAX at most.
 */
#ifndef AGENT_FILES_WALK_H
#define AGENT_FILES_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "proto/xfer.h"

struct walk_level {
	int fd; /* owned */
	char *text; /* the names, one behind the other; owned */
	char **names; /* sorted; owned */
	size_t count, at;
	size_t path_len; /* of the folder's path with its '/' */
};

struct walk {
	struct walk_level levels[XFER_DEPTH_MAX + 1];
	unsigned depth; /* levels in use; 0: over */
	const char *shown; /* the item's name in paths; borrowed */
	char path[XFER_PATH_MAX + 1];
	size_t len;
};

struct walk_entry {
	const char
		*path; /* for the transfer; until the next call. Of an error: perhaps cut, perhaps not fit to cross */
	size_t len;
	int dir; /* the folder it lies in; until the next call */
	const char *name; /* in it */
	struct stat st; /* a regular file or a folder, which has been opened */
	int error; /* errno; 0: none. Such an entry is left out, and all in it */
};

/*
 * Begins with the item @name of folder @dir, which paths call @shown; both
 * strings are borrowed. Takes @dir over, also on failure. -ENOMEM.
 */
int walk_begin(struct walk *w, int dir, const char *name, const char *shown);
void walk_end(struct walk *w);
/* True: an entry; false: there are no more. */
bool walk_next(struct walk *w, struct walk_entry *ret);
/* Does not go into the folder that came last. */
void walk_skip(struct walk *w);

/* Removes @name of folder @dir with all in it; no link is followed. -errno; 0 also if it is not there. */
int walk_remove(int dir, const char *name);

#endif
