/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network lists in force: all *.net files of some folders. As rules, they
 * count as a whole: a set that does not parse is not taken, and what was in
 * force stays.
 */
#ifndef MANAGER_NET_SET_H
#define MANAGER_NET_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "manager/line_files.h"
#include "policy/netlist.h"

#define NET_SET_LINES_MAX 16000 /* in all files together: one VM's fit into a list of proto/tap.h, with its answers */
#define NET_SET_FILE_MAX (4 << 20) /* bytes */

struct net_set {
	struct netlist list;
	struct line_file *files; /* owned; line.file counts into it */
	size_t nfiles;
	unsigned generation; /* counts the sets that were taken */
	char *error; /* why the last reading failed: one sentence; NULL: it did not. Owned */
};

/* As rules_load(), rules_try(), rules_read() and rules_finish(). */
int net_set_load(struct net_set *set, const char *const *dirs, bool strict);
int net_set_try(const char *const *dirs, bool strict, const struct line_draft *draft, char **ret_error);
int net_set_read(const char *path, bool strict, char **ret_text, char **ret_error);
void net_set_finish(struct net_set *set);

const char *net_set_file_of(const struct net_set *set, const struct net_line *line);
time_t net_set_written(const struct net_set *set, const struct net_line *line);
/* A line with for= counts for that long after its file was last written, whatever it says. */
bool net_set_is_over(const struct net_set *set, const struct net_line *line, time_t now);
/* The next moment after @now at which a line begins or ceases to count; 0: there is none. */
time_t net_set_next_change(const struct net_set *set, time_t now);

/* Whether two targets are the same part of the network; what is said about it does not matter. */
bool net_set_same_target(const struct net_target *a, const struct net_target *b);

#endif
