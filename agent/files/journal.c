/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "proto/text.h"

#define JOURNAL_NEW JOURNAL ".new"
#define JOURNAL_MAX (128u << 10) /* bytes: JOURNAL_READY_MAX names and two paths */
#define HEAD_LINE "vmOS transfer 1"

/* The text, read line by line. */
struct reader {
	char *at;
};

/* The rest of the next line if that begins with @key and a blank; NULL: it does not. */
static char *take(struct reader *r, const char *key)
{
	size_t len = strlen(key);
	char *value = r->at + len + 1, *end;

	if (strncmp(r->at, key, len) != 0 || r->at[len] != ' ')
		return NULL;
	end = strchr(value, '\n');
	if (!end)
		return NULL;
	*end = '\0';
	r->at = end + 1;
	return value;
}

static bool take_number(struct reader *r, const char *key, uint64_t max, uint64_t *ret)
{
	const char *value = take(r, key);
	char *end;

	if (!value || value[0] < '0' || value[0] > '9')
		return false;
	errno = 0;
	*ret = strtoull(value, &end, 10);
	return *end == '\0' && errno == 0 && *ret <= max;
}

static bool take_digest(struct reader *r, uint8_t ret[XFER_HASH])
{
	const char *value = take(r, "digest");

	if (!value || strlen(value) != (size_t)2 * XFER_HASH ||
		strspn(value, "0123456789abcdef") != (size_t)2 * XFER_HASH)
		return false;
	for (size_t i = 0; i < XFER_HASH; i++) {
		const char digits[3] = { value[2 * i], value[2 * i + 1], '\0' };

		ret[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return true;
}

static bool is_name(const char *s)
{
	return text_is_file_name((const uint8_t *)s, strlen(s));
}

/* A name or path; empty where there is none. */
static bool take_text(struct reader *r, const char *key, char *dst, size_t cap)
{
	const char *value = take(r, key);

	if (!value || strlen(value) >= cap)
		return false;
	memcpy(dst, value, strlen(value) + 1);
	return true;
}

static bool take_ready(struct reader *r, struct journal *j)
{
	while (strncmp(r->at, "ready ", 6) == 0) {
		const char *value = take(r, "ready");
		struct journal_item *item = &j->ready[j->nready];
		unsigned long index;
		char *name;

		if (!value || j->nready == JOURNAL_READY_MAX)
			return false;
		index = strtoul(value, &name, 10);
		if (*name != ' ' || !is_name(name + 1) || index >= j->point.item)
			return false;
		item->index = (uint32_t)index;
		memcpy(item->name, name + 1, strlen(name + 1) + 1);
		j->nready++;
	}
	return true;
}

static bool is_path_of(const struct journal *j)
{
	size_t name = strlen(j->item), len = strlen(j->file);

	if (!j->file[0])
		return j->point.offset == 0;
	return xfer_is_path((const uint8_t *)j->file, len) && len >= name && memcmp(j->file, j->item, name) == 0 &&
		(len == name || j->file[name] == '/');
}

static bool parse(char *text, struct journal *j)
{
	struct reader r = { .at = text };
	uint64_t item;

	if (strncmp(r.at, HEAD_LINE "\n", sizeof(HEAD_LINE)) != 0)
		return false;
	r.at += sizeof(HEAD_LINE);
	if (!take_number(&r, "items", INT32_MAX, &item) || !take_number(&r, "entries", UINT64_MAX, &j->point.entry))
		return false;
	j->point.item = (uint32_t)item;
	if (!take_number(&r, "offset", XFER_SIZE_MAX, &j->point.offset) || j->point.offset % XFER_DATA_MAX != 0)
		return false;
	if (!take_digest(&r, j->digest) || !take_text(&r, "item", j->item, sizeof(j->item)) ||
		!take_text(&r, "file", j->file, sizeof(j->file)))
		return false;
	if (j->item[0] ? !is_name(j->item) : j->point.entry || j->point.offset)
		return false;
	return is_path_of(j) && take_ready(&r, j) && strcmp(r.at, "end\n") == 0;
}

int journal_load(int dir, struct journal *ret)
{
	int fd cleanup_fd = openat(dir, JOURNAL, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text cleanup_free = NULL;
	ssize_t n;

	if (fd < 0)
		return -errno;
	text = malloc(JOURNAL_MAX);
	if (!text)
		return -ENOMEM;
	n = fd_read_all(fd, text, JOURNAL_MAX - 1);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	*ret = (struct journal){ 0 };
	if (strlen(text) == (size_t)n && parse(text, ret))
		return 0;
	*ret = (struct journal){ 0 };
	return -EBADMSG;
}

struct writer {
	char *text;
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) add(struct writer *w, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(w->text + w->len, JOURNAL_MAX - w->len, fmt, args);
	va_end(args);
	w->len += n > 0 ? (size_t)n : 0;
}

static void compose(struct writer *w, const struct journal *j)
{
	add(w, HEAD_LINE "\nitems %" PRIu32 "\nentries %" PRIu64 "\noffset %" PRIu64 "\ndigest ", j->point.item,
		j->point.entry, j->point.offset);
	for (size_t i = 0; i < XFER_HASH; i++)
		add(w, "%02x", j->digest[i]);
	add(w, "\nitem %s\nfile %s\n", j->item, j->file);
	for (uint32_t i = 0; i < j->nready; i++)
		add(w, "ready %" PRIu32 " %s\n", j->ready[i].index, j->ready[i].name);
	add(w, "end\n");
}

int journal_save(int dir, const struct journal *j)
{
	int fd cleanup_fd = openat(dir, JOURNAL_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	char *text cleanup_free = malloc(JOURNAL_MAX);
	struct writer w = { .text = text };
	int r;

	if (fd < 0)
		return -errno;
	if (!text)
		return -ENOMEM;
	compose(&w, j);
	r = fd_write_all(fd, text, w.len);
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dir, JOURNAL_NEW, dir, JOURNAL) < 0)
		r = -errno;
	return r;
}
