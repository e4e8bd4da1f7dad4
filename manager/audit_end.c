/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/audit_end.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "manager/audit_files.h"

/* The last bytes of a log, enough for two lines. */
struct tail {
	char *bytes; /* owned */
	size_t len;
	off_t at; /* where in the log they begin */
};

static int read_tail(int fd, struct tail *ret)
{
	const off_t max = 2 * AUDIT_LINE_MAX;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	ret->at = st.st_size > max ? st.st_size - max : 0;
	ret->len = (size_t)(st.st_size - ret->at);
	ret->bytes = malloc(ret->len + 1);
	if (!ret->bytes)
		return -ENOMEM;
	n = pread(fd, ret->bytes, ret->len, ret->at);
	return n < 0 ? -errno : (size_t)n != ret->len ? -EIO : 0;
}

/* How many bytes of @tail are whole lines. */
static size_t whole(const struct tail *tail)
{
	const char *newline = memrchr(tail->bytes, '\n', tail->len);

	return newline ? (size_t)(newline - tail->bytes) + 1 : 0;
}

/* The number and hash of the last whole line. 1: there is one; 0: the log is empty; -EBADMSG: it is none of ours. */
static int last_line(const struct tail *tail, struct chain_head *ret, struct chain_head *ret_before)
{
	size_t len = whole(tail);
	const char *before, *line;
	int r;

	if (len == 0)
		return 0;
	len--;
	before = memrchr(tail->bytes, '\n', len);
	line = before ? before + 1 : tail->bytes;
	len -= (size_t)(line - tail->bytes);
	r = chain_read_line(line, len, ret_before);
	if (r < 0)
		return r;
	ret->seq = ret_before->seq;
	ret_before->seq--;
	r = chain_hash(line, len, ret->hash);
	return r < 0 ? r : 1;
}

/* Moves the bytes behind the last whole line into a file of their own. */
static int set_aside(int fd, const char *path, const struct tail *tail, struct audit_end *end)
{
	size_t good = whole(tail);
	char *name cleanup_free = NULL;
	int to cleanup_fd = -1;
	int r;

	if (good == tail->len)
		return 0;
	if (asprintf(&name, "%s.torn-%llu", path, (unsigned long long)end->head.seq + 1) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	to = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0)
		return -errno;
	r = fd_write_all(to, tail->bytes + good, tail->len - good);
	if (r == 0 && (fsync(to) < 0 || ftruncate(fd, tail->at + (off_t)good) < 0))
		r = -errno;
	if (r < 0)
		return r;
	end->lost = tail->len - good;
	end->torn = steal_ptr(&name);
	return 0;
}

/* 1: there is a head; 0: there is none; -EBADMSG: it is none. */
static int read_head(const char *path, struct chain_head *ret)
{
	char *text cleanup_free = NULL;
	size_t len = 0;
	int r = fd_read_file(path, CHAIN_HEX + 32, &text, &len);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = chain_read_head(text, len, ret);
	return r == -EFBIG ? -EBADMSG : r < 0 ? r : 1;
}

static bool is_same(const struct chain_head *a, const struct chain_head *b)
{
	return a->seq == b->seq && strcmp(a->hash, b->hash) == 0;
}

/* Without a head the log must be believed. @line: as of last_line(). */
static void without_head(int line, const struct chain_head *last, bool broken, struct audit_end *end)
{
	end->head = line > 0 ? *last : CHAIN_START;
	if (broken)
		end->fault = "audit.head could not be read: lines may have been cut off before this one";
	else if (line != 0)
		end->fault = "audit.head was missing: lines may have been cut off before this one";
}

/* A crash between line and head leaves the log one line ahead. */
static void with_head(int line, const struct chain_head *last, const struct chain_head *before, struct audit_end *end)
{
	if (line > 0 && is_same(last, &end->head))
		return;
	if (line > 0 && last->seq > end->head.seq) {
		if (!is_same(before, &end->head))
			end->fault =
				"audit.head was older than the log: it is not known who wrote the lines before this "
				"one";
		end->head = *last;
		return;
	}
	end->fault = "audit.head did not fit the log's last line: lines were cut off or changed before this one";
}

/* A log that was just begun goes on from the file before it. */
static int last_line_before(const char *path, struct chain_head *ret, struct chain_head *ret_before)
{
	char *name cleanup_free = audit_files_name(path, 1);
	int fd cleanup_fd = name ? open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK) : -1;
	struct tail tail = { 0 };
	int r;

	if (!name)
		return -ENOMEM;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = read_tail(fd, &tail);
	if (r == 0)
		r = last_line(&tail, ret, ret_before);
	free(tail.bytes);
	return r;
}

int audit_end_find(int fd, const char *path, const char *head_path, struct audit_end *ret)
{
	struct chain_head last = CHAIN_START, before = CHAIN_START;
	struct tail tail = { 0 };
	int line = 0, head, r;

	*ret = (struct audit_end){ .head = CHAIN_START };
	r = read_tail(fd, &tail);
	if (r == 0)
		line = last_line(&tail, &last, &before);
	if (r == 0 && line == 0)
		line = last_line_before(path, &last, &before);
	head = read_head(head_path, &ret->head);
	if (r == 0 && line < 0 && line != -EBADMSG)
		r = line;
	if (r == 0 && head < 0 && head != -EBADMSG)
		r = head;
	if (r == 0 && head > 0)
		with_head(line, &last, &before, ret);
	else if (r == 0)
		without_head(line, &last, head < 0, ret);
	if (r == 0)
		r = set_aside(fd, path, &tail, ret);
	free(tail.bytes);
	return r;
}
