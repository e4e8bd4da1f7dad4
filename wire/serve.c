/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "proto/wire.h"
#include "tap/tc.h"
#include "wire/card.h"
#include "wire/narrow.h"

_Static_assert(WIRE_FDS_MAX == TC_FDS, "SHARE has room for what tc_share() gives");

struct answer {
	struct wire_msg msg;
	int fds[WIRE_FDS_MAX];
	int own; /* the one of these that is closed when it is sent; -1: none is */
};

static bool is_open;
static struct tc *tc; /* NULL: without a filter, cards stay down */

static int fail(struct answer *a, int r, const char *text)
{
	snprintf(a->msg.text, sizeof(a->msg.text), "%s", text);
	return r;
}

static void give_fd(struct answer *a, int fd)
{
	a->fds[0] = a->own = fd;
	a->msg.nfds = 1;
}

static int serve_open(const struct wire_msg *m, int fd, struct answer *a)
{
	int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int r;

	if (ns < 0)
		return fail(a, -errno, "its network namespace cannot be opened: /proc is not mounted");
	give_fd(a, ns);
	r = m->filter ? tc_open(&tc) : 0;
	if (r < 0)
		return fail(a, r, "the kernel does not take the filter: it needs BPF with its compiler (BPF_JIT)");
	r = narrow();
	if (r == -ENOENT)
		return fail(a, r, "there is no " CARD_NODE ": load the kernel's module tun");
	if (r < 0)
		return fail(a, r, "it could not give up its privileges");
	is_open = true;
	return 0;
}

static int serve_make(const struct wire_msg *m, int fd, struct answer *a)
{
	int queue = -1;
	int r = card_make(m->index, &queue);

	if (r == -EBUSY || r == -EEXIST)
		return fail(a, r, "there is a card of this index: the QEMU that has it must end first");
	if (r < 0)
		return fail(a, r, "the kernel makes no TAP device");
	give_fd(a, queue);
	return 0;
}

/* It comes down, and no flow of it stands in the table any more, also where it is gone. */
static int stop(uint32_t index, struct card *card, struct answer *a)
{
	int r;

	if (tc)
		tc_del_client(tc, index);
	r = card_find(index, card);
	if (r < 0)
		return fail(a, r, "the card is not here");
	r = card_down(card);
	return r < 0 ? fail(a, r, "the card does not come down") : 0;
}

static int serve_give(const struct wire_msg *m, int fd, struct answer *a)
{
	struct card card;
	int r = stop(m->index, &card, a);

	if (r < 0)
		return r;
	r = card_move(&card, fd);
	if (r == -EINVAL)
		return fail(a, r, "what came with the request is no network namespace");
	if (r == -EEXIST)
		return fail(a, r, "there is a card of this index where it was to go");
	return r < 0 ? fail(a, r, "the card cannot go to the other namespace") : 0;
}

/* One that comes up begins with no flow: those of an earlier card of this index are over. */
static int filter(uint32_t index, const struct card *card)
{
	if (!card->is_up)
		tc_del_client(tc, index);
	return index == TC_NET ? tc_set_net(tc, (int)card->ifindex) : tc_add_client(tc, index, (int)card->ifindex);
}

static int serve_take(const struct wire_msg *m, int fd, struct answer *a)
{
	struct card card;
	int r;

	if (!tc)
		return fail(a, -EPERM, "this connection has no filter: its cards stay down");
	r = card_find(m->index, &card);
	if (r < 0)
		return fail(a, r, "the card is not here");
	r = filter(m->index, &card);
	if (r == 0)
		r = card_up(&card);
	if (r < 0) {
		card_down(&card);
		return fail(a, r, "the kernel does not put the filter on the card: it needs NET_SCH_INGRESS");
	}
	a->msg.ifindex = card.ifindex;
	return 0;
}

static int serve_drop(const struct wire_msg *m, int fd, struct answer *a)
{
	struct card card;

	return stop(m->index, &card, a);
}

static int serve_has(const struct wire_msg *m, int fd, struct answer *a)
{
	struct card card;
	int r = card_find(m->index, &card);

	if (r < 0)
		return fail(a, r, "the card is not here");
	a->msg.ifindex = card.ifindex;
	return 0;
}

static int serve_share(const struct wire_msg *m, int fd, struct answer *a)
{
	if (!tc)
		return fail(a, -EPERM, "this connection has no filter");
	tc_share(tc, a->fds);
	a->msg.nfds = TC_FDS;
	return 0;
}

static int (*const handlers[])(const struct wire_msg *m, int fd, struct answer *a) = {
	[WIRE_OPEN] = serve_open,
	[WIRE_MAKE] = serve_make,
	[WIRE_GIVE] = serve_give,
	[WIRE_TAKE] = serve_take,
	[WIRE_DROP] = serve_drop,
	[WIRE_HAS] = serve_has,
	[WIRE_SHARE] = serve_share,
};

_Static_assert(sizeof(handlers) / sizeof(handlers[0]) == WIRE_SHARE + 1, "each request has its handler");

/* Requests stand in order, so one that is not read stops nothing but itself; who reads no answers is not vmosd. */
static int answer(int sock, const struct wire_msg *m, int fd)
{
	struct answer a = { .msg = { .type = WIRE_DONE, .index = m->index }, .own = -1 };
	int r = handlers[m->type](m, fd, &a), sent;

	a.msg.error = r;
	if (r < 0)
		a.msg.nfds = 0;
	sent = fd_send_packet(sock, &a.msg, sizeof(a.msg), a.fds, a.msg.nfds);
	if (a.own >= 0)
		close(a.own);
	if (sent == -EPIPE)
		return 0;
	if (sent < 0) {
		log_error("vmosd does not take an answer: %s.", strerror(-sent));
		return sent;
	}
	if (r < 0 && m->type == WIRE_OPEN) {
		log_error("%s: %s.", a.msg.text, strerror(-r));
		return r;
	}
	return 1;
}

int serve(int sock)
{
	struct wire_msg m;
	int fd cleanup_fd = -1;
	unsigned nfds = 0;
	ssize_t len = fd_recv_packet(sock, &m, sizeof(m), &fd, 1, &nfds);

	if (len == 0 || len == -ECONNRESET)
		return 0;
	if (len == -EAGAIN)
		return 1;
	if (len > 0 && wire_check_request(&m, (size_t)len, nfds) == 0 && (m.type == WIRE_OPEN) == !is_open)
		return answer(sock, &m, fd);
	log_error("A request is not valid: is vmosd of another version?");
	return len < 0 ? (int)len : -EBADMSG;
}
