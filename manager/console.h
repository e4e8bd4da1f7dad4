/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a guest's console, for a message to the user. The one place where
 * vmosd copies bytes of a guest: they are made harmless as text, and all that
 * is read from them is whether its kernel said goodbye, or gave up.
 */
#ifndef MANAGER_CONSOLE_H
#define MANAGER_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#define CONSOLE_LINES 10
#define CONSOLE_TEXT_MAX 4096
#define CONSOLE_LINE_MAX 240

/* Writes the last lines of the file at @path to @dst, each indented, ended by a newline. Empty when there are none. */
void console_tail(const char *path, char *dst, size_t cap);

/* Whether the last line is Linux's, of a guest that was switched off or restarted in order; not so after a panic. */
bool console_ends_in_order(const char *path);

/* The line of Linux's panic at the end of the file, from these words on, to @dst. False: there is none. */
bool console_find_panic(const char *path, char *dst, size_t cap);

#endif
