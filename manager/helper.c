/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/helper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/now.h"
#include "manager/spawn.h"

void helper_init(struct helper *h, enum helper_kind kind, const struct helper_ops *ops, void *owner)
{
	*h = (struct helper){ .kind = kind, .ops = ops, .owner = owner, .sock = -1 };
}

enum label_kind helper_label(enum helper_kind kind)
{
	return kind == HELPER_COURIER ? LABEL_COURIER : LABEL_DESKTOP; /* system mode has no HELPER_AUDIO */
}

static void helper_release(struct helper *h)
{
	h->io = sd_event_source_disable_unref(h->io);
	h->child = sd_event_source_disable_unref(h->child);
	h->timer = sd_event_source_disable_unref(h->timer);
	if (h->sock >= 0)
		close(h->sock);
	h->sock = -1;
	h->pid = 0;
	h->stats_wanted = false;
}

/* Ended by itself: says so, once. @reason and @text stand in for last words that never came. */
static void helper_ended(struct helper *h, enum helper_reason reason, const char *text)
{
	char last[HELPER_TEXT_MAX];

	snprintf(last, sizeof(last), "%s", h->failed ? h->text : text);
	if (h->failed)
		reason = h->reason;
	helper_release(h);
	h->failed = false;
	h->state = HELPER_STATE_ENDED;
	h->ops->ended(h, reason, last);
}

/* Our child is ended by a signal and reaped later; one we found again ends with its socket. */
static void helper_kill(struct helper *h, enum helper_reason reason, const char *text)
{
	if (!h->failed) {
		h->failed = true;
		h->reason = reason;
		snprintf(h->text, sizeof(h->text), "%s", text);
	}
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		h->io = sd_event_source_disable_unref(h->io);
		return;
	}
	helper_ended(h, reason, text);
}

/* A helper we found again gives its fds back; region_adopt() takes them or they are closed. */
static int take_region(struct helper *h, const struct helper_msg *m, int *fds)
{
	int r;

	if (h->state != HELPER_STATE_STARTING || h->pid > 0 || region_is_open(h->region) ||
		m->setup.role != h->region->role || (m->setup.carrier == HELPER_CARRIER_VSOCK) != h->by_vsock)
		return -EBADMSG;
	r = h->by_vsock ? 0 : region_adopt(h->region, fds, m->setup.region_size);
	if (r < 0)
		return r;
	if (!h->by_vsock)
		fds[0] = fds[1] = fds[2] = -1;
	h->epoch = m->setup.epoch;
	h->state = HELPER_STATE_UP;
	h->timer = sd_event_source_disable_unref(h->timer);
	h->ops->up(h);
	return 0;
}

static void take_up(struct helper *h)
{
	if (h->state != HELPER_STATE_STARTING)
		return;
	h->state = HELPER_STATE_UP;
	h->timer = sd_event_source_disable_unref(h->timer);
	h->ops->up(h);
}

/* Whether one report more of the guest's state is less than too many. */
static bool is_due(struct helper *h, unsigned max)
{
	uint64_t now = now_usec(CLOCK_MONOTONIC);

	if (now - h->guest_since > HELPER_GUEST_PERIOD * 1000000ull) {
		h->guest_since = now;
		h->guest_count = 0;
	}
	return ++h->guest_count <= max;
}

/* Each report of the guest's state becomes a signal on the bus: one that was taken over must not flood it. */
static int take_guest(struct helper *h, const struct helper_guest *guest)
{
	if (!is_due(h, HELPER_GUEST_MAX))
		return -EBADMSG;
	h->ops->guest(h, guest);
	return 0;
}

/* What only a desktop may say. */
static int take_gesture(struct helper *h, const struct helper_msg *m, int fd)
{
	if (h->kind != HELPER_DESKTOP)
		return -EBADMSG;
	if (m->type == HELPER_ACT)
		h->ops->act(h, (enum helper_act_kind)m->act.kind);
	else if (m->type == HELPER_CLIP_TAKE)
		h->ops->clip_take(h, &m->clip, fd);
	else
		h->ops->clip_want(h);
	return 0;
}

/* A guest that begins and ends all the time must not make a flood of signals of it through one that it took over. */
static int take_audio(struct helper *h, const struct helper_audio *audio)
{
	if (h->kind != HELPER_AUDIO || !is_due(h, HELPER_SOUND_MAX))
		return -EBADMSG;
	h->ops->audio(h, audio);
	return 0;
}

static int take_request(struct helper *h, const struct helper_msg *m, int *fds)
{
	if (h->kind != HELPER_COURIER)
		return -EBADMSG;
	if (m->type == HELPER_REQUEST)
		return h->ops->request(h, &m->request, steal_fd(&fds[0]));
	h->ops->cancel(h, m->cancel.id);
	return 0;
}

static int take_owner(struct helper *h, const struct helper_owner *owner)
{
	if (h->kind != HELPER_COURIER)
		return -EBADMSG;
	h->ops->owner(h, owner);
	return 0;
}

static int take_connect(struct helper *h)
{
	if (!h->by_vsock)
		return -EBADMSG;
	h->ops->connect(h);
	return 0;
}

static int take_clock(struct helper *h, const struct helper_clock *clock)
{
	if (h->kind != HELPER_COURIER)
		return -EBADMSG;
	h->ops->clock(h, clock);
	return 0;
}

static int take_apps(struct helper *h, uint32_t count, int fd)
{
	if (h->kind != HELPER_COURIER)
		return -EBADMSG;
	return h->ops->apps(h, count, fd);
}

static int take_notify(struct helper *h, const struct helper_msg *m, int fd)
{
	if (h->kind != HELPER_COURIER)
		return -EBADMSG;
	if (m->type == HELPER_NOTIFY)
		return h->ops->notify(h, &m->notify, fd);
	if (m->type == HELPER_HELD)
		h->ops->held(h, m->held.count);
	else
		h->ops->unnotify(h, m->notify.id);
	return 0;
}

static int helper_report(struct helper *h, const struct helper_msg *m, int *fds)
{
	switch (m->type) {
	case HELPER_UP:
		take_up(h);
		return 0;
	case HELPER_GUEST:
		return take_guest(h, &m->guest);
	case HELPER_STATS:
		h->stats = m->stats;
		h->stats_wanted = false;
		h->ops->stats(h, &m->stats);
		return 0;
	case HELPER_FDS:
		return take_region(h, m, fds);
	case HELPER_CLIP_TAKE:
	case HELPER_CLIP_WANT:
	case HELPER_ACT:
		return take_gesture(h, m, fds[0]);
	case HELPER_REQUEST:
	case HELPER_CANCEL:
		return take_request(h, m, fds);
	case HELPER_OWNER:
		return take_owner(h, &m->owner);
	case HELPER_CLOCK:
		return take_clock(h, &m->clock);
	case HELPER_CONNECT:
		return take_connect(h);
	case HELPER_SOUND:
		return take_audio(h, &m->audio);
	case HELPER_APPS:
		return take_apps(h, m->apps.count, fds[0]);
	case HELPER_NOTIFY:
	case HELPER_UNNOTIFY:
	case HELPER_HELD:
		return take_notify(h, m, fds[0]);
	case HELPER_FAILED:
		h->failed = true;
		h->reason = (enum helper_reason)m->fail.reason;
		snprintf(h->text, sizeof(h->text), "%s", m->fail.text);
		return 0;
	default:
		return -EBADMSG;
	}
}

static void close_left(int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* Takes one report. 1: one was taken; 0: none is there; -errno: the socket's end, or a report that is not valid. */
static int helper_read(struct helper *h)
{
	struct helper_msg m;
	int fds[HELPER_FDS_MAX] = { -1 };
	unsigned nfds = 0;
	ssize_t len = fd_recv_packet(h->sock, &m, sizeof(m), fds, HELPER_FDS_MAX, &nfds);
	int r;

	if (len == -EAGAIN || len == -EINTR)
		return 0;
	if (len == 0)
		return -ECONNRESET;
	r = len < 0 ? (int)len : helper_check_report(&m, (size_t)len, nfds);
	if (r == 0)
		r = helper_report(h, &m, fds);
	close_left(fds, nfds);
	return r < 0 ? r : 1;
}

static int handle_exit(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	struct helper *h = userdata;
	enum helper_reason reason = HELPER_REASON_INTERNAL;
	char text[HELPER_TEXT_MAX];

	if (si->si_code == CLD_EXITED) {
		snprintf(text, sizeof(text), "it left with status %d", si->si_status);
		if (si->si_status >= HELPER_REASON_INTERNAL && si->si_status <= HELPER_REASON_SETUP)
			reason = (enum helper_reason)si->si_status;
	} else {
		snprintf(text, sizeof(text), "it was ended by signal %d (%s)", si->si_status,
			sigabbrev_np(si->si_status) ? sigabbrev_np(si->si_status) : "?");
	}
	/* its last words may still be in the socket */
	while (!h->failed && h->sock >= 0 && helper_read(h) > 0)
		;
	h->pid = 0;
	helper_ended(h, reason, text);
	return 0;
}

static int handle_report(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct helper *h = userdata;
	int r = helper_read(h);

	if (r == -ECONNRESET)
		helper_kill(h, HELPER_REASON_INTERNAL, "it closed its socket");
	else if (r < 0)
		helper_kill(h, HELPER_REASON_PROTOCOL, "its report to vmosd was not valid");
	return 0;
}

static int handle_up_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	helper_kill(userdata, HELPER_REASON_INTERNAL, "it did not come up in time");
	return 0;
}

static int helper_watch(struct helper *h)
{
	int r = sd_event_add_io(h->event, &h->io, h->sock, EPOLLIN, handle_report, h);

	if (r < 0)
		return r;
	return sd_event_add_time_relative(
		h->event, &h->timer, CLOCK_MONOTONIC, HELPER_UP_TIMEOUT * 1000000ull, 0, handle_up_timeout, h);
}

int helper_send(struct helper *h, const struct helper_msg *m, const int *fds)
{
	if (h->sock < 0)
		return -ENOTCONN;
	return fd_send_packet(h->sock, m, sizeof(*m), fds, m->nfds);
}

int helper_send_type(struct helper *h, enum helper_type type)
{
	struct helper_msg m = { .type = type };

	return helper_send(h, &m, NULL);
}

static int helper_setup(struct helper *h, const struct helper_start *start, int listener)
{
	int fds[] = { h->region->memory, h->region->notify_guest, h->region->notify_host, listener, start->display };
	const unsigned first = h->by_vsock ? 3 : 0; /* of these: it has no region */
	struct helper_msg m = {
		.type = HELPER_SETUP,
		.nfds = (start->display >= 0 ? 5 : 4) - first,
		.setup = { .rgb = start->rgb,
			.role = h->region->role,
			.epoch = h->epoch + 1,
			.region_size = h->region->size,
			.carrier = h->by_vsock ? HELPER_CARRIER_VSOCK : HELPER_CARRIER_CHANNEL,
			.sound = start->sound },
	};

	snprintf(m.setup.vm, sizeof(m.setup.vm), "%s", start->vm);
	return helper_send(h, &m, fds + first);
}

int helper_start(struct helper *h, const struct helper_start *start)
{
	const struct spawn_helper program = {
		.path = start->program,
		.vm = start->vm,
		.identity = h->identity,
		.label = helper_label(h->kind),
	};
	int listener cleanup_fd = -1;
	int pair[2];
	int r;

	unlink(start->listen_path); /* its predecessor's, which may be on its way out and not have closed it yet */
	listener = fd_unix_listen(start->listen_path, SOCK_SEQPACKET, 1);
	if (listener < 0)
		return listener;
	r = identity_label_fd(h->identity, listener, program.label);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	h->failed = false;
	h->keeper = h->kind != HELPER_COURIER && start->display < 0;
	h->sock = pair[0];
	r = helper_setup(h, start, listener);
	if (r == 0)
		r = spawn_helper(&program, pair[1], &h->pid);
	close(pair[1]);
	if (r == 0) {
		h->epoch++;
		h->state = HELPER_STATE_STARTING;
		r = sd_event_add_child(h->event, &h->child, h->pid, WEXITED, handle_exit, h);
	}
	if (r >= 0)
		r = helper_watch(h);
	if (r < 0) {
		if (h->pid > 0)
			kill(h->pid, SIGKILL);
		helper_release(h);
		h->state = HELPER_STATE_NONE;
	}
	return r < 0 ? r : 0;
}

int helper_adopt(struct helper *h, const char *listen_path)
{
	int fd cleanup_fd = fd_unix_connect(listen_path, SOCK_SEQPACKET);
	int r;

	if (fd < 0)
		return fd;
	/* a helper calls listen() again, so that this is its own id, and the path's folder is ours */
	r = identity_check_peer(h->identity, fd, NULL);
	if (r == 0)
		r = fd_set_nonblock(fd, true);
	if (r < 0)
		return r;
	h->sock = steal_fd(&fd);
	h->state = HELPER_STATE_STARTING;
	r = helper_send_type(h, HELPER_ADOPT);
	if (r == 0)
		r = helper_watch(h);
	if (r < 0) {
		helper_release(h);
		h->state = HELPER_STATE_ENDED;
	}
	return r;
}

int helper_dismiss(const char *listen_path)
{
	struct helper_msg m = { .type = HELPER_QUIT };
	int fd cleanup_fd = fd_unix_connect(listen_path, SOCK_SEQPACKET);

	if (fd < 0)
		return fd;
	return fd_send_packet(fd, &m, sizeof(m), NULL, 0);
}

/* A child that was told to leave: it gets a moment, then it is ended. */
struct leaving {
	sd_event_source *child, *timer;
};

static void leaving_free(struct leaving *l)
{
	sd_event_source_disable_unref(l->child);
	sd_event_source_disable_unref(l->timer);
	free(l);
}

static int handle_left(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	leaving_free(userdata);
	return 0;
}

static int handle_overstay(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct leaving *l = userdata;

	return sd_event_source_send_child_signal(l->child, SIGKILL, NULL, 0);
}

static void helper_see_off(sd_event *event, pid_t pid)
{
	struct leaving *l = calloc(1, sizeof(*l));

	if (l && sd_event_add_child(event, &l->child, pid, WEXITED, handle_left, l) >= 0 &&
		sd_event_add_time_relative(event, &l->timer, CLOCK_MONOTONIC, HELPER_LEAVE_TIMEOUT * 1000000ull, 0,
			handle_overstay, l) >= 0)
		return;
	kill(pid, SIGKILL);
	if (l)
		leaving_free(l);
}

void helper_stop(struct helper *h)
{
	pid_t pid = h->pid;

	helper_send_type(h, HELPER_QUIT);
	helper_release(h);
	if (pid > 0)
		helper_see_off(h->event, pid);
	h->state = HELPER_STATE_NONE;
	h->failed = false;
}

bool helper_may_restart(struct helper *h)
{
	uint64_t now = now_usec(CLOCK_MONOTONIC);

	if (h->restarts[0] && now - h->restarts[0] < 60 * 1000000ull)
		return false;
	memmove(h->restarts, h->restarts + 1, sizeof(h->restarts) - sizeof(h->restarts[0]));
	h->restarts[HELPER_RESTARTS - 1] = now;
	return true;
}
