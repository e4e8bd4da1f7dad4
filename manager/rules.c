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
	return strcmp(((const struct rules_file *)a)->path, ((const struct rules_file *)b)->path);
}

static int add_file(struct rules *rules, const char *dir, const char *name)
{
	if (rules->nfiles == RULES_FILES_MAX)
		return failed(rules, -E2BIG, "There are more than %d rule files. Put rules together into fewer.",
			RULES_FILES_MAX);
	rules->files[rules->nfiles].path = paths_join(dir, name, NULL);
	if (!rules->files[rules->nfiles].path)
		return -ENOMEM;
	rules->nfiles++;
	return 0;
}

static bool has_file(const struct rules *rules, const char *path)
{
	for (size_t i = 0; i < rules->nfiles; i++) {
		if (strcmp(rules->files[i].path, path) == 0)
			return true;
	}
	return false;
}

/* The file that is to be made is in its place, too. */
static int add_draft(struct rules *rules, const char *dir, const struct rules_draft *draft)
{
	if (!draft || strcmp(draft->dir, dir) != 0 || has_file(rules, draft->path))
		return 0;
	return add_file(rules, dir, draft->path + strlen(dir) + 1);
}

/* Adds the names of the rule files of @dir. */
static int read_folder(struct rules *rules, const char *dir)
{
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
	return r;
}

static int list_folder(struct rules *rules, const char *dir, const struct rules_draft *draft)
{
	size_t before = rules->nfiles;
	int r = read_folder(rules, dir);

	if (r == 0)
		r = add_draft(rules, dir, draft);
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

static int too_long(struct rules *rules, const char *path)
{
	return failed(rules, -EFBIG, "%s is longer than %d KiB. Split it.", path, RULES_FILE_MAX / 1024);
}

/*
 * Not waiting for a FIFO, and looking at the open file: its name may be given to
 * another meanwhile. The text ends with a NUL. Its length, or -errno.
 */
static ssize_t read_file(struct rules *rules, struct rules_file *file, bool strict, char **ret_text)
{
	int fd cleanup_fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *text cleanup_free = malloc(RULES_FILE_MAX + 2);
	struct stat st;
	ssize_t n;
	int r;

	if (!text)
		return -ENOMEM;
	if (fd < 0 || fstat(fd, &st) < 0)
		return failed(rules, -errno, "%s cannot be read: %s.", file->path, strerror(errno));
	r = check_owner(rules, file->path, &st, strict);
	if (r < 0)
		return r;
	n = fd_read_all(fd, text, RULES_FILE_MAX + 1);
	if (n < 0)
		return failed(rules, (int)n, "%s cannot be read: %s.", file->path, strerror((int)-n));
	if (n > RULES_FILE_MAX)
		return too_long(rules, file->path);
	text[n] = '\0';
	file->written = st.st_mtim.tv_sec;
	*ret_text = steal_ptr(&text);
	return n;
}

static int parse_text(struct rules *rules, uint32_t file, const char *text, size_t len)
{
	struct ruleset_error error = { 0 };
	int r = ruleset_parse(&rules->set, file, text, len, &error);

	return r < 0
		? failed(rules, r, "%s:%u:%u: %s.", rules->files[file].path, error.line, error.column, error.sentence)
		: 0;
}

static int parse_draft(struct rules *rules, uint32_t file, const struct rules_draft *draft)
{
	size_t len = strlen(draft->text);

	return len > RULES_FILE_MAX ? too_long(rules, draft->path) : parse_text(rules, file, draft->text, len);
}

static int parse_file(struct rules *rules, uint32_t file, bool strict, const struct rules_draft *draft)
{
	char *text cleanup_free = NULL;
	ssize_t n;

	if (draft && strcmp(draft->path, rules->files[file].path) == 0)
		return parse_draft(rules, file, draft);
	n = read_file(rules, &rules->files[file], strict, &text);
	return n < 0 ? (int)n : parse_text(rules, file, text, (size_t)n);
}

static int read_all(struct rules *fresh, const char *const *dirs, bool strict, const struct rules_draft *draft)
{
	int r = 0;

	fresh->set.cap = RULES_MAX;
	fresh->set.rules = calloc(RULES_MAX, sizeof(fresh->set.rules[0]));
	fresh->files = calloc(RULES_FILES_MAX, sizeof(fresh->files[0]));
	if (!fresh->set.rules || !fresh->files)
		return -ENOMEM;
	for (; *dirs && r == 0; dirs++)
		r = list_folder(fresh, *dirs, draft);
	for (uint32_t i = 0; i < fresh->nfiles && r == 0; i++)
		r = parse_file(fresh, i, strict, draft);
	if (r < 0)
		failed(fresh, r, "The rules cannot be read: %s.", strerror(-r));
	return r;
}

static bool is_timed(const struct rule *rule)
{
	return rule->for_seconds && !rule->ask;
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
		if (strcmp(a->files[i].path, b->files[i].path) != 0)
			return false;
	}
	for (size_t i = 0; i < a->set.count; i++) {
		const struct rule *rule = &a->set.rules[i];

		if (!rules_equal(rule, &b->set.rules[i]))
			return false;
		if (is_timed(rule) && a->files[rule->file].written != b->files[rule->file].written)
			return false;
	}
	return true;
}

int rules_load(struct rules *rules, const char *const *dirs, bool strict)
{
	struct rules fresh = { 0 };
	int r = read_all(&fresh, dirs, strict, NULL);

	if (r < 0) {
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

int rules_try(const char *const *dirs, bool strict, const struct rules_draft *draft, char **ret_error)
{
	struct rules fresh = { 0 };
	int r = read_all(&fresh, dirs, strict, draft);

	*ret_error = steal_ptr(&fresh.error);
	rules_finish(&fresh);
	return r;
}

int rules_read(const char *path, bool strict, char **ret_text, char **ret_error)
{
	struct rules_file file = { .path = strdup(path) };
	struct rules scratch = { 0 };
	char *text cleanup_free = NULL;
	ssize_t n = file.path ? read_file(&scratch, &file, strict, &text) : -ENOMEM;

	if (n >= 0 && strlen(text) != (size_t)n)
		n = failed(&scratch, -EINVAL, "There is a NUL byte in %s. Write plain text.", path);
	if (n >= 0)
		*ret_text = steal_ptr(&text);
	*ret_error = scratch.error;
	free(file.path);
	return n < 0 ? (int)n : 0;
}

void rules_finish(struct rules *rules)
{
	for (size_t i = 0; i < rules->nfiles; i++)
		free(rules->files[i].path);
	free(rules->files);
	free(rules->set.rules);
	free(rules->error);
	*rules = (struct rules){ 0 };
}

const char *rules_file_of(const struct rules *rules, const struct rule *rule)
{
	return rule->file < rules->nfiles ? rules->files[rule->file].path : "";
}

time_t rules_written(const struct rules *rules, const struct rule *rule)
{
	return rule->file < rules->nfiles ? rules->files[rule->file].written : 0;
}

bool rules_is_expired(const struct rules *rules, const struct rule *rule, time_t now)
{
	time_t begin = rules_written(rules, rule);

	return is_timed(rule) && (now < begin || begin <= now - (time_t)rule->for_seconds);
}

time_t rules_next_change(const struct rules *rules, time_t now)
{
	time_t next = 0;

	for (size_t i = 0; i < rules->set.count; i++) {
		const struct rule *rule = &rules->set.rules[i];
		time_t at = rules_written(rules, rule);

		if (!is_timed(rule))
			continue;
		if (at <= now)
			at += (time_t)rule->for_seconds;
		if (at > now && (next == 0 || at < next))
			next = at;
	}
	return next;
}

unsigned rules_decide(
	const struct rules *rules, const char *from, const char *to, time_t now, const struct rule **ret_rule)
{
	const struct ruleset none = { 0 };
	const struct rule *rule = ruleset_find(&rules->set, from, to);

	if (ret_rule)
		*ret_rule = rule;
	return ruleset_decide(rule && rules_is_expired(rules, rule, now) ? &none : &rules->set, from, to);
}

bool rules_may_always_write(const struct rules *rules, const char *from, const char *to)
{
	const struct rule *rule = ruleset_find(&rules->set, from, to);

	return rule && (rule->access & RULE_WRITE) && !rule->ask && !rules_is_expired(rules, rule, time(NULL));
}
