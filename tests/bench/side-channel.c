/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/side.h"

#include <errno.h>
#include <poll.h>

static int side_sleep(struct side *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	int n = poll(&p, 1, SIDE_TIMEOUT_MS);

	if (n == 0)
		return -ETIMEDOUT;
	s->clear(s);
	return channel_poll(&s->channel) == CHANNEL_ENDED ? -EPIPE : 0;
}

static int handle_flush(struct side *s)
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
	struct blob_ref ref = { 0, 0 };
	struct msg m;
	int r = 0;

	if (note->type == SIDE_BLOCK && note->size > MSG_SIZE)
		r = channel_reserve(&s->channel, block, note->size, &ref);
	if (r < 0)
		return r;
	side_note_put(&m, note, ref);
	return channel_send(&s->channel, &m);
}

static int handle_send(struct side *s, const struct side_note *note, const void *block)
{
	int r = try_send(s, note, block);

	if (r != -EAGAIN) {
		if (++s->unsent >= SIDE_LOT || note->size > MSG_SIZE)
			handle_flush(s);
		return r;
	}
	handle_flush(s);
	while (r == -EAGAIN) {
		if (!channel_want(&s->channel, true)) {
			r = side_sleep(s);
			if (r < 0)
				return r;
		}
		r = try_send(s, note, block);
	}
	channel_want(&s->channel, false);
	return r < 0 ? r : handle_flush(s);
}

static int read_note(struct side *s, const struct msg *m, struct side_note *ret_note, void *block)
{
	struct blob_ref ref;
	int r = side_note_get(m, ret_note, &ref);

	if (r < 0)
		return r;
	return ref.len ? channel_blob(&s->channel, ref, block, SIDE_BLOCK_MAX) : 0;
}

static int handle_receive(struct side *s, struct side_note *ret_note, void *block)
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
	if (++s->untold >= SIDE_LOT || ret_note->size > MSG_SIZE)
		give_room(s);
	return r;
}

const struct side_carrier side_channel = { handle_send, handle_receive, handle_flush };
