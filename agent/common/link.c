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

int link_listen(struct link *l, int listener, const struct link_ops *ops)
{
	*l = (struct link){ .ops = ops, .dev.fd = -1, .carrier.streams = true };
	return vsock_open(&l->vsock, &l->carrier.stream, listener);
}

void link_close(struct link *l)
{
	free(l->queue);
	if (l->carrier.streams)
		vsock_close(&l->vsock);
	else
		device_close(&l->dev);
}

int link_fd(const struct link *l)
{
	return l->carrier.streams ? l->vsock.epoll : l->dev.fd;
}

/* Wakes the host: its doorbell, or the bytes themselves. */
static void link_kick(struct link *l)
{
	if (l->carrier.streams)
		vsock_write(&l->vsock);
	else
		device_kick(&l->dev);
}

static void link_end(struct link *l)
{
	if (!l->joined)
		return;
	l->joined = false;
	l->queue_len = 0;
	l->ops->ended(l);
}

/* Joins the session that the connection is, once the host has said HELLO. */
static int link_join_stream(struct link *l)
{
	enum channel_state state = carrier_poll(&l->carrier);

	if (state == CHANNEL_ENDED) {
		vsock_hang_up(&l->vsock);
		vsock_read(&l->vsock); /* the next one may be there already */
		state = carrier_poll(&l->carrier);
	}
	if (state == CHANNEL_JOINED && l->carrier.stream.broken) {
		vsock_hang_up(&l->vsock);
		return -EPROTO;
	}
	return state == CHANNEL_JOINED ? 0 : -EAGAIN;
}

/* True when a session is joined. */
static bool link_session(struct link *l)
{
	int r;

	if (l->joined && carrier_poll(&l->carrier) == CHANNEL_JOINED)
		return true;
	link_end(l);
	r = l->carrier.streams ? link_join_stream(l)
			       : channel_guest_join(&l->carrier.channel, l->dev.base, l->dev.size, l->dev.role);
	if (r == -EPROTO)
		log_error("The host speaks another version of the channel; build the template again");
	if (r < 0)
		return false;
	link_kick(l);
	l->joined = true;
	l->ops->joined(l);
	return true;
}

static bool link_send_now(struct link *l, const struct msg *m)
{
	struct msg copy = *m;

	return carrier_send(&l->carrier, &copy) == 0;
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
		r = carrier_recv(&l->carrier, &m);
		if (r <= 0)
			break;
		if (l->ops->message(l, &m) < 0)
			log_warning("A message of the host makes no sense; it is left out");
	}
	if (carrier_recv_done(&l->carrier))
		link_kick(l);
	return r;
}

int link_dispatch(struct link *l)
{
	int r;

	if (l->carrier.streams)
		vsock_read(&l->vsock);
	else
		device_clear(&l->dev);
	if (!link_session(l))
		return l->carrier.streams && vsock_has_next(&l->vsock);
	link_drain_queue(l);
	r = link_receive(l);
	if (r < 0)
		return r;
	if (l->queue_len >= LINK_QUEUE_MAX)
		return -ENOBUFS;
	if (l->queue_len == 0) {
		carrier_want(&l->carrier, false);
		if (l->ops->room)
			l->ops->room(l);
	}
	return carrier_arm(&l->carrier) && carrier_poll(&l->carrier) == CHANNEL_JOINED ? 0 : 1;
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
	return carrier_seq(&l->carrier) + (uint32_t)l->queue_len;
}

int link_blob(struct link *l, const void *blob, size_t len, struct blob_ref *ret_ref)
{
	int r;

	if (!l->joined)
		return -ENOTCONN;
	r = l->queue_len > 0 ? -EAGAIN : carrier_reserve(&l->carrier, blob, len, ret_ref);
	if (r == -EAGAIN && carrier_want(&l->carrier, true))
		r = l->queue_len > 0 ? -EAGAIN : carrier_reserve(&l->carrier, blob, len, ret_ref);
	return r;
}

void link_flush(struct link *l)
{
	if (!l->joined)
		return;
	if (l->queue_len > 0 && carrier_want(&l->carrier, true))
		link_drain_queue(l);
	/* of a stream also where nothing is pending: whether somebody waits for room */
	if (carrier_flush(&l->carrier) || l->carrier.streams)
		link_kick(l);
}

int link_turn(struct link *l)
{
	int r = link_dispatch(l);

	link_flush(l);
	return r;
}
