/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/files/files.h"
#include "agent/files/hash.h"
#include "agent/files/items.h"
#include "agent/files/records.h"
#include "agent/files/walk.h"
#include "base/cleanup.h"
#include "base/fd.h"

#define TRIES 3 /* of a file that changes while it is sent */
#define PIPE_BYTES (1 << 20)

/* An entry that is there and can be read. */
struct source {
	struct walk_entry e;
	int fd; /* of a file; owned; -1 */
	struct stat st;
	struct xfer_head head;
};

struct sender {
	int base; /* owned */
	bool public;
	struct hash hash;
	struct records out;
	struct walk walk;
	bool walking; /* amid an item */
	struct source source;
	bool held; /* @source is next; it has been looked at already */
	uint64_t offset; /* of the file that is next */
	uint64_t sent; /* entries */
	int problem; /* errno of the first */
};

/* Tells the host what is left out. It reads as fast as it can, so this waits for nobody. */
static void problem(struct sender *s, int error, const char *path, size_t len)
{
	uint8_t record[XFER_HEAD + XFER_PATH_MAX];
	struct xfer_head head = { .type = XFER_PROBLEM, .value = (uint64_t)error };

	head.len = (uint32_t)(len < XFER_PATH_MAX ? len : XFER_PATH_MAX);
	xfer_head_put(record, &head);
	memcpy(record + XFER_HEAD, path, head.len);
	(void)fd_write_all(
		STDERR_FILENO, record, XFER_HEAD + head.len); /* nobody listens: the exit status says so, too */
	s->problem = s->problem ? s->problem : error;
}

static int open_file(const struct walk_entry *e, struct source *ret)
{
	int fd = openat(e->dir, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int error = errno;

	if (fd < 0)
		return -error;
	if (fstat(fd, &ret->st) < 0 || !S_ISREG(ret->st.st_mode)) {
		close(fd);
		return -ENOTSUP;
	}
	ret->fd = fd;
	ret->head = (struct xfer_head){ .type = XFER_FILE,
		.flags = ret->st.st_mode & S_IXUSR ? XFER_EXEC : 0,
		.len = (uint32_t)e->len,
		.value = (uint64_t)ret->st.st_size };
	return 0;
}

static void source_close(struct source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

/* The item's next entry that can be sent, opened. False: there is none. */
static bool next_source(struct sender *s)
{
	struct source *source = &s->source;

	if (s->held) {
		s->held = false;
		return true;
	}
	source_close(source);
	while (s->walking && walk_next(&s->walk, &source->e)) {
		int r = -source->e.error;

		source->head = (struct xfer_head){ .type = XFER_DIR, .len = (uint32_t)source->e.len };
		if (r == 0 && S_ISREG(source->e.st.st_mode))
			r = open_file(&source->e, source);
		if (r == 0)
			return true;
		problem(s, -r, source->e.path, source->e.len);
	}
	return false;
}

static void item_end(struct sender *s)
{
	if (s->walking)
		walk_end(&s->walk);
	s->walking = false;
}

/* Begins an item; one that is not there has no entries. */
static void item_begin(struct sender *s, const char *path)
{
	static struct item item; /* the walk borrows its name */
	int r = items_split(path, &item), dir = -1;

	if (r == 0)
		dir = items_open_folder(s->base, &item, s->public);
	if (r == 0 && dir < 0)
		r = dir;
	if (r == 0)
		r = walk_begin(&s->walk, dir, item.name, item.name);
	s->walking = r == 0;
	if (r < 0)
		problem(s, -r, path, strlen(path));
}

/* Sends bytes of the file from its offset on, into the digest, too. 1: it is shorter than it was; -errno of reading. */
static int send_bytes(struct sender *s, uint64_t at, int *ret_write_error)
{
	struct source *source = &s->source;

	while (at < source->head.value) {
		uint64_t left = source->head.value - at;
		size_t want = left < XFER_DATA_MAX ? (size_t)left : XFER_DATA_MAX;
		uint8_t *data;
		ssize_t n;

		*ret_write_error = records_data_begin(&s->out, &data);
		if (*ret_write_error < 0)
			return *ret_write_error;
		n = fd_read_all(source->fd, data, want);
		if (n <= 0)
			return n < 0 ? (int)n : 1;
		hash_add(&s->hash, data, (size_t)n);
		records_data_end(&s->out, (size_t)n);
		at += (uint64_t)n;
	}
	return 0;
}

static bool has_changed(const struct source *source)
{
	struct stat now;

	return fstat(source->fd, &now) < 0 || now.st_size != source->st.st_size ||
		now.st_mtim.tv_sec != source->st.st_mtim.tv_sec || now.st_mtim.tv_nsec != source->st.st_mtim.tv_nsec;
}

/* Begins where the receiver wants to go on; what it has is part of the digest. */
static int begin_bytes(struct sender *s, uint64_t offset)
{
	hash_begin(&s->hash);
	if (offset == 0)
		return 0;
	if (lseek(s->source.fd, (off_t)offset, SEEK_SET) < 0)
		return -errno;
	return hash_add_file(&s->hash, s->source.fd, offset);
}

/* 0: the file is sent; 1: it changed meanwhile; -errno: it cannot be read. */
static int send_once(struct sender *s, uint64_t offset, int *ret_write_error)
{
	const struct xfer_head stop = { .type = XFER_BREAK };
	const struct xfer_head end = { .type = XFER_END, .len = XFER_HASH };
	uint8_t digest[XFER_HASH];
	int r;

	*ret_write_error = records_put(&s->out, &s->source.head, s->source.e.path);
	if (*ret_write_error < 0)
		return 0;
	r = begin_bytes(s, offset);
	if (r == 0)
		r = send_bytes(s, offset, ret_write_error);
	if (*ret_write_error < 0)
		return 0;
	if (r == 0 && has_changed(&s->source))
		r = 1;
	hash_end(&s->hash, digest);
	*ret_write_error = records_put(&s->out, r == 0 ? &end : &stop, digest);
	return r;
}

/* -errno of writing: nobody takes it any more. */
static int send_file(struct sender *s)
{
	struct source *source = &s->source;
	uint64_t offset = s->offset;
	int error = 0, r = 1;

	s->offset = 0;
	for (int i = 0; i < TRIES && r == 1; i++) {
		if (i > 0) {
			source_close(source);
			r = open_file(&source->e, source);
			offset = 0;
		}
		if (r >= 0)
			r = send_once(s, offset, &error);
		if (error < 0)
			return error;
	}
	if (r != 0)
		problem(s, r == 1 ? EAGAIN : -r, source->e.path, source->e.len);
	s->sent += r == 0;
	return 0;
}

static int send_item(struct sender *s)
{
	const struct xfer_head item = { .type = XFER_ITEM };
	int r = 0;

	while (r == 0 && next_source(s)) {
		if (s->source.head.type == XFER_FILE) {
			r = send_file(s);
			continue;
		}
		r = records_put(&s->out, &s->source.head, s->source.e.path);
		s->sent++;
	}
	item_end(s);
	return r < 0 ? r : records_put(&s->out, &item, NULL);
}

/* Passes over what the receiver has of the item that is next, and looks whether its offset is in the file there. */
static void go_to_point(struct sender *s, struct xfer_start *start)
{
	struct xfer_point *point = &start->point;

	for (uint64_t i = 0; i < point->entry && next_source(s); i++) {
		hash_chain(&s->hash, start->passed, &s->source.head, s->source.e.path);
		start->bytes -= s->source.head.value < start->bytes ? s->source.head.value : start->bytes;
		s->sent++;
	}
	if (point->offset == 0)
		return;
	s->held = next_source(s);
	if (!s->held || s->source.head.type != XFER_FILE || s->source.head.value < point->offset)
		point->offset = 0;
	s->offset = point->offset;
}

/* POINT from standard input; none at all: from the beginning. */
static int read_point(struct xfer_point *ret)
{
	uint8_t record[XFER_HEAD + XFER_POINT_LEN];
	ssize_t n = fd_read_all(STDIN_FILENO, record, sizeof(record));
	struct xfer_head head;

	*ret = (struct xfer_point){ 0 };
	if (n == 0)
		return 0;
	if (n != sizeof(record) || xfer_head_get(record, &head) < 0 || head.type != XFER_POINT)
		return -EBADMSG;
	return xfer_point_get(record + XFER_HEAD, ret);
}

static int put_start(struct sender *s, const struct xfer_start *start)
{
	const struct xfer_head head = { .type = XFER_START, .len = XFER_START_LEN };
	uint8_t payload[XFER_START_LEN];

	xfer_start_put(payload, start);
	return records_put(&s->out, &head, payload);
}

/* All from the point on. -errno of writing. */
static int send_all(struct sender *s, char *const *paths, struct xfer_start *start)
{
	const struct xfer_head done = { .type = XFER_DONE };
	uint32_t i = start->point.item;
	int r;

	if (i < start->items) {
		item_begin(s, paths[i]);
		go_to_point(s, start);
	}
	r = put_start(s, start);
	for (; r == 0 && i < start->items; i++) {
		if (i > start->point.item)
			item_begin(s, paths[i]);
		r = send_item(s);
	}
	item_end(s);
	if (r == 0)
		r = records_put(&s->out, &done, NULL);
	return r < 0 ? r : records_flush(&s->out);
}

/* What came of it, where something was left out. */
static int reason_of(const struct sender *s, bool some)
{
	if (!s->problem)
		return XFER_OK;
	if (some)
		return XFER_R_SOME;
	switch (s->problem) {
	case ENOENT:
		return XFER_R_NOT_FOUND;
	case EACCES:
	case EPERM:
		return XFER_R_DENIED;
	case ENOTSUP:
	case EXDEV:
	case ELOOP:
	case EINVAL:
		return XFER_R_PATH;
	default:
		return XFER_R_SOME;
	}
}

static int send_from(struct sender *s, char *const *paths)
{
	struct xfer_start start = { .version = XFER_VERSION };
	struct items_sum sum;
	int r = read_point(&start.point);

	while (paths[start.items])
		start.items++;
	if (r < 0 || start.items == 0)
		return XFER_R_USAGE;
	if (start.point.item > start.items ||
		(start.point.item == start.items && (start.point.entry | start.point.offset)))
		return XFER_R_MISMATCH;
	items_sum_below(s->base, paths + start.point.item, s->public, &sum);
	start.bytes = sum.bytes;
	r = send_all(s, paths, &start);
	return r < 0 ? XFER_R_STREAM : reason_of(s, s->sent > 0 || start.point.item > 0);
}

int files_send(const char *to, char *const *paths, bool public)
{
	static struct sender s;
	int r;

	(void)to; /* the host knows it; it is there for who looks at the process list */
	s.source.fd = -1;
	s.out.fd = STDOUT_FILENO;
	signal(SIGPIPE, SIG_IGN);
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES); /* a smaller one will do, too */
	s.public = public;
	s.base = items_base(public);
	if (s.base < 0 || hash_open(&s.hash) < 0)
		return s.base == -ENOENT ? XFER_R_NOT_FOUND : XFER_R_INTERNAL;
	r = send_from(&s, paths);
	source_close(&s.source);
	hash_close(&s.hash);
	close(s.base);
	return r;
}
