/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/manager.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "desktop/clipboard.h"
#include "desktop/guest.h"
#include "desktop/window.h"

int manager_receive_setup(struct manager *m, int sock, int *ret_fds)
{
	struct helper_msg msg;
	int fds[HELPER_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(sock, &msg, sizeof(msg), fds, HELPER_FDS_MAX, &nfds);

	if (n < 0)
		return (int)n;
	if (helper_check_request(&msg, (size_t)n, nfds) < 0 || msg.type != HELPER_SETUP ||
		msg.setup.role != VMOS_ROLE_GUI) {
		fd_close_all(fds, nfds);
		return -EBADMSG;
	}
	m->sock = sock;
	m->setup = msg.setup;
	m->listener = fds[3];
	ret_fds[MANAGER_FDS - 1] = -1;
	memcpy(ret_fds, fds, sizeof(fds[0]) * nfds);
	return fd_set_nonblock(sock, true);
}

static int tell(struct manager *m, struct helper_msg *msg, const int *fds, unsigned nfds)
{
	msg->nfds = nfds;
	return m->sock < 0 ? -ENOTCONN : fd_send_packet(m->sock, msg, sizeof(*msg), fds, nfds);
}

void manager_tell_up(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_UP };

	(void)tell(m, &msg, NULL, 0);
}

void manager_tell_guest(struct manager *m, enum helper_guest_state state)
{
	struct helper_msg msg = { .type = HELPER_GUEST };

	msg.guest.state = state;
	msg.guest.epoch = m->guest->channel.epoch;
	(void)tell(m, &msg, NULL, 0);
}

void manager_tell_failed(struct manager *m, enum helper_reason reason, const char *text)
{
	struct helper_msg msg = { .type = HELPER_FAILED };

	log_error("%s", text);
	msg.fail.reason = reason;
	snprintf(msg.fail.text, sizeof(msg.fail.text), "%s", text);
	(void)tell(m, &msg, NULL, 0); /* the exit code says it as well */
}

int manager_tell_clip(struct manager *m, enum helper_type type, const struct helper_clip *clip, int fd)
{
	struct helper_msg msg = { .type = type };

	if (clip)
		msg.clip = *clip;
	return tell(m, &msg, &fd, fd >= 0);
}

int manager_tell_act(struct manager *m, enum helper_act_kind kind)
{
	struct helper_msg msg = { .type = HELPER_ACT, .act.kind = kind };

	return tell(m, &msg, NULL, 0);
}

static void tell_stats(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_STATS };

	msg.stats.epoch = m->guest->channel.epoch;
	msg.stats.guest = guest_state(m->guest);
	msg.stats.windows = m->windows->count;
	msg.stats.frames = m->windows->commits;
	msg.stats.bytes_copied = 0; /* no code here reads a guest's pixels */
	msg.stats.wakeups = m->wakeups;
	(void)tell(m, &msg, NULL, 0);
}

/* A new vmosd: it gets what SETUP gave us, and then hears what an old one would know. */
static void adopt(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_FDS, .setup = m->setup };
	const struct guest *g = m->guest;
	const int fds[] = { g->fd, g->notify_guest, g->notify_host };

	msg.setup.epoch = g->channel.epoch;
	if (tell(m, &msg, fds, 3) < 0)
		log_warning("vmosd does not take its fds back");
	manager_tell_up(m);
	manager_tell_guest(m, guest_state(g));
	m->adopted = true;
}

/* @fd: of a CLIP_GIVE, borrowed. */
static void obey(struct manager *m, const struct helper_msg *msg, int fd)
{
	switch (msg->type) {
	case HELPER_QUERY:
		tell_stats(m);
		break;
	case HELPER_ADOPT:
		adopt(m);
		break;
	case HELPER_QUIT:
		m->quit = true;
		break;
	case HELPER_CLIP_GIVE:
		clipboard_give(m->clipboard, &msg->clip, fd);
		break;
	case HELPER_CLIP_NOTE:
		clipboard_note(m->clipboard, msg->note.bad, msg->note.text);
		break;
	default:
		log_warning("vmosd sent a request that is not for a desktop");
		break;
	}
}

/* vmosd is gone. The windows stay; a later vmosd knocks at the listener. */
static void lose(struct manager *m)
{
	log_info("vmosd left, waiting for its successor");
	close(steal_fd(&m->sock));
}

static void receive(struct manager *m)
{
	struct helper_msg msg;
	int fds[HELPER_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(m->sock, &msg, sizeof(msg), fds, HELPER_FDS_MAX, &nfds);

	if (n == -EAGAIN)
		return;
	if (n <= 0 && n != -EMSGSIZE) {
		lose(m);
		return;
	}
	if (n < 0 || helper_check_request(&msg, (size_t)n, nfds) < 0)
		log_warning("vmosd sent a message that is not well formed");
	else
		obey(m, &msg, nfds ? fds[0] : -1);
	if (n > 0)
		fd_close_all(fds, nfds);
}

int manager_fd(const struct manager *m)
{
	return m->sock >= 0 ? m->sock : m->listener;
}

void manager_wake(struct manager *m)
{
	if (m->sock >= 0)
		receive(m);
	else
		m->sock = fd_accept_own(m->listener);
}

void manager_finish(struct manager *m)
{
	fd_close_all((int[]){ m->sock, m->listener }, 2);
	m->sock = m->listener = -1;
}
