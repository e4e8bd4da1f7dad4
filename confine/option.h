/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value in a list of QEMU's options, "KIND,KEY=VALUE,…"; a comma in a value is written twice there. */
#ifndef CONFINE_OPTION_H
#define CONFINE_OPTION_H

#include <stddef.h>

struct option_value {
	size_t at, len; /* where ",KEY=VALUE" stands in the list */
	char *value; /* plain; the caller frees it */
};

/* Finds the first @key. 1; 0: there is none; -ENOMEM. */
int option_find(const char *options, const char *key, struct option_value *ret);

/*
 * Puts ",fd=FD" in the place of @value in *@options. The new string is owned by
 * nobody, as the process is about to become QEMU. -ENOMEM.
 */
int option_replace_by_fd(char **options, const struct option_value *value, int fd);

#endif
