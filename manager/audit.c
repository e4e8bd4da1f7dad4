/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/smack.h"
#include "manager/audit_end.h"
#include "manager/audit_files.h"
#include "proto/text.h"

struct audit {
	char *path, *head_path, *new_path; /* audit.log, audit.head, and that while it is written */
	const char *label; /* borrowed; NULL: none */
	int fd; /* of audit.log, to append */
	struct chain_head head;
	bool is_failing; /* said so already */
	bool is_rotating;
};

/* "2026-01-31T12:34:56.789012Z" */
static void time_text(char ret_text[40])
{
	struct timespec now;
	struct tm utc;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	len = strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(ret_text + len, 40 - len, ".%06ldZ", now.tv_nsec / 1000);
}

static void add_text(struct json_object *o, const char *key, const char *value)
{
	char clean[AUDIT_VALUE_MAX + 1];

	text_sanitise((const uint8_t *)value, strlen(value), clean, sizeof(clean));
	json_object_object_add(o, key, json_object_new_string(clean));
}

/* The line of an event without its newline, for the caller to free. NULL: memory is out, or there are too many fields. */
static char *make_line(const struct audit *a, const char *event, va_list fields)
{
	struct json_object *o = json_object_new_object();
	const char *key, *text;
	char when[40], *line = NULL;
	unsigned n = 0;

	if (!o)
		return NULL;
	time_text(when);
	json_object_object_add(o, "seq", json_object_new_uint64(a->head.seq + 1));
	add_text(o, "time", when);
	add_text(o, "event", event);
	while ((key = va_arg(fields, const char *)) && n++ < AUDIT_FIELDS_MAX) {
		const char *value = va_arg(fields, const char *);

		add_text(o, key, value ? value : "");
	}
	add_text(o, "prev", a->head.hash);
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text && !key)
		line = strdup(text);
	json_object_put(o);
	return line;
}

static int open_log(struct audit *a)
{
	int fd cleanup_fd = open(a->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	struct stat st;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (a->label)
		r = smack_fd_set(fd, a->label);
	if (r < 0)
		return r;
	if (a->fd >= 0)
		close(a->fd);
	a->fd = steal_fd(&fd);
	return 0;
}

/* A log that was taken away is begun again: that lines are missing is seen by their numbers. */
static int follow_path(struct audit *a)
{
	struct stat ours, there;

	if (fstat(a->fd, &ours) < 0)
		return -errno;
	if (stat(a->path, &there) == 0 && there.st_ino == ours.st_ino && there.st_dev == ours.st_dev)
		return 0;
	log_warning("%s was moved or removed; it is begun anew", a->path);
	return open_log(a);
}

/* All of it, with @wait on the disk, or nothing. */
static int append(struct audit *a, const char *line, size_t len, bool wait)
{
	struct stat st;
	int r;

	if (fstat(a->fd, &st) < 0)
		return -errno;
	r = fd_write_all(a->fd, line, len);
	if (r == 0 && wait && fdatasync(a->fd) < 0)
		r = -errno;
	if (r < 0 && ftruncate(a->fd, st.st_size) < 0)
		log_warning("A part of a line stays at the end of %s: %s", a->path, strerror(errno));
	return r;
}

/*
 * Its name is not waited for: what a journal has of it, it writes before the
 * next line, so that a loss of power leaves the log one line ahead at most.
 */
static int write_head(const struct audit *a, bool wait)
{
	int fd cleanup_fd = open(a->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	char text[CHAIN_HEX + 32];
	int n = snprintf(text, sizeof(text), "%llu %s\n", (unsigned long long)a->head.seq, a->head.hash);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, (size_t)n);

	if (r == 0 && ((wait && fsync(fd) < 0) || rename(a->new_path, a->head_path) < 0))
		r = -errno;
	return r;
}

/* @line gets its newline. */
static int put(struct audit *a, char *line, bool wait)
{
	size_t len = strlen(line);
	struct chain_head next = { .seq = a->head.seq + 1 };
	int r = chain_hash(line, len, next.hash);

	if (r == 0)
		r = follow_path(a);
	if (r < 0)
		return r;
	line[len] = '\n';
	r = append(a, line, len + 1, wait);
	if (r < 0)
		return r;
	a->head = next;
	return write_head(a, wait);
}

/*
 * Begins another file where this one is full. What the chain will begin with is
 * written before anything goes: only vmosd takes away lines that a later one
 * has announced.
 */
static int rotate(struct audit *a)
{
	char first[24];
	struct stat st;
	int r;

	if (fstat(a->fd, &st) < 0)
		return -errno;
	if (a->is_rotating || st.st_size < AUDIT_FILE_MAX)
		return 0;
	snprintf(first, sizeof(first), "%llu", (unsigned long long)audit_files_first(a->path));
	a->is_rotating = true;
	r = audit_write(a, AUDIT_ROTATED, "first", first, NULL);
	a->is_rotating = false;
	if (r == 0)
		r = audit_files_shift(a->path);
	return r == 0 ? open_log(a) : r;
}

static int write_fields(struct audit *a, bool wait, const char *event, va_list fields)
{
	char *line cleanup_free = NULL;
	int r;

	if (!a)
		return -ENODEV;
	r = rotate(a);
	line = make_line(a, event, fields);
	if (r == 0)
		r = line ? put(a, line, wait) : -ENOMEM;
	if (r < 0 && !a->is_failing)
		log_error("The audit log %s cannot be written: %s. What needs a record is refused until it can.",
			a->path, strerror(-r));
	a->is_failing = r < 0;
	return r;
}

int audit_write(struct audit *a, const char *event, ...)
{
	va_list fields;
	int r;

	va_start(fields, event);
	r = write_fields(a, true, event, fields);
	va_end(fields);
	return r;
}

int audit_note(struct audit *a, const char *event, ...)
{
	va_list fields;
	int r;

	va_start(fields, event);
	r = write_fields(a, false, event, fields);
	va_end(fields);
	return r;
}

/* What was found at the end of the log becomes a line of it. */
static int note_end(struct audit *a, const struct audit_end *end)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)end->lost);
	if (end->torn) {
		int r = audit_write(a, "audit-torn", "bytes", number, "file", end->torn, NULL);

		if (r < 0)
			return r;
	}
	return end->fault ? audit_write(a, "audit-fault", "reason", end->fault, NULL) : 0;
}

static int take_up(struct audit *a)
{
	struct audit_end end = { 0 };
	int r = audit_end_find(a->fd, a->path, a->head_path, &end);

	if (r == 0) {
		a->head = end.head;
		r = note_end(a, &end);
	}
	free(end.torn);
	return r;
}

int audit_open(const char *dir, const char *label, struct audit **ret)
{
	struct audit *a = calloc(1, sizeof(*a));
	int r = -ENOMEM;

	if (!a)
		return r;
	a->fd = -1;
	a->label = label;
	a->path = paths_join(dir, "audit.log", NULL);
	a->head_path = paths_join(dir, "audit.head", NULL);
	a->new_path = paths_join(dir, "audit.head.new", NULL);
	if (a->path && a->head_path && a->new_path)
		r = open_log(a);
	if (r == 0)
		r = take_up(a);
	if (r < 0)
		audit_close(a);
	else
		*ret = a;
	return r;
}

void audit_close(struct audit *a)
{
	if (!a)
		return;
	if (a->fd >= 0)
		close(a->fd);
	free(a->path);
	free(a->head_path);
	free(a->new_path);
	free(a);
}

const struct chain_head *audit_head(const struct audit *a)
{
	return &a->head;
}

int audit_readers(struct audit *a, int ret_fds[AUDIT_FILES])
{
	int r = follow_path(a);

	return r < 0 ? r : audit_files_open(a->path, ret_fds);
}
