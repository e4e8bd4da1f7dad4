/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/receive.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/files/files.h"
#include "agent/files/launch.h"
#include "base/fd.h"
#include "proto/text.h"

#define READ_MAX (256u << 10)
#define PIPE_BYTES (1 << 20)

struct receiver {
	struct arrival arrival;
	struct xfer_check check; /* once more: the host is trusted, but this costs nothing */
	struct status status;
	uint8_t record[XFER_HEAD + XFER_PATH_MAX + 1]; /* a head, then a payload other than DATA's */
	size_t have;
	bool in_payload;
	struct xfer_head head;
	uint64_t left; /* of the payload */
	bool done;
};

static int take_record(struct receiver *r)
{
	struct arrival *a = &r->arrival;
	const char *path = (const char *)r->record;
	struct xfer_start start;

	r->record[r->have] = '\0';
	switch (r->head.type) {
	case XFER_START:
		return xfer_start_get(r->record, &start) < 0 ? XFER_R_STREAM : arrival_start(a, &start);
	case XFER_DIR:
		return arrival_folder(a, &r->head, path);
	case XFER_FILE:
		return arrival_file(a, &r->head, path);
	case XFER_END:
		return arrival_end(a, r->record);
	case XFER_BREAK:
		return arrival_break(a);
	case XFER_ITEM:
		return arrival_item(a);
	case XFER_DONE:
		r->done = true;
		return 0;
	default:
		return 0; /* DATA: its bytes have been taken */
	}
}

/* Takes bytes of what is under way: as many as belong to it. */
static size_t take_bytes(struct receiver *r, const uint8_t *bytes, size_t len, int *ret_reason)
{
	size_t want = r->in_payload ? (size_t)r->left : XFER_HEAD - r->have;
	size_t n = len < want ? len : want;

	if (r->in_payload && r->head.type == XFER_DATA) {
		*ret_reason = arrival_data(&r->arrival, bytes, n);
	} else {
		memcpy(r->record + r->have, bytes, n);
		r->have += n;
	}
	r->left -= r->in_payload ? n : 0;
	return n;
}

static int take_whole(struct receiver *r)
{
	int reason = 0;

	if (!r->in_payload) {
		if (xfer_head_get(r->record, &r->head) < 0)
			return XFER_R_STREAM;
		r->in_payload = true;
		r->left = r->head.len;
		r->have = 0;
	}
	if (r->left == 0) {
		reason = take_record(r);
		r->in_payload = false;
		r->have = 0;
	}
	return reason;
}

static int take(struct receiver *r, const uint8_t *bytes, size_t len)
{
	int reason = 0;

	/* what follows a record that is refused has not been looked at either */
	if (xfer_check_feed(&r->check, bytes, len) < 0)
		return XFER_R_STREAM;
	while (len > 0 && reason == 0) {
		size_t n = take_bytes(r, bytes, len, &reason);

		bytes += n;
		len -= n;
		if (reason == 0 && (r->in_payload ? r->left == 0 : r->have == XFER_HEAD))
			reason = take_whole(r);
	}
	return reason;
}

static void tell(struct receiver *r, const char *state, bool now)
{
	const struct status_news news = {
		.state = state,
		.name = r->arrival.next.item[0] ? r->arrival.next.item : r->arrival.staging.placed,
		.done = r->check.bytes,
		.total = r->check.start.bytes,
		.now = now,
	};

	status_tell(&r->status, &news);
}

/* Waits for bytes; what has come is made last meanwhile. */
static int wait_input(struct receiver *r)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int wait = arrival_wait_ms(&r->arrival);

	if (wait < 0 || poll(&p, 1, wait) > 0)
		return 0;
	return arrival_commit(&r->arrival, true);
}

static int receive_stream(struct receiver *r)
{
	static uint8_t bytes[READ_MAX];
	int reason = 0;

	while (reason == 0 && !r->done) {
		ssize_t n;

		reason = wait_input(r);
		if (reason)
			break;
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return XFER_R_STREAM;
		reason = take(r, bytes, (size_t)n);
		tell(r, "receiving", false);
	}
	return reason;
}

static int say_point(const struct xfer_point *point)
{
	const struct xfer_head head = { .type = XFER_POINT, .len = XFER_POINT_LEN };
	uint8_t record[XFER_HEAD + XFER_POINT_LEN];

	xfer_head_put(record, &head);
	xfer_point_put(record + XFER_HEAD, point);
	return fd_write_all(STDOUT_FILENO, record, sizeof(record));
}

static int open_placed(const struct staging *s)
{
	char path[PATH_MAX + NAME_MAX + 2];

	if (s->nplaced != 1)
		return XFER_R_OPEN;
	snprintf(path, sizeof(path), "%s/%s", s->path, s->placed);
	return launch_file(path);
}

static int receive_all(struct receiver *r, bool open, bool fresh)
{
	struct arrival *a = &r->arrival;
	int reason;
	bool begun;

	arrival_begin(a, fresh);
	begun = a->next.point.item > 0;
	if (say_point(&a->staging.journal.point) < 0)
		return XFER_R_STREAM;
	reason = arrival_finish(a, receive_stream(r));
	tell(r, reason == XFER_OK ? "done" : "failed", true);
	if (reason == XFER_OK && open && begun && a->staging.nplaced == 0)
		return reason; /* an earlier run has opened it */
	if (reason == XFER_OK && open)
		reason = open_placed(&a->staging);
	return reason;
}

static bool is_id(const char *id)
{
	return strlen(id) == PLACE_ID_LEN && strspn(id, "0123456789abcdef") == PLACE_ID_LEN;
}

static int open_reason(int r)
{
	if (r == -ENOSPC || r == -EDQUOT)
		return XFER_R_NO_SPACE;
	if (r == -EWOULDBLOCK)
		return XFER_R_STREAM; /* the host tries again, and by then the other one has ended */
	return XFER_R_WRITE;
}

int files_receive(const char *from, const char *id, const char *mode)
{
	static struct receiver r;
	bool open = strcmp(mode, "open") == 0, fresh = strcmp(mode, "fresh") == 0;
	int ret;

	if (!text_is_vm_name(from) || !is_id(id) || (!open && !fresh && strcmp(mode, "keep") != 0))
		return XFER_R_USAGE;
	r.arrival.id = id;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* EFBIG says it */
	(void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_BYTES); /* a smaller one will do, too */
	if (hash_open(&r.arrival.hash) < 0)
		return XFER_R_INTERNAL;
	xfer_check_init(&r.check);
	status_open(&r.status, id, from);
	ret = staging_open(&r.arrival.staging, from, id, fresh, &r.arrival.hash);
	ret = ret < 0 ? open_reason(ret) : receive_all(&r, open, fresh);
	staging_close(&r.arrival.staging);
	hash_close(&r.arrival.hash);
	return ret;
}
