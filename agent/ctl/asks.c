/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/asks.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "proto/xfer.h"

#define USER_UID 1000

static struct ask *find(struct asks *q, uint32_t id)
{
	for (int i = 0; i < ASK_MAX; i++)
		if (q->list[i].id == id)
			return &q->list[i];
	return NULL;
}

/* A command that does not read misses what is not the last word. */
static void tell(int fd, const struct ask_answer *a)
{
	if (fd >= 0)
		(void)send(fd, a, sizeof(*a), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void tell_failed(int fd, uint32_t reason)
{
	const struct ask_answer a = { .status = CTL_ANSWER_FAILED, .reason = reason };

	tell(fd, &a);
}

static void ask_free(struct ask *k)
{
	agent_close(k->asks->agent, &k->source);
	free(k->blob);
	k->blob = NULL;
	k->id = 0;
	k->sent = k->cancel = false;
}

/* -EAGAIN: no room now; asks_push() comes again. */
static int send_request(struct ask *k)
{
	struct agent *a = k->asks->agent;
	struct ctl_msg c = { .head.type = CTL_REQUEST,
		.request = { .id = k->id,
			.files = k->request.files,
			.kind = (uint8_t)k->request.kind,
			.bytes = k->request.bytes } };
	int r = link_blob(&a->link, k->blob, k->request.len, &c.request.blob);

	if (r < 0)
		return r;
	agent_send(a, &c);
	k->sent = true;
	return 0;
}

static void send_cancel(struct ask *k)
{
	const struct ctl_msg c = { .head.type = CTL_CANCEL, .cancel.id = k->id };

	agent_send(k->asks->agent, &c);
	k->cancel = false;
}

void asks_push(struct asks *q)
{
	struct agent *a = q->agent;

	if (!a->link.joined || !a->ready)
		return;
	for (int i = 0; i < ASK_MAX; i++) {
		struct ask *k = &q->list[i];

		if (k->id && k->blob && !k->sent && send_request(k) < 0)
			return;
		if (k->cancel)
			send_cancel(k);
	}
}

void asks_end_session(struct asks *q)
{
	for (int i = 0; i < ASK_MAX; i++) {
		struct ask *k = &q->list[i];

		k->sent = false;
		if (k->id && k->source.fd < 0)
			ask_free(k); /* given up, and there is nobody to tell any more */
	}
}

void asks_answer(struct asks *q, const struct ctl_answer *answer)
{
	const struct ask_answer a = {
		.status = answer->status, .reason = answer->reason, .done = answer->done, .total = answer->total
	};
	struct ask *k = find(q, answer->id);

	if (!k || !k->sent)
		return;
	tell(k->source.fd, &a);
	if (ask_is_final(&a))
		ask_free(k);
}

/* The command left, or says more than it may. The host is told where it knows of the request. */
static void ask_give_up(struct ask *k)
{
	agent_close(k->asks->agent, &k->source);
	if (!k->sent) {
		ask_free(k);
		return;
	}
	k->cancel = true;
	asks_push(k->asks);
}

static void ask_take(struct ask *k, const uint8_t *untrusted_packet, size_t len)
{
	if (k->blob) {
		ask_give_up(k);
		return;
	}
	if (ask_check_request(untrusted_packet, len, &k->request) < 0) {
		tell_failed(k->source.fd, XFER_R_USAGE);
		ask_free(k);
		return;
	}
	k->blob = malloc(k->request.len);
	if (!k->blob) {
		tell_failed(k->source.fd, XFER_R_INTERNAL);
		ask_free(k);
		return;
	}
	memcpy(k->blob, untrusted_packet + sizeof(k->request), k->request.len);
	asks_push(k->asks);
}

static void handle_command(struct source *source, uint32_t events)
{
	struct ask *k = (struct ask *)((char *)source - offsetof(struct ask, source));
	static uint8_t packet[ASK_PACKET_MAX + 1];
	ssize_t n = recv(source->fd, packet, sizeof(packet), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		ask_give_up(k);
	else
		ask_take(k, packet, (size_t)n);
}

static bool is_user(int fd)
{
	struct ucred cred;

	return fd_peer(fd, &cred) == 0 && (cred.uid == 0 || cred.uid == USER_UID || cred.uid == geteuid());
}

static void handle_listener(struct source *source, uint32_t events)
{
	struct asks *q = (struct asks *)((char *)source - offsetof(struct asks, listener));
	int fd cleanup_fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ask *k = find(q, 0);

	if (fd < 0 || !is_user(fd))
		return;
	if (!k) {
		tell_failed(fd, XFER_R_INTERNAL);
		return;
	}
	do {
		k->id = q->next_id++;
	} while (k->id == 0);
	k->source.fd = fd;
	if (agent_watch(q->agent, &k->source, EPOLLIN) < 0) {
		k->source.fd = -1;
		k->id = 0;
		return;
	}
	(void)steal_fd(&fd);
}

int asks_open(struct asks *q, struct agent *a, const char *path)
{
	q->agent = a;
	/* The host may still know requests of an agent before this one: ids begin elsewhere. */
	if (getrandom(&q->next_id, sizeof(q->next_id), 0) != sizeof(q->next_id))
		return -EIO;
	for (int i = 0; i < ASK_MAX; i++)
		q->list[i] = (struct ask){ .source = { .fd = -1, .handle = handle_command }, .asks = q };
	q->listener = (struct source){ .fd = fd_unix_listen(path, SOCK_SEQPACKET | SOCK_NONBLOCK, ASK_MAX),
		.handle = handle_listener };
	if (q->listener.fd < 0)
		return q->listener.fd;
	if (chmod(path, 0666) < 0) /* who may is asked of each that connects */
		return -errno;
	return agent_watch(a, &q->listener, EPOLLIN);
}
