/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An item's place: under its own name, or the next free one, in ~/Incoming/SENDER. */
#ifndef AGENT_FILES_PLACE_H
#define AGENT_FILES_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Name of a staging folder: ".ID.part". */
#define PLACE_ID_LEN 16
bool place_is_staging(const char *name);

/* The @n-th name for @name: itself, then "a (2).b", "a (3).b", …; cut at a whole character where it gets too long. */
void place_name(const char *name, unsigned n, char ret[NAME_MAX + 1]);

/*
 * Moves @staged of folder @from into folder @to, at the first free name for
 * @name; never onto anything. -errno; -EEXIST: too many of that name.
 */
int place_item(int from, const char *staged, int to, const char *name, char ret_name[NAME_MAX + 1]);

#endif
