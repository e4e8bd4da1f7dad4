/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders of a test: making, comparing and looking through them. Whatever fails ends the test. */
#ifndef AGENT_TESTS_TREE_H
#define AGENT_TESTS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK(x) ((x) ? (void)0 : tree_die(__FILE__, __LINE__, #x))

void tree_die(const char *file, int line, const char *what) __attribute__((noreturn));
/* The path as it is seen from everywhere; a new string. */
char *tree_path(const char *path);
/* Removes the folder and makes it anew, empty. */
void tree_clean(const char *path);
/* A file of @size bytes that follow from @seed; its folders are made, too. Formats its path. */
void tree_file(size_t size, uint32_t seed, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void tree_folder(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Whether both have the same folders, files, bytes and executable bits, and nothing else is in @b. */
bool tree_same(const char *a, const char *b);
/* Whether all that is in @b is in @a, whole. */
bool tree_within(const char *a, const char *b);
/* How many entries lie below @path, itself not counted; 0 if it is not there. */
unsigned tree_count(const char *path);
/* A digest of all names, types, modes and bytes below @path, but for the folder @except. */
uint64_t tree_digest(const char *path, const char *except);
bool tree_exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
