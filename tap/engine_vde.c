/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames by the datagram sockets of VDE plugs: one frame a datagram. They are
 * read in batches, and go on from where they were read. A switch takes only a
 * few datagrams at once (net.unix.max_dgram_qlen), so each plug has a short
 * queue; what does not fit in is dropped. Nothing here ever blocks.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "tap/engine.h"
#include "tap/path.h"
#include "tap/tap.h"

#define BATCH 64 /* frames */
#define BATCHES_MAX 4 /* of a plug before others have their turn */
#define SLOT (FRAME_MAX + 6) /* one that is longer than a frame may be is seen to be so */
#define NET_QUEUE TAP_LINKS_MAX /* queues are numbered as links are; the last is the NET VM's */

struct queue {
	uint16_t first, count;
	uint16_t len[PLUG_QUEUE];
	uint8_t data[PLUG_QUEUE][FRAME_MAX];
};

/* Frames of one destination, read and not sent yet. */
struct batch {
	struct plug *to;
	unsigned count;
	struct mmsghdr msgs[BATCH];
	struct iovec iovs[BATCH];
};

static struct queue queues[TAP_LINKS_MAX + 1];
static struct batch out;
static bool reading; /* frames stay where they are until the batch is flushed */
static uint8_t slots[BATCH][SLOT];
static struct mmsghdr in_msgs[BATCH];
static struct iovec in_iovs[BATCH];

static struct queue *queue_of(const struct plug *plug)
{
	return &queues[plug->link ? plug->link - plug->tap->links : NET_QUEUE];
}

static void wait_for_room(struct plug *plug, bool wait)
{
	sd_event_source_set_io_events(plug->reads, wait ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void enqueue(struct plug *plug, const uint8_t *data, size_t len)
{
	struct queue *q = queue_of(plug);
	unsigned at = (q->first + q->count) % PLUG_QUEUE;

	if (q->count == PLUG_QUEUE || len > FRAME_MAX) {
		(plug->link ? &plug->link->stats : &plug->tap->stats)->limited++;
		return;
	}
	if (q->count++ == 0)
		wait_for_room(plug, true);
	q->len[at] = (uint16_t)len;
	memcpy(q->data[at], data, len);
}

/* How many of @n went. */
static unsigned send_many(int fd, struct mmsghdr *msgs, unsigned n)
{
	unsigned sent = 0;

	while (sent < n) {
		int r = sendmmsg(fd, msgs + sent, n - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		sent += (unsigned)r;
	}
	return sent;
}

static void flush(void)
{
	struct plug *to = out.to;
	unsigned sent = 0;

	if (!out.count)
		return;
	if (queue_of(to)->count == 0)
		sent = send_many(to->data, out.msgs, out.count);
	for (; sent < out.count; sent++)
		enqueue(to, out.iovs[sent].iov_base, out.iovs[sent].iov_len);
	out.count = 0;
}

/* Room again: sends what waits, in its order. An error that is not "full" ends the wait. */
static void drain(struct plug *plug)
{
	struct queue *q = queue_of(plug);

	while (q->count > 0) {
		ssize_t n = send(plug->data, q->data[q->first], q->len[q->first], MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return;
		q->first = (uint16_t)((q->first + 1) % PLUG_QUEUE);
		q->count--;
	}
	wait_for_room(plug, false);
}

static void push(struct plug *plug, const uint8_t *data, uint32_t len)
{
	if (plug->data < 0)
		return;
	if (out.count && (out.to != plug || out.count == BATCH))
		flush();
	out.to = plug;
	out.iovs[out.count] = (struct iovec){ .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	out.count++;
}

static void vde_send(struct plug *to, const uint8_t *data, uint32_t len, bool now)
{
	push(to, data, len);
	if (now || !reading)
		flush();
}

/* Frames read; 0: there is none. */
static int read_batch(struct plug *plug)
{
	struct tap *t = plug->tap;
	int n;

	do {
		n = recvmmsg(plug->data, in_msgs, BATCH, MSG_DONTWAIT, NULL);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	tap_tick(t);
	reading = true;
	for (int i = 0; i < n; i++) {
		if (plug->link)
			path_from_client(t, plug->link, slots[i], in_msgs[i].msg_len);
		else
			path_from_net(t, slots[i], in_msgs[i].msg_len);
	}
	flush();
	reading = false;
	return n;
}

static int handle_frames(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct plug *plug = userdata;

	if (revents & EPOLLOUT)
		drain(plug);
	for (int i = 0; i < BATCHES_MAX && plug->data >= 0; i++)
		if (read_batch(plug) < BATCH)
			break;
	if (revents & EPOLLHUP)
		engine_unplug(plug);
	return 0;
}

/* A switch says nothing on this socket after the first words: it has ended. */
static int handle_end(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct plug *plug = userdata;
	char bytes[64];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	if (plug->link)
		log_info("the switch of link %u has ended", plug->link->index);
	else
		log_info("the NET VM's switch has ended");
	engine_unplug(plug);
	return 0;
}

static int vde_open(struct tap *t, const int fds[TAP_KERNEL_FDS])
{
	for (unsigned i = 0; i < BATCH; i++) {
		in_iovs[i] = (struct iovec){ .iov_base = slots[i], .iov_len = SLOT };
		in_msgs[i].msg_hdr.msg_iov = &in_iovs[i];
		in_msgs[i].msg_hdr.msg_iovlen = 1;
		out.msgs[i].msg_hdr.msg_iov = &out.iovs[i];
		out.msgs[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

static int vde_plug(struct plug *plug)
{
	sd_event *event = plug->tap->event;
	int r;

	queue_of(plug)->first = queue_of(plug)->count = 0;
	r = sd_event_add_io(event, &plug->reads, plug->data, EPOLLIN, handle_frames, plug);
	if (r >= 0)
		r = sd_event_add_io(event, &plug->ends, plug->control, EPOLLIN, handle_end, plug);
	if (r >= 0)
		r = sd_event_source_set_priority(plug->reads, SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? r : 0;
}

static void vde_unplug(struct plug *plug)
{
	plug->reads = sd_event_source_disable_unref(plug->reads);
	plug->ends = sd_event_source_disable_unref(plug->ends);
}

/* Besides what every helper needs: frames come and go in batches. */
static const char *const vde_calls[] = { "recvmmsg", "sendmmsg", NULL };

const struct engine engine_vde = {
	.calls = vde_calls,
	.open = vde_open,
	.plug = vde_plug,
	.unplug = vde_unplug,
	.send = vde_send,
};
