/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/line_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"

static int failed(struct line_files *f, int error, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Keeps the first reason. */
static int failed(struct line_files *f, int error, const char *fmt, ...)
{
	va_list ap;

	if (f->error)
		return error;
	va_start(ap, fmt);
	if (vasprintf(&f->error, fmt, ap) < 0)
		f->error = NULL;
	va_end(ap);
	return error;
}

bool line_files_is_one(const struct line_format *format, const char *name)
{
	size_t len = strlen(name), suffix = strlen(format->suffix);

	return name[0] != '.' && len > suffix && strcmp(name + len - suffix, format->suffix) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct line_file *)a)->path, ((const struct line_file *)b)->path);
}

static int add_file(struct line_files *f, const char *dir, const char *name)
{
	if (f->nfiles == LINE_FILES_MAX)
		return failed(f, -E2BIG, "There are more than %d files of %s. Put %s together into fewer.",
			LINE_FILES_MAX, f->format->noun, f->format->noun);
	f->files[f->nfiles].path = paths_join(dir, name, NULL);
	if (!f->files[f->nfiles].path)
		return -ENOMEM;
	f->nfiles++;
	return 0;
}

static bool has_file(const struct line_files *f, const char *path)
{
	for (size_t i = 0; i < f->nfiles; i++) {
		if (strcmp(f->files[i].path, path) == 0)
			return true;
	}
	return false;
}

/* The file that is to be made is in its place, too. */
static int add_draft(struct line_files *f, const char *dir, const struct line_draft *draft)
{
	if (!draft || strcmp(draft->dir, dir) != 0 || has_file(f, draft->path))
		return 0;
	return add_file(f, dir, draft->path + strlen(dir) + 1);
}

static int no_folder(struct line_files *f, const char *dir)
{
	return failed(f, -errno, "The %s in %s cannot be read: %s.", f->format->noun, dir, strerror(errno));
}

/* Adds the names of the files of @dir. */
static int read_folder(struct line_files *f, const char *dir)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : no_folder(f, dir);
	while (r == 0 && (errno = 0, entry = readdir(d))) {
		if (line_files_is_one(f->format, entry->d_name))
			r = add_file(f, dir, entry->d_name);
	}
	if (r == 0 && errno)
		r = no_folder(f, dir);
	closedir(d);
	return r;
}

static int list_folder(struct line_files *f, const char *dir, const struct line_draft *draft)
{
	size_t before = f->nfiles;
	int r = read_folder(f, dir);

	if (r == 0)
		r = add_draft(f, dir, draft);
	qsort(f->files + before, f->nfiles - before, sizeof(f->files[0]), by_name);
	return r;
}

/* What others may write must not decide. */
static int check_owner(struct line_files *f, const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return failed(f, -EINVAL, "%s is no plain file. Remove it.", path);
	if (st->st_uid != 0 && (f->strict || st->st_uid != geteuid()))
		return failed(f, -EPERM, "%s belongs to another user, so its %s do not count; correct it by chown %s.",
			path, f->format->noun, f->strict ? "root" : "to yourself");
	if (st->st_mode & (f->strict ? S_IWGRP | S_IWOTH : S_IWOTH))
		return failed(f, -EPERM,
			"%s may be written by others, so its %s do not count; correct it by chmod go-w.", path,
			f->format->noun);
	return 0;
}

static int too_long(struct line_files *f, const char *path)
{
	return failed(f, -EFBIG, "%s is longer than %zu KiB. Split it.", path, f->format->size_max / 1024);
}

/*
 * Not waiting for a FIFO, and looking at the open file: its name may be given to
 * another meanwhile. The text ends with a NUL. Its length, or -errno.
 */
static ssize_t read_file(struct line_files *f, struct line_file *file, char **ret_text)
{
	int fd cleanup_fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *text cleanup_free = malloc(f->format->size_max + 2);
	struct stat st;
	ssize_t n;
	int r;

	if (!text)
		return -ENOMEM;
	if (fd < 0 || fstat(fd, &st) < 0)
		return failed(f, -errno, "%s cannot be read: %s.", file->path, strerror(errno));
	r = check_owner(f, file->path, &st);
	if (r < 0)
		return r;
	n = fd_read_all(fd, text, f->format->size_max + 1);
	if (n < 0)
		return failed(f, (int)n, "%s cannot be read: %s.", file->path, strerror((int)-n));
	if ((size_t)n > f->format->size_max)
		return too_long(f, file->path);
	text[n] = '\0';
	file->written = st.st_mtim.tv_sec;
	*ret_text = steal_ptr(&text);
	return n;
}

static int parse_text(struct line_files *f, void *set, uint32_t file, const char *text, size_t len)
{
	struct ruleset_error error = { 0 };
	int r = f->format->parse(set, file, text, len, &error);

	return r < 0 ? failed(f, r, "%s:%u:%u: %s.", f->files[file].path, error.line, error.column, error.sentence) : 0;
}

static int parse_draft(struct line_files *f, void *set, uint32_t file, const struct line_draft *draft)
{
	size_t len = strlen(draft->text);

	return len > f->format->size_max ? too_long(f, draft->path) : parse_text(f, set, file, draft->text, len);
}

static int parse_file(struct line_files *f, void *set, uint32_t file, const struct line_draft *draft)
{
	char *text cleanup_free = NULL;
	ssize_t n;

	if (draft && strcmp(draft->path, f->files[file].path) == 0)
		return parse_draft(f, set, file, draft);
	n = read_file(f, &f->files[file], &text);
	return n < 0 ? (int)n : parse_text(f, set, file, text, (size_t)n);
}

int line_files_read(struct line_files *f, const char *const *dirs, const struct line_draft *draft, void *set)
{
	int r = 0;

	f->files = calloc(LINE_FILES_MAX, sizeof(f->files[0]));
	if (!f->files)
		return -ENOMEM;
	for (; *dirs && r == 0; dirs++)
		r = list_folder(f, *dirs, draft);
	for (uint32_t i = 0; i < f->nfiles && r == 0; i++)
		r = parse_file(f, set, i, draft);
	if (r < 0)
		failed(f, r, "The %s cannot be read: %s.", f->format->noun, strerror(-r));
	return r;
}

int line_files_read_one(struct line_files *f, const char *path, char **ret_text)
{
	struct line_file file = { .path = strdup(path) };
	char *text cleanup_free = NULL;
	ssize_t n = file.path ? read_file(f, &file, &text) : -ENOMEM;

	if (n >= 0 && strlen(text) != (size_t)n)
		n = failed(f, -EINVAL, "There is a NUL byte in %s. Write plain text.", path);
	if (n >= 0)
		*ret_text = steal_ptr(&text);
	free(file.path);
	return n < 0 ? (int)n : 0;
}

void line_files_finish(struct line_files *f)
{
	for (size_t i = 0; i < f->nfiles; i++)
		free(f->files[i].path);
	free(f->files);
	free(f->error);
	*f = (struct line_files){ .format = f->format, .strict = f->strict };
}

bool line_is_over(time_t written, uint32_t seconds, time_t now)
{
	return seconds && (now < written || written <= now - (time_t)seconds);
}

time_t line_next_change(time_t written, uint32_t seconds, time_t now, time_t next)
{
	time_t at = written;

	if (!seconds)
		return next;
	if (at <= now)
		at += (time_t)seconds;
	return at > now && (next == 0 || at < next) ? at : next;
}
