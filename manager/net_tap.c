/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/now.h"
#include "base/paths.h"
#include "manager/proc_note.h"
#include "manager/spawn.h"

#define LEAVE_TIMEOUT 3 /* seconds that one gets after QUIT */

struct net_tap_out {
	struct net_tap_out *next;
	struct tap_msg msg;
	int fds[TAP_FDS_MAX]; /* owned */
};

void net_tap_init(struct net_tap *tap, const struct net_tap_ops *ops, void *owner)
{
	*tap = (struct net_tap){ .ops = ops, .owner = owner, .sock = -1, .memory = -1, .found = -1 };
	tap->last = &tap->first;
}

static void out_drop(struct net_tap *tap)
{
	struct net_tap_out *out = tap->first;

	tap->first = out->next;
	if (!tap->first)
		tap->last = &tap->first;
	fd_close_all(out->fds, out->msg.nfds);
	free(out);
}

static void net_tap_release(struct net_tap *tap)
{
	while (tap->first)
		out_drop(tap);
	tap->io = sd_event_source_disable_unref(tap->io);
	tap->child = sd_event_source_disable_unref(tap->child);
	tap->timer = sd_event_source_disable_unref(tap->timer);
	if (tap->sock >= 0)
		close(tap->sock);
	if (tap->found >= 0)
		close(tap->found);
	tap->sock = tap->found = -1;
	tap->pid = 0;
}

static void net_tap_ended(struct net_tap *tap)
{
	net_tap_release(tap);
	tap->state = NET_TAP_ENDED;
	tap->ops->ended(tap);
}

/* The first words say why. */
static void say(struct net_tap *tap, const char *text)
{
	if (!tap->failed)
		snprintf(tap->text, sizeof(tap->text), "%s", text);
	tap->failed = true;
}

/* Our child is reaped later; one we found is done with. It must not go on with plugs that nobody answers for. */
static void net_tap_kill(struct net_tap *tap, const char *text)
{
	say(tap, text);
	if (tap->pid > 0) {
		kill(tap->pid, SIGKILL);
		tap->io = sd_event_source_disable_unref(tap->io);
		return;
	}
	if (tap->found >= 0)
		pidfd_send_signal(tap->found, SIGKILL, NULL, 0);
	net_tap_ended(tap);
}

static int out_append(struct net_tap *tap, const struct tap_msg *m, const int *fds)
{
	struct net_tap_out *out = calloc(1, sizeof(*out));

	if (!out)
		return -ENOMEM;
	out->msg = *m;
	for (unsigned i = 0; i < m->nfds; i++) {
		out->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (out->fds[i] < 0) {
			int r = -errno;

			fd_close_all(out->fds, i);
			free(out);
			return r;
		}
	}
	*tap->last = out;
	tap->last = &out->next;
	return tap->io ? sd_event_source_set_io_events(tap->io, EPOLLIN | EPOLLOUT) : 0;
}

int net_tap_send(struct net_tap *tap, const struct tap_msg *m, const int *fds)
{
	int r = tap->first ? -EAGAIN : -ENOTCONN;

	if (tap->sock < 0 || m->nfds > TAP_FDS_MAX)
		return -ENOTCONN;
	if (!tap->first)
		r = fd_send_packet(tap->sock, m, sizeof(*m), fds, m->nfds);
	return r == -EAGAIN ? out_append(tap, m, fds) : r;
}

int net_tap_send_type(struct net_tap *tap, enum tap_type type)
{
	struct tap_msg m = { .type = type };

	return net_tap_send(tap, &m, NULL);
}

bool net_tap_is_behind(const struct net_tap *tap)
{
	return tap->first != NULL;
}

static void flush(struct net_tap *tap)
{
	while (tap->first) {
		struct net_tap_out *out = tap->first;
		int r = fd_send_packet(tap->sock, &out->msg, sizeof(out->msg), out->fds, out->msg.nfds);

		if (r == -EAGAIN)
			return;
		if (r < 0) {
			net_tap_kill(tap, "it closed its socket");
			return;
		}
		out_drop(tap);
	}
	sd_event_source_set_io_events(tap->io, EPOLLIN);
	tap->ops->drained(tap);
}

static void net_tap_up(struct net_tap *tap, bool found)
{
	tap->state = NET_TAP_UP;
	tap->timer = sd_event_source_disable_unref(tap->timer);
	tap->ops->up(tap, found);
}

/* What nobody asked for becomes work on the main loop: one that was taken over must not flood it. */
static int count_news(struct net_tap *tap)
{
	uint64_t now = now_usec(CLOCK_MONOTONIC);

	if (now - tap->news_since > NET_TAP_NEWS_PERIOD * 1000000ull) {
		tap->news_since = now;
		tap->news = 0;
	}
	return ++tap->news > NET_TAP_NEWS_MAX ? -EBADMSG : 0;
}

/* One we found: its memory comes first, then its links, and (as it is asked for them) the end of its flows. */
static int take_found(struct net_tap *tap, const struct tap_msg *m, int *fds)
{
	int r;

	if (tap->state != NET_TAP_STARTING || tap->pid > 0)
		return -EBADMSG;
	switch (m->type) {
	case TAP_STATE:
		r = tap->memory < 0 ? fd_check_sealed(fds[0], TAP_MEMORY_SIZE) : -EBADMSG;
		if (r == 0)
			tap->memory = steal_fd(&fds[0]);
		return r;
	case TAP_HAVE:
		if (tap->memory < 0)
			return -EBADMSG;
		tap->ops->have(tap, m->id.index);
		return 0;
	case TAP_FLOWS_END:
		if (tap->memory < 0)
			return -EBADMSG;
		net_tap_up(tap, true);
		return 0;
	default:
		return 0; /* a flow; what happened meanwhile */
	}
}

static int take_report(struct net_tap *tap, const struct tap_msg *m, int *fds)
{
	int r = 0;

	if (m->type == TAP_FAILED) {
		say(tap, m->fail.text);
		return 0;
	}
	if (m->type == TAP_QUESTION || m->type == TAP_WITHDRAW || m->type == TAP_LOG)
		r = count_news(tap);
	if (r < 0)
		return r;
	if (m->type == TAP_UP && tap->state == NET_TAP_STARTING && tap->pid > 0) {
		net_tap_up(tap, false);
		return 0;
	}
	if (m->type == TAP_UP || m->type == TAP_STATE || m->type == TAP_HAVE || tap->state != NET_TAP_UP)
		return m->type == TAP_UP ? -EBADMSG : take_found(tap, m, fds);
	tap->ops->report(tap, m);
	return 0;
}

/* 1: a message was taken; 0: none is there; -errno: the socket's end, or a message that is not valid. */
static int net_tap_read(struct net_tap *tap)
{
	int fds[TAP_FDS_MAX] = { -1, -1, -1 };
	struct tap_msg m;
	unsigned nfds = 0;
	ssize_t len = fd_recv_packet(tap->sock, &m, sizeof(m), fds, TAP_FDS_MAX, &nfds);
	int r;

	if (len == -EAGAIN || len == -EINTR)
		return 0;
	if (len == 0)
		return -ECONNRESET;
	r = len < 0 ? (int)len : tap_check_report(&m, (size_t)len, nfds);
	if (r == 0)
		r = take_report(tap, &m, fds);
	for (unsigned i = 0; i < nfds; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return r < 0 ? r : 1;
}

static int handle_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct net_tap *tap = userdata;
	int r = revents & (EPOLLIN | EPOLLHUP | EPOLLERR) ? net_tap_read(tap) : 0;

	if (r == -ECONNRESET)
		net_tap_kill(tap, "it closed its socket");
	else if (r < 0)
		net_tap_kill(tap, "its report to vmosd was not valid");
	else if (revents & EPOLLOUT && tap->io)
		flush(tap);
	return 0;
}

static int handle_exit(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	struct net_tap *tap = userdata;
	char text[TAP_TEXT_MAX];

	/* its last words may still be in the socket */
	while (!tap->failed && tap->io && net_tap_read(tap) > 0)
		;
	if (si->si_code == CLD_EXITED)
		snprintf(text, sizeof(text), "it left with status %d", si->si_status);
	else
		snprintf(text, sizeof(text), "it was ended by signal %d", si->si_status);
	say(tap, text);
	tap->pid = 0;
	net_tap_ended(tap);
	return 0;
}

static int handle_up_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	net_tap_kill(userdata, "it did not come up in time");
	return 0;
}

static int watch(struct net_tap *tap)
{
	int r = sd_event_add_io(tap->event, &tap->io, tap->sock, EPOLLIN, handle_io, tap);

	if (r < 0)
		return r;
	return sd_event_add_time_relative(
		tap->event, &tap->timer, CLOCK_MONOTONIC, NET_TAP_UP_TIMEOUT * 1000000ull, 0, handle_up_timeout, tap);
}

static int send_setup(struct net_tap *tap, int listener, const struct net_tap_start *start)
{
	int fds[TAP_FDS_MAX] = { tap->memory, listener };
	struct tap_msg m = { .type = TAP_SETUP, .nfds = 2 };

	snprintf(m.setup.net, sizeof(m.setup.net), "%s", start->net);
	if (start->kernel) {
		m.setup.fabric = TAP_FABRIC_KERNEL;
		m.nfds = TAP_FDS_MAX;
		memcpy(fds + 2, start->kernel, TAP_KERNEL_FDS * sizeof(int));
	}
	return net_tap_send(tap, &m, fds);
}

/* The socket it listens on, and the memory of its predecessor or a new one. The listener, or -errno. */
static int prepare(struct net_tap *tap, const char *run_dir, const char *note)
{
	char *listen_path cleanup_free = paths_join(run_dir, "tap.sock", NULL);
	int listener cleanup_fd = -1;
	int r;

	if (!listen_path)
		return -ENOMEM;
	proc_note_kill(note);
	if (tap->memory < 0)
		tap->memory = fd_memfd_sealed("vmos-tap", TAP_MEMORY_SIZE);
	if (tap->memory < 0)
		return tap->memory;
	r = identity_label_fd(tap->identity, tap->memory, LABEL_COURIER);
	if (r < 0)
		return r;
	unlink(listen_path);
	listener = fd_unix_listen(listen_path, SOCK_SEQPACKET, 1);
	if (listener < 0)
		return listener;
	r = identity_label_fd(tap->identity, listener, LABEL_COURIER);
	return r < 0 ? r : steal_fd(&listener);
}

int net_tap_start(struct net_tap *tap, const struct net_tap_start *start)
{
	char *note cleanup_free = paths_join(start->run_dir, "tap.pid", NULL);
	const struct spawn_helper spawn = {
		.path = start->program,
		.vm = start->net,
		.identity = tap->identity,
		.label = LABEL_COURIER,
	};
	int listener cleanup_fd = note ? prepare(tap, start->run_dir, note) : -ENOMEM;
	int pair[2], r;

	if (listener < 0)
		return listener;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	tap->failed = false;
	tap->sock = pair[0];
	r = send_setup(tap, listener, start);
	if (r == 0)
		r = spawn_helper(&spawn, pair[1], &tap->pid);
	close(pair[1]);
	if (r == 0)
		r = sd_event_add_child(tap->event, &tap->child, tap->pid, WEXITED, handle_exit, tap);
	if (r >= 0)
		r = watch(tap);
	if (r >= 0)
		r = proc_note_write(note, tap->pid);
	tap->state = r < 0 ? NET_TAP_NONE : NET_TAP_STARTING;
	if (r < 0) {
		if (tap->pid > 0)
			kill(tap->pid, SIGKILL);
		net_tap_release(tap);
	}
	return r < 0 ? r : 0;
}

int net_tap_adopt(struct net_tap *tap, const char *run_dir)
{
	char *listen_path cleanup_free = paths_join(run_dir, "tap.sock", NULL);
	char *note cleanup_free = paths_join(run_dir, "tap.pid", NULL);
	int fd cleanup_fd = listen_path && note ? fd_unix_connect(listen_path, SOCK_SEQPACKET) : -ENOMEM;
	pid_t pid;
	int r;

	if (fd < 0)
		return fd;
	r = identity_check_peer(tap->identity, fd, NULL);
	if (r == 0)
		r = fd_set_nonblock(fd, true);
	if (r < 0)
		return r;
	tap->failed = false;
	tap->sock = steal_fd(&fd);
	tap->found = proc_note_open(note, &pid);
	tap->state = NET_TAP_STARTING;
	r = watch(tap);
	if (r >= 0)
		r = net_tap_send_type(tap, TAP_ADOPT);
	if (r == 0)
		r = net_tap_send_type(tap, TAP_FLOWS);
	if (r < 0) {
		net_tap_release(tap);
		tap->state = NET_TAP_ENDED;
	}
	return r;
}

struct leaving {
	sd_event_source *child, *timer;
};

static int handle_left(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	struct leaving *l = userdata;

	sd_event_source_disable_unref(l->child);
	sd_event_source_disable_unref(l->timer);
	free(l);
	return 0;
}

static int handle_overstay(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct leaving *l = userdata;

	return sd_event_source_send_child_signal(l->child, SIGKILL, NULL, 0);
}

/* A child that was told to leave gets a moment, then it is ended; it is waited for in any case. */
static void see_off(sd_event *event, pid_t pid)
{
	struct leaving *l = calloc(1, sizeof(*l));

	if (l && sd_event_add_child(event, &l->child, pid, WEXITED, handle_left, l) >= 0 &&
		sd_event_add_time_relative(
			event, &l->timer, CLOCK_MONOTONIC, LEAVE_TIMEOUT * 1000000ull, 0, handle_overstay, l) >= 0)
		return;
	kill(pid, SIGKILL);
	if (l && !l->child)
		free(l);
}

void net_tap_stop(struct net_tap *tap)
{
	pid_t pid = tap->pid;

	net_tap_send_type(tap, TAP_QUIT);
	net_tap_release(tap);
	if (pid > 0)
		see_off(tap->event, pid);
	if (tap->memory >= 0)
		close(tap->memory);
	tap->memory = -1;
	tap->state = NET_TAP_NONE;
	memset(tap->restarts, 0, sizeof(tap->restarts));
}

bool net_tap_may_restart(struct net_tap *tap)
{
	uint64_t now = now_usec(CLOCK_MONOTONIC);

	if (tap->restarts[0] && now - tap->restarts[0] < 60 * 1000000ull)
		return false;
	memmove(tap->restarts, tap->restarts + 1, sizeof(tap->restarts) - sizeof(tap->restarts[0]));
	tap->restarts[NET_TAP_RESTARTS - 1] = now;
	return true;
}
