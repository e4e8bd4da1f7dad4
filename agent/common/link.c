/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/common/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int link_open(struct link *l, const char *path, uint32_t role, const struct link_ops *ops)
{
	*l = (struct link){ .ops = ops };
	return device_open(&l->dev, path, role);
}

void link_close(struct link *l)
{
	free(l->queue);
	device_close(&l->dev);
}

static void link_end(struct link *l)
{
	if (!l->joined)
		return;
	l->joined = false;
	l->queue_len = 0;
	l->ops->ended(l);
}

/* True when a session is joined. */
static bool link_session(struct link *l)
{
	int r;

	if (l->joined && channel_poll(&l->ch) == CHANNEL_JOINED)
		return true;
	link_end(l);
	r = channel_guest_join(&l->ch, l->dev.base, l->dev.size, l->dev.role);
	if (r == -EPROTO)
		log_error("The host speaks another version of the channel; build the template again");
	if (r < 0)
		return false;
	device_kick(&l->dev);
	l->joined = true;
	l->ops->joined(l);
	return true;
}

static bool link_send_now(struct link *l, const struct msg *m)
{
	struct msg copy = *m;

	return channel_send(&l->ch, &copy) == 0;
}

static void link_drain_queue(struct link *l)
{
	size_t sent = 0;

	while (sent < l->queue_len && link_send_now(l, &l->queue[sent]))
		sent++;
	if (sent == 0)
		return;
	l->queue_len -= sent;
	memmove(l->queue, l->queue + sent, l->queue_len * sizeof(l->queue[0]));
}

static int link_receive(struct link *l)
{
	struct msg m;
	int r = 0;

	for (int i = 0; i < CHANNEL_BATCH; i++) {
		r = channel_recv(&l->ch, &m);
		if (r <= 0)
			break;
		if (l->ops->message(l, &m) < 0)
			log_warning("A message of the host makes no sense; it is left out");
	}
	if (channel_recv_done(&l->ch))
		device_kick(&l->dev);
	return r;
}

int link_dispatch(struct link *l)
{
	int r;

	device_clear(&l->dev);
	if (!link_session(l))
		return 0;
	link_drain_queue(l);
	r = link_receive(l);
	if (r < 0)
		return r;
	if (l->queue_len >= LINK_QUEUE_MAX)
		return -ENOBUFS;
	if (l->queue_len == 0) {
		channel_want(&l->ch, false);
		if (l->ops->room)
			l->ops->room(l);
	}
	return channel_arm(&l->ch) && channel_poll(&l->ch) == CHANNEL_JOINED ? 0 : 1;
}

static int link_queue(struct link *l, const struct msg *m)
{
	if (l->queue_len == l->queue_cap) {
		size_t cap = l->queue_cap ? 2 * l->queue_cap : 64;
		struct msg *queue = cap > LINK_QUEUE_MAX ? NULL : realloc(l->queue, cap * sizeof(*queue));

		if (!queue)
			return -ENOBUFS;
		l->queue = queue;
		l->queue_cap = cap;
	}
	l->queue[l->queue_len++] = *m;
	return 0;
}

int link_send(struct link *l, const struct msg *m)
{
	if (!l->joined)
		return -ENOTCONN;
	if (l->queue_len == 0 && link_send_now(l, m))
		return 0;
	return link_queue(l, m);
}

uint32_t link_next_seq(const struct link *l)
{
	return l->ch.seq + (uint32_t)l->queue_len;
}

int link_blob(struct link *l, const void *blob, size_t len, struct blob_ref *ret_ref)
{
	int r;

	if (!l->joined)
		return -ENOTCONN;
	r = l->queue_len > 0 ? -EAGAIN : channel_reserve(&l->ch, blob, len, ret_ref);
	if (r == -EAGAIN && channel_want(&l->ch, true))
		r = l->queue_len > 0 ? -EAGAIN : channel_reserve(&l->ch, blob, len, ret_ref);
	return r;
}

void link_flush(struct link *l)
{
	if (!l->joined)
		return;
	if (l->queue_len > 0 && channel_want(&l->ch, true))
		link_drain_queue(l);
	if (channel_flush(&l->ch))
		device_kick(&l->dev);
}

int link_turn(struct link *l)
{
	int r = link_dispatch(l);

	link_flush(l);
	return r;
}
