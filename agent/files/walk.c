/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proto/text.h"

#define TEXT_STEP 4096

/* Names as they are read: a growing text. */
struct names {
	char *text;
	size_t len, cap, count;
};

static int names_add(struct names *n, const char *name)
{
	size_t size = strlen(name) + 1;

	if (size > n->cap - n->len) {
		size_t cap = n->cap * 2 + TEXT_STEP;
		char *text = realloc(n->text, cap);

		if (!text)
			return -ENOMEM;
		n->text = text;
		n->cap = cap;
	}
	memcpy(n->text + n->len, name, size);
	n->len += size;
	n->count++;
	return 0;
}

static int names_read(struct names *n, DIR *dir)
{
	int r = 0;

	while (r == 0) {
		struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = names_add(n, entry->d_name);
	}
	return r;
}

/* strcmp(3) compares as unsigned char: the order of bytes. */
static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes the text over, also on failure. */
static int level_set(struct walk_level *l, struct names *n)
{
	char *at = n->text;

	l->text = n->text;
	l->count = n->count;
	l->names = malloc((n->count + 1) * sizeof(*l->names));
	if (!l->names)
		return -ENOMEM;
	for (size_t i = 0; i < n->count; i++) {
		l->names[i] = at;
		at += strlen(at) + 1;
	}
	if (n->count > 1)
		qsort(l->names, n->count, sizeof(*l->names), compare);
	return 0;
}

static void level_close(struct walk_level *l)
{
	close(l->fd);
	free(l->text);
	free(l->names);
}

/* Reads the folder @fd, which is taken over. */
static int level_open(struct walk_level *l, int fd, size_t path_len)
{
	struct names names = { 0 };
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), r;
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;

	*l = (struct walk_level){ .fd = fd, .path_len = path_len };
	if (!dir) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		level_close(l);
		return r;
	}
	r = names_read(&names, dir);
	closedir(dir);
	if (r < 0)
		l->text = names.text;
	else
		r = level_set(l, &names);
	if (r < 0)
		level_close(l);
	return r;
}

int walk_begin(struct walk *w, int dir, const char *name, const char *shown)
{
	struct names names = { 0 };
	int r;

	w->levels[0] = (struct walk_level){ .fd = dir };
	w->depth = 0;
	w->shown = shown;
	r = names_add(&names, name);
	if (r == 0)
		r = level_set(&w->levels[0], &names);
	if (r < 0)
		level_close(&w->levels[0]);
	else
		w->depth = 1;
	return r;
}

void walk_end(struct walk *w)
{
	while (w->depth > 0)
		level_close(&w->levels[--w->depth]);
}

/* Puts the entry's path together, cut where it is too long. False: it may not cross. */
static bool make_path(struct walk *w, const struct walk_level *l, const char *name)
{
	const char *part = w->depth == 1 ? w->shown : name;
	size_t len = strlen(part), room = XFER_PATH_MAX - l->path_len;
	size_t n = len < room ? len : room;

	if (l->path_len > 0)
		w->path[l->path_len - 1] = '/';
	memcpy(w->path + l->path_len, part, n);
	w->len = l->path_len + n;
	w->path[w->len] = '\0';
	return n == len;
}

static int enter(struct walk *w, int dir, const char *name)
{
	int fd, r;

	if (w->depth > XFER_DEPTH_MAX || w->len >= XFER_PATH_MAX)
		return -ENAMETOOLONG;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = level_open(&w->levels[w->depth], fd, w->len + 1);
	if (r == 0)
		w->depth++;
	return r;
}

/* Looks at an entry; goes into a folder. */
static int look(struct walk *w, const struct walk_level *l, struct walk_entry *e)
{
	const char *part = w->depth == 1 ? w->shown : e->name;

	if (!make_path(w, l, e->name) || w->depth > XFER_DEPTH_MAX)
		return -ENAMETOOLONG;
	if (!text_is_file_name((const uint8_t *)part, strlen(part)))
		return -EILSEQ;
	if (fstatat(l->fd, e->name, &e->st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(e->st.st_mode))
		return enter(w, l->fd, e->name);
	return S_ISREG(e->st.st_mode) ? 0 : -ENOTSUP;
}

bool walk_next(struct walk *w, struct walk_entry *ret)
{
	struct walk_level *l;

	while (w->depth > 0 && w->levels[w->depth - 1].at == w->levels[w->depth - 1].count)
		level_close(&w->levels[--w->depth]);
	if (w->depth == 0)
		return false;
	l = &w->levels[w->depth - 1];
	*ret = (struct walk_entry){ .dir = l->fd, .name = l->names[l->at++] };
	ret->error = -look(w, l, ret);
	ret->path = w->path;
	ret->len = w->len;
	return true;
}

void walk_skip(struct walk *w)
{
	level_close(&w->levels[--w->depth]);
}

int walk_remove(int dir, const char *name)
{
	struct walk_level l;
	int fd, r;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = level_open(&l, fd, 0);
	if (r < 0)
		return r;
	for (; r == 0 && l.at < l.count; l.at++)
		r = walk_remove(l.fd, l.names[l.at]);
	level_close(&l);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}
