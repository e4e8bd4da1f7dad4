/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "proto/netplan.h"

/* No VM has it: indices are given from the lowest on, and there are more of them than VMs. */
#define NOBODY NETPLAN_INDEX_MAX

static const char gone[] = "vmos-wire ended";

struct net_wire_call {
	struct net_wire_call *next;
	struct wire_msg msg;
	int ns; /* of GIVE; owned */
	net_wire_fn fn; /* NULL: nobody waits */
	void *userdata;
};

static void call_free(struct net_wire_call *call)
{
	if (call->ns >= 0)
		close(call->ns);
	free(call);
}

static struct net_wire_call *pop(struct net_wire *w)
{
	struct net_wire_call *call = w->first;

	if (!call)
		return NULL;
	w->first = call->next;
	if (!w->first)
		w->last = &w->first;
	w->ncalls--;
	w->is_sent = false;
	return call;
}

/* What systemd keeps it by: with a number, as a NET VM that starts again has another one before the last one is gone. */
static void write_name(const struct net_wire *w, char *ret_name, size_t size)
{
	struct stat st = { 0 };

	fstat(w->sock, &st);
	snprintf(ret_name, size, NET_WIRE_STORED "%llu-%s", (unsigned long long)st.st_ino, w->name);
}

const char *net_wire_stored_name(const char *name)
{
	const char *at =
		strncmp(name, NET_WIRE_STORED, strlen(NET_WIRE_STORED)) == 0 ? name + strlen(NET_WIRE_STORED) : "";
	size_t digits = strspn(at, "0123456789");

	return digits && at[digits] == '-' ? at + digits + 1 : NULL;
}

/* Without a store in systemd these do nothing. */
static void store(const struct net_wire *w)
{
	const int fds[] = { w->sock, w->ns };
	char name[64 + VM_NAME_MAX], text[128 + VM_NAME_MAX];
	int r;

	write_name(w, name, sizeof(name));
	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", name);
	r = sd_pid_notify_with_fds(0, 0, text, fds, 2);
	if (r < 0)
		log_warning("systemd does not keep a connection to vmos-wire: %s", strerror(-r));
}

static void unstore(const struct net_wire *w)
{
	char name[64 + VM_NAME_MAX];

	write_name(w, name, sizeof(name));
	sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

/* The process at the other end sees the end also where systemd has a copy of the socket. */
static void release(struct net_wire *w)
{
	w->io = sd_event_source_disable_unref(w->io);
	w->next_turn = sd_event_source_disable_unref(w->next_turn);
	w->timer = sd_event_source_disable_unref(w->timer);
	if (w->sock >= 0) {
		unstore(w);
		shutdown(w->sock, SHUT_RDWR);
		close(w->sock);
	}
	if (w->ns >= 0)
		close(w->ns);
	w->sock = w->ns = -1;
	w->is_ready = false;
}

void net_wire_close(struct net_wire *w)
{
	struct net_wire_call *call;

	if (!w)
		return;
	release(w);
	while ((call = pop(w)))
		call_free(call);
	w->closed = true;
	if (!w->busy)
		free(w);
}

/* Everybody who waits is told, then the owner. */
static void wire_end(struct net_wire *w, const char *why)
{
	const struct net_wire_reply lost = { .error = -ECONNRESET, .text = why };
	struct net_wire_call *call;

	release(w);
	w->busy = true;
	while ((call = pop(w))) {
		if (call->fn)
			call->fn(&lost, call->userdata);
		call_free(call);
	}
	if (!w->closed)
		w->start.ops->ended(w, why);
	free(w);
}

static int handle_turn(sd_event_source *source, void *userdata)
{
	struct net_wire *w = userdata;
	const struct net_wire_call *call = w->first;
	int r;

	if (!call || w->is_sent)
		return 0;
	r = fd_send_packet(w->sock, &call->msg, sizeof(call->msg), &call->ns, call->msg.nfds);
	if (r == 0) {
		w->is_sent = true;
		r = sd_event_source_set_time_relative(w->timer, NET_WIRE_TIMEOUT * 1000000ull);
	}
	if (r >= 0)
		r = sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		wire_end(w, r == -EPIPE ? gone : "vmos-wire took no request");
	return 0;
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	wire_end(userdata, "vmos-wire did not answer in time");
	return 0;
}

static void answer(struct net_wire *w, const struct wire_msg *m, int *fds)
{
	struct net_wire_call *call = pop(w);
	const struct net_wire_reply reply = {
		.error = m->error, .text = m->text, .ifindex = m->ifindex, .fds = fds, .nfds = m->nfds
	};

	sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(w->next_turn, SD_EVENT_ONESHOT);
	w->busy = true;
	if (call->fn)
		call->fn(&reply, call->userdata);
	w->busy = false;
	call_free(call);
	if (w->closed)
		free(w);
	else if (w->broken[0])
		wire_end(w, w->broken);
}

static void take(struct net_wire *w, const struct wire_msg *m, size_t len, int *fds, unsigned nfds)
{
	const struct net_wire_call *call = w->first;

	/* an answer that the vmosd before us waited for: what came of it is looked at now */
	if (w->adopting && len == sizeof(*m) && m->index != NOBODY)
		return;
	if (!call || !w->is_sent || wire_check_reply(m, call->msg.type, len, nfds) < 0 || m->index != call->msg.index)
		wire_end(w, "an answer of vmos-wire was not valid");
	else
		answer(w, m, fds);
}

static int handle_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct net_wire *w = userdata;
	int fds[WIRE_FDS_MAX];
	struct wire_msg m;
	unsigned nfds = 0;
	ssize_t len = fd_recv_packet(fd, &m, sizeof(m), fds, WIRE_FDS_MAX, &nfds);

	if (len == -EAGAIN || len == -EINTR)
		return 0;
	if (len <= 0 && len != -EMSGSIZE) {
		wire_end(w, gone);
		return 0;
	}
	take(w, &m, len < 0 ? 0 : (size_t)len, fds, nfds);
	fd_close_all(fds, nfds);
	return 0;
}

static int wire_new(const struct net_wire_start *start, const char *name, int sock, struct net_wire **ret_wire)
{
	struct net_wire *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->start = *start;
	w->start.path = NULL;
	w->sock = w->ns = -1;
	w->last = &w->first;
	snprintf(w->name, sizeof(w->name), "%s", name);
	r = sd_event_add_io(start->event, &w->io, sock, EPOLLIN, handle_io, w);
	if (r >= 0)
		r = sd_event_add_defer(start->event, &w->next_turn, handle_turn, w);
	if (r >= 0)
		r = sd_event_add_time_relative(start->event, &w->timer, CLOCK_MONOTONIC, 0, 0, handle_timeout, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	if (r < 0) {
		net_wire_close(w);
		return r;
	}
	w->sock = sock;
	*ret_wire = w;
	return 0;
}

/* Appends a request; the caller sets what is special about it. */
static int append(struct net_wire *w, const struct wire_msg *m, struct net_wire_call **ret_call)
{
	struct net_wire_call *call;

	if (w->sock < 0)
		return -ENOTCONN;
	if (w->ncalls >= NET_WIRE_CALLS_MAX)
		return -EBUSY;
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	call->msg = *m;
	call->ns = -1;
	*w->last = call;
	w->last = &call->next;
	w->ncalls++;
	*ret_call = call;
	return sd_event_source_set_enabled(w->next_turn, SD_EVENT_ONESHOT);
}

static int ask(struct net_wire *w, const struct wire_msg *m, net_wire_fn fn, void *userdata)
{
	struct net_wire_call *call;
	int r = append(w, m, &call);

	if (r < 0)
		return r;
	call->fn = fn;
	call->userdata = userdata;
	return 0;
}

int net_wire_ask(struct net_wire *w, enum wire_type type, uint32_t index, net_wire_fn fn, void *userdata)
{
	const struct wire_msg m = { .type = type, .index = index };

	return ask(w, &m, fn, userdata);
}

int net_wire_give(struct net_wire *w, uint32_t index, const struct net_wire *to, net_wire_fn fn, void *userdata)
{
	const struct wire_msg m = { .type = WIRE_GIVE, .index = index, .nfds = 1 };
	int ns cleanup_fd = fcntl(to->ns, F_DUPFD_CLOEXEC, 3);
	struct net_wire_call *call;
	int r = ns < 0 ? -errno : append(w, &m, &call);

	if (r < 0)
		return r;
	call->ns = steal_fd(&ns);
	call->fn = fn;
	call->userdata = userdata;
	return 0;
}

void net_wire_forget(struct net_wire *w, const void *userdata)
{
	for (struct net_wire_call *call = w->first; call; call = call->next) {
		if (call->userdata == userdata)
			call->fn = NULL;
	}
}

static void handle_opened(const struct net_wire_reply *reply, void *userdata)
{
	struct net_wire *w = userdata;

	if (reply->error < 0) {
		snprintf(w->broken, sizeof(w->broken), "vmos-wire did not open: %s", reply->text);
		return;
	}
	w->ns = steal_fd(&reply->fds[0]);
	w->is_ready = true;
	store(w);
	w->start.ops->ready(w);
}

int net_wire_open(const struct net_wire_start *start, const char *name, struct net_wire **ret_wire)
{
	const struct wire_msg m = { .type = WIRE_OPEN, .filter = name[0] != '\0' };
	int sock cleanup_fd = fd_unix_connect(start->path, SOCK_SEQPACKET | SOCK_NONBLOCK);
	struct net_wire *w;
	int r = sock < 0 ? sock : wire_new(start, name, sock, &w);

	if (r < 0)
		return r;
	steal_fd(&sock);
	r = ask(w, &m, handle_opened, w);
	if (r < 0)
		net_wire_close(w);
	else
		*ret_wire = w;
	return r;
}

/* All that was asked before is done, as answers come in order. */
static void handle_nobody(const struct net_wire_reply *reply, void *userdata)
{
	struct net_wire *w = userdata;

	if (reply->error == -ECONNRESET)
		return;
	w->adopting = false;
	w->is_ready = true;
	w->start.ops->ready(w);
}

int net_wire_adopt(const struct net_wire_start *start, const char *name, const int fds[2], struct net_wire **ret_wire)
{
	int sock cleanup_fd = fds[0], ns cleanup_fd = fds[1];
	struct net_wire *w;
	int r = fd_set_nonblock(sock, true);

	if (r == 0)
		r = wire_new(start, name, sock, &w);
	if (r < 0)
		return r;
	steal_fd(&sock);
	w->ns = steal_fd(&ns);
	w->adopting = true;
	r = net_wire_ask(w, WIRE_HAS, NOBODY, handle_nobody, w);
	if (r < 0)
		net_wire_close(w);
	else
		*ret_wire = w;
	return r;
}
