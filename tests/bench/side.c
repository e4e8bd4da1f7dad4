/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/side.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

/* Small messages are told of in lots, as an event loop's turn does. */
#define LOT 64
#define TIMEOUT_MS 60000

uint64_t side_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int side_sleep(struct side *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	int n = poll(&p, 1, TIMEOUT_MS);

	if (n == 0)
		return -ETIMEDOUT;
	s->clear(s);
	return channel_poll(&s->channel) == CHANNEL_ENDED ? -EPIPE : 0;
}

int side_flush(struct side *s)
{
	s->unsent = 0;
	if (channel_flush(&s->channel))
		s->kick(s);
	return 0;
}

static void give_room(struct side *s)
{
	s->untold = 0;
	if (channel_recv_done(&s->channel))
		s->kick(s);
}

/* One try. -EAGAIN: no room. */
static int try_send(struct side *s, const struct side_note *note, const void *block)
{
	struct msg_head head = { .type = note->type };
	struct blob_ref ref = { 0, 0 };
	struct msg_writer w;
	struct msg m;
	int r = 0;

	if (note->type == SIDE_BLOCK && note->size > MSG_SIZE)
		r = channel_reserve(&s->channel, block, note->size, &ref);
	if (r < 0)
		return r;
	msg_head_put(&m, &head);
	msg_writer_init(&w, &m);
	msg_put_u32(&w, note->count);
	msg_put_u32(&w, note->size);
	msg_put_u64(&w, note->value);
	msg_put_u32(&w, ref.off);
	msg_put_u32(&w, ref.len);
	return channel_send(&s->channel, &m);
}

int side_send(struct side *s, const struct side_note *note, const void *block)
{
	int r = try_send(s, note, block);

	if (r != -EAGAIN) {
		if (++s->unsent >= LOT || note->size > MSG_SIZE)
			side_flush(s);
		return r;
	}
	side_flush(s);
	while (r == -EAGAIN) {
		if (!channel_want(&s->channel, true)) {
			r = side_sleep(s);
			if (r < 0)
				return r;
		}
		r = try_send(s, note, block);
	}
	channel_want(&s->channel, false);
	return r < 0 ? r : side_flush(s);
}

static int read_note(struct side *s, const struct msg *m, struct side_note *ret_note, void *block)
{
	struct msg_head head;
	struct msg_reader r;
	struct blob_ref ref;

	msg_head_get(m, &head);
	msg_reader_init(&r, m);
	ret_note->type = head.type;
	ret_note->count = msg_get_u32(&r);
	ret_note->size = msg_get_u32(&r);
	ret_note->value = msg_get_u64(&r);
	ref.off = msg_get_u32(&r);
	ref.len = msg_get_u32(&r);
	if (!msg_reader_end(&r))
		return -EBADMSG;
	return ref.len ? channel_blob(&s->channel, ref, block, SIDE_BLOCK_MAX) : 0;
}

int side_receive(struct side *s, struct side_note *ret_note, void *block)
{
	struct msg m;
	int r;

	for (;;) {
		r = channel_recv(&s->channel, &m);
		if (r != 0)
			break;
		give_room(s);
		if (channel_arm(&s->channel))
			r = side_sleep(s);
		if (r < 0)
			break;
	}
	if (r < 0)
		return r;
	r = read_note(s, &m, ret_note, block);
	if (++s->untold >= LOT || ret_note->size > MSG_SIZE)
		give_room(s);
	return r;
}

int side_pour(struct side *s, uint32_t size, uint32_t count, const void *block)
{
	const struct side_note note = { .type = SIDE_BLOCK, .size = size };
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = side_send(s, &note, block);
	return r < 0 ? r : side_flush(s);
}

int side_drain(struct side *s, uint32_t count, void *block)
{
	struct side_note note;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		r = side_receive(s, &note, block);
		if (r == 0 && note.type != SIDE_BLOCK)
			r = -EPROTO;
	}
	return r;
}
