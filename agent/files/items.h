/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user named: where an item lies, and how it is called. */
#ifndef AGENT_FILES_ITEMS_H
#define AGENT_FILES_ITEMS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct item {
	char folder[PATH_MAX]; /* it lies in, as named; relative to the base */
	char name[NAME_MAX + 1];
};

/* The folder that named paths are relative to: the user's home, or ~/Public. fd or -errno. */
int items_base(bool public);
/* Splits a path. -EINVAL: it names nothing that could be called something ("", "/", ".."); -ENAMETOOLONG. */
int items_split(const char *path, struct item *ret);
/* Opens the item's folder below @base. @public: it stays there whatever links there are. fd or -errno. */
int items_open_folder(int base, const struct item *item, bool public);
/* How much it is, to show how far a transfer is; all 0: not known, as it is much. */
struct items_sum {
	uint32_t files;
	uint64_t bytes;
};
void items_sum_below(int base, char *const *paths, bool public, struct items_sum *ret);
/* Of absolute paths. */
void items_sum(char *const *paths, struct items_sum *ret);

#endif
