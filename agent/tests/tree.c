/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/tests/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/files/walk.h"
#include "base/cleanup.h"
#include "base/fd.h"

void tree_die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: failed: %s (errno %d)\n", file, line, what, errno);
	exit(1);
}

char *tree_path(const char *path)
{
	char *ret = realpath(path, NULL);

	CHECK(ret);
	return ret;
}

void tree_clean(const char *path)
{
	CHECK(walk_remove(AT_FDCWD, path) == 0);
	CHECK(mkdir(path, 0755) == 0);
}

static void make_folders(char *path)
{
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		CHECK(mkdir(path, 0755) == 0 || errno == EEXIST);
		*at = '/';
	}
}

static void __attribute__((format(printf, 2, 0))) format_path(char path[PATH_MAX], const char *fmt, va_list args)
{
	int n = vsnprintf(path, PATH_MAX, fmt, args);

	CHECK(n > 0 && n < PATH_MAX);
}

void tree_file(size_t size, uint32_t seed, const char *fmt, ...)
{
	char path[PATH_MAX];
	uint8_t data[65536];
	va_list args;
	int fd;

	va_start(args, fmt);
	format_path(path, fmt, args);
	va_end(args);
	make_folders(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	CHECK(fd >= 0);
	while (size > 0) {
		size_t n = size < sizeof(data) ? size : sizeof(data);

		for (size_t i = 0; i < n; i++)
			data[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		CHECK(fd_write_all(fd, data, n) == 0);
		size -= n;
	}
	close(fd);
}

void tree_folder(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, fmt);
	format_path(path, fmt, args);
	va_end(args);
	make_folders(path);
	CHECK(mkdir(path, 0755) == 0 || errno == EEXIST);
}

bool tree_exists(const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;
	va_list args;

	va_start(args, fmt);
	format_path(path, fmt, args);
	va_end(args);
	return lstat(path, &st) == 0;
}

static uint64_t add(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(1099511628211);
	return hash;
}

static uint64_t add_bytes(uint64_t hash, const char *path)
{
	uint8_t data[65536];
	int fd cleanup_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	CHECK(fd >= 0);
	while ((n = fd_read_all(fd, data, sizeof(data))) > 0)
		hash = add(hash, data, (size_t)n);
	CHECK(n == 0);
	return hash;
}

/* Calls @each for every entry of a folder, in no order. */
static void each_entry(
	const char *path, void (*each)(const char *path, const char *name, void *userdata), void *userdata)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	CHECK(dir);
	while ((entry = readdir(dir))) {
		char below[PATH_MAX];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		CHECK(snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) < (int)sizeof(below));
		each(below, entry->d_name, userdata);
	}
	closedir(dir);
}

struct digest {
	const char *except;
	uint64_t sum;
};

static void handle_digest(const char *path, const char *name, void *userdata)
{
	struct digest *d = userdata, below = { .except = d->except };
	uint64_t hash = add(UINT64_C(14695981039346656037), name, strlen(name));
	struct stat st;

	if (d->except && strcmp(path, d->except) == 0)
		return;
	CHECK(lstat(path, &st) == 0);
	hash = add(hash, &st.st_mode, sizeof(st.st_mode));
	if (S_ISREG(st.st_mode))
		hash = add_bytes(hash, path);
	if (S_ISDIR(st.st_mode)) {
		each_entry(path, handle_digest, &below);
		hash = add(hash, &below.sum, sizeof(below.sum));
	}
	d->sum += hash; /* the order of entries does not count */
}

uint64_t tree_digest(const char *path, const char *except)
{
	struct digest d = { .except = except };

	each_entry(path, handle_digest, &d);
	return d.sum;
}

static void handle_count(const char *path, const char *name, void *userdata)
{
	unsigned *count = userdata;
	struct stat st;

	++*count;
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		each_entry(path, handle_count, count);
}

unsigned tree_count(const char *path)
{
	unsigned count = 0;

	if (access(path, F_OK) == 0)
		each_entry(path, handle_count, &count);
	return count;
}

struct pair {
	const char *other; /* folder in which each entry must be, too */
	bool same;
};

static void handle_pair(const char *path, const char *name, void *userdata)
{
	struct pair *p = userdata;
	char other[PATH_MAX];
	struct stat a, b;

	CHECK(snprintf(other, sizeof(other), "%s/%s", p->other, name) < (int)sizeof(other));
	if (lstat(path, &a) < 0 || lstat(other, &b) < 0 || (a.st_mode & S_IFMT) != (b.st_mode & S_IFMT)) {
		fprintf(stderr, "# %s is not as %s\n", path, other);
		p->same = false;
	} else if (S_ISDIR(a.st_mode)) {
		p->same = p->same && tree_within(other, path);
	} else if (!S_ISREG(a.st_mode) || ((a.st_mode ^ b.st_mode) & 0100) ||
		add_bytes(1, path) != add_bytes(1, other)) {
		fprintf(stderr, "# %s has other bytes than %s\n", path, other);
		p->same = false;
	}
}

bool tree_within(const char *a, const char *b)
{
	struct pair p = { .other = a, .same = true };

	each_entry(b, handle_pair, &p);
	return p.same;
}

bool tree_same(const char *a, const char *b)
{
	return tree_within(a, b) && tree_within(b, a);
}
