/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/rules.h"

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

static int failed(struct rules *rules, int error, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Keeps the first reason. */
static int failed(struct rules *rules, int error, const char *fmt, ...)
{
	va_list ap;

	if (rules->error)
		return error;
	va_start(ap, fmt);
	if (vasprintf(&rules->error, fmt, ap) < 0)
		rules->error = NULL;
	va_end(ap);
	return error;
}

static bool is_rule_file(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 6 && strcmp(name + len - 6, ".rules") == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_file(struct rules *rules, const char *dir, const char *name)
{
	if (rules->nfiles == RULES_FILES_MAX)
		return failed(rules, -E2BIG, "There are more than %d rule files. Put rules together into fewer.",
			RULES_FILES_MAX);
	rules->files[rules->nfiles] = paths_join(dir, name, NULL);
	if (!rules->files[rules->nfiles])
		return -ENOMEM;
	rules->nfiles++;
	return 0;
}

/* Adds the names of the rule files of @dir, sorted. */
static int list_folder(struct rules *rules, const char *dir)
{
	size_t before = rules->nfiles;
	struct dirent *entry;
	DIR *d = opendir(dir);
	int r = 0;

	if (!d)
		return errno == ENOENT
			? 0
			: failed(rules, -errno, "The rules in %s cannot be read: %s.", dir, strerror(errno));
	while (r == 0 && (errno = 0, entry = readdir(d))) {
		if (is_rule_file(entry->d_name))
			r = add_file(rules, dir, entry->d_name);
	}
	if (r == 0 && errno)
		r = failed(rules, -errno, "The rules in %s cannot be read: %s.", dir, strerror(errno));
	closedir(d);
	qsort(rules->files + before, rules->nfiles - before, sizeof(rules->files[0]), by_name);
	return r;
}

/* What others may write must not decide. */
static int check_owner(struct rules *rules, const char *path, const struct stat *st, bool strict)
{
	if (!S_ISREG(st->st_mode))
		return failed(rules, -EINVAL, "%s is no plain file. Remove it.", path);
	if (st->st_uid != 0 && (strict || st->st_uid != geteuid()))
		return failed(rules, -EPERM,
			"%s belongs to another user, so its rules do not count; correct it by chown %s.", path,
			strict ? "root" : "to yourself");
	if (st->st_mode & (strict ? S_IWGRP | S_IWOTH : S_IWOTH))
		return failed(rules, -EPERM,
			"%s may be written by others, so its rules do not count; correct it by chmod go-w.", path);
	return 0;
}

/* Not waiting for a FIFO, and looking at the open file: its name may be given to another meanwhile. */
static int read_file(struct rules *rules, const char *path, bool strict, char **ret_text, size_t *ret_len)
{
	int fd cleanup_fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *text cleanup_free = malloc(RULES_FILE_MAX + 1);
	struct stat st;
	ssize_t n;
	int r;

	if (!text)
		return -ENOMEM;
	if (fd < 0 || fstat(fd, &st) < 0)
		return failed(rules, -errno, "%s cannot be read: %s.", path, strerror(errno));
	r = check_owner(rules, path, &st, strict);
	if (r < 0)
		return r;
	n = fd_read_all(fd, text, RULES_FILE_MAX + 1);
	if (n < 0)
		return failed(rules, (int)n, "%s cannot be read: %s.", path, strerror((int)-n));
	if (n > RULES_FILE_MAX)
		return failed(rules, -EFBIG, "%s is longer than %d KiB. Split it.", path, RULES_FILE_MAX / 1024);
	*ret_len = (size_t)n;
	*ret_text = steal_ptr(&text);
	return 0;
}

static int parse_file(struct rules *rules, uint32_t file, bool strict)
{
	const char *path = rules->files[file];
	char *text cleanup_free = NULL;
	struct ruleset_error error = { 0 };
	size_t len = 0;
	int r = read_file(rules, path, strict, &text, &len);

	if (r < 0)
		return r;
	r = ruleset_parse(&rules->set, file, text, len, &error);
	return r < 0 ? failed(rules, r, "%s:%u:%u: %s.", path, error.line, error.column, error.sentence) : 0;
}

static int read_all(struct rules *fresh, const char *const *dirs, bool strict)
{
	int r = 0;

	fresh->set.cap = RULES_MAX;
	fresh->set.rules = calloc(RULES_MAX, sizeof(fresh->set.rules[0]));
	fresh->files = calloc(RULES_FILES_MAX, sizeof(fresh->files[0]));
	if (!fresh->set.rules || !fresh->files)
		return -ENOMEM;
	for (; *dirs && r == 0; dirs++)
		r = list_folder(fresh, *dirs);
	for (uint32_t i = 0; i < fresh->nfiles && r == 0; i++)
		r = parse_file(fresh, i, strict);
	return r;
}

static bool rules_equal(const struct rule *a, const struct rule *b)
{
	return strcmp(a->subject, b->subject) == 0 && strcmp(a->object, b->object) == 0 && a->access == b->access &&
		a->ask == b->ask && a->notify == b->notify && a->for_seconds == b->for_seconds && a->file == b->file &&
		a->line == b->line;
}

static bool is_same(const struct rules *a, const struct rules *b)
{
	if (!a->files || a->nfiles != b->nfiles || a->set.count != b->set.count)
		return false;
	for (size_t i = 0; i < a->nfiles; i++) {
		if (strcmp(a->files[i], b->files[i]) != 0)
			return false;
	}
	for (size_t i = 0; i < a->set.count; i++) {
		if (!rules_equal(&a->set.rules[i], &b->set.rules[i]))
			return false;
	}
	return true;
}

int rules_load(struct rules *rules, const char *const *dirs, bool strict)
{
	struct rules fresh = { 0 };
	int r = read_all(&fresh, dirs, strict);

	if (r < 0) {
		failed(&fresh, r, "The rules cannot be read: %s.", strerror(-r));
		free(rules->error);
		rules->error = steal_ptr(&fresh.error);
		rules_finish(&fresh);
		return r;
	}
	r = !is_same(rules, &fresh);
	fresh.generation = rules->generation + (unsigned)r;
	rules_finish(rules);
	*rules = fresh;
	return r;
}

void rules_finish(struct rules *rules)
{
	for (size_t i = 0; i < rules->nfiles; i++)
		free(rules->files[i]);
	free(rules->files);
	free(rules->set.rules);
	free(rules->error);
	*rules = (struct rules){ 0 };
}

const char *rules_file_of(const struct rules *rules, const struct rule *rule)
{
	return rule->file < rules->nfiles ? rules->files[rule->file] : "";
}

bool rules_may_always_write(const struct rules *rules, const char *from, const char *to)
{
	const struct rule *rule = ruleset_find(&rules->set, from, to);

	return rule && (rule->access & RULE_WRITE) && !rule->ask && rule->for_seconds == 0;
}
