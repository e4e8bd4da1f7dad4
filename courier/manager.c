/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/manager.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "courier/guest.h"

/* How long a QUERY waits for fresh numbers of the guest. */
#define STATS_WAIT_US 300000

int manager_receive_setup(int sock, struct helper_setup *ret_setup, int *ret_fds)
{
	struct helper_msg m;
	int fds[HELPER_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(sock, &m, sizeof(m), fds, HELPER_FDS_MAX, &nfds);

	if (n < 0)
		return (int)n;
	if (helper_check_request(&m, (size_t)n, nfds) < 0 || m.type != HELPER_SETUP || nfds != 4 ||
		m.setup.role != VMOS_ROLE_CTL) {
		fd_close_all(fds, nfds);
		return -EBADMSG;
	}
	*ret_setup = m.setup;
	memcpy(ret_fds, fds, nfds * sizeof(*fds));
	return 0;
}

static int manager_send(struct manager *m, struct helper_msg *msg, const int *fds, unsigned nfds)
{
	msg->nfds = nfds;
	return m->sock < 0 ? -ENOTCONN : fd_send_packet(m->sock, msg, sizeof(*msg), fds, nfds);
}

void manager_tell_up(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_UP };

	if (manager_send(m, &msg, NULL, 0) < 0)
		log_warning("vmosd does not listen");
}

/* Watches for room while a report waits for it. */
static void manager_watch_room(struct manager *m)
{
	bool waits = m->tell_guest || m->tell_requests;

	if (m->packets)
		sd_event_source_set_io_events(m->packets, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void manager_tell_guest(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_GUEST };

	msg.guest.state = guest_state(m->guest);
	msg.guest.epoch = m->guest->channel.epoch;
	msg.guest.boot_ns = m->guest->ready ? m->guest->boot_ns : 0;
	m->tell_guest = manager_send(m, &msg, NULL, 0) == -EAGAIN;
	manager_watch_room(m);
}

void manager_tell_requests(struct manager *m)
{
	bool waited = m->tell_requests;

	m->tell_requests = m->sock >= 0 && requests_report(&m->guest->requests, m) == -EAGAIN;
	if (!m->tell_requests)
		m->tell_requests = m->sock >= 0 && questions_report(&m->guest->questions, m) == -EAGAIN;
	if (!m->tell_requests)
		m->tell_requests = m->sock >= 0 && apps_report(&m->guest->apps, m) == -EAGAIN;
	if (!m->tell_requests)
		m->tell_requests = m->sock >= 0 && notifications_report(&m->guest->notifications, m) == -EAGAIN;
	if (m->tell_requests != waited)
		manager_watch_room(m);
}

int manager_tell_request(struct manager *m, const struct helper_request *request, int args)
{
	struct helper_msg msg = { .type = HELPER_REQUEST, .request = *request };

	return manager_send(m, &msg, &args, 1);
}

int manager_tell_cancel(struct manager *m, uint32_t id)
{
	struct helper_msg msg = { .type = HELPER_CANCEL, .cancel.id = id };

	return manager_send(m, &msg, NULL, 0);
}

int manager_tell_answer(struct manager *m, struct helper_msg *answer)
{
	return manager_send(m, answer, NULL, 0);
}

int manager_tell_apps(struct manager *m, uint32_t count, int fd)
{
	struct helper_msg msg = { .type = HELPER_APPS, .apps.count = count };

	return manager_send(m, &msg, &fd, count > 0);
}

int manager_tell_notify(struct manager *m, const struct helper_notify *notify, int fd)
{
	struct helper_msg msg = { .type = HELPER_NOTIFY, .notify = *notify };

	return manager_send(m, &msg, &fd, 1);
}

int manager_tell_unnotify(struct manager *m, uint32_t id)
{
	struct helper_msg msg = { .type = HELPER_UNNOTIFY, .notify.id = id };

	return manager_send(m, &msg, NULL, 0);
}

int manager_tell_held(struct manager *m, uint32_t count)
{
	struct helper_msg msg = { .type = HELPER_HELD, .held.count = count };

	return manager_send(m, &msg, NULL, 0);
}

static void manager_tell_stats(struct manager *m)
{
	const struct guest *g = m->guest;
	struct helper_msg msg = { .type = HELPER_STATS };

	msg.stats.epoch = g->channel.epoch;
	msg.stats.guest = guest_state(g);
	msg.stats.wakeups = m->wakeups;
	msg.stats.cpu_permille = g->stats.cpu_permille;
	msg.stats.mem_total_kib = g->stats.mem_total_kib;
	msg.stats.mem_used_kib = g->stats.mem_used_kib;
	msg.stats.disk_total = g->stats.disk_total;
	msg.stats.disk_used = g->stats.disk_used;
	for (; m->queries; m->queries--)
		(void)manager_send(m, &msg, NULL, 0); /* full: vmosd asks again when it wants to know */
	sd_event_source_set_enabled(m->stats_timer, SD_EVENT_OFF);
}

void manager_take_stats(struct manager *m)
{
	if (m->queries)
		manager_tell_stats(m);
}

void manager_fail(struct manager *m, enum helper_reason reason, const char *text)
{
	struct helper_msg msg = { .type = HELPER_FAILED };

	log_error("%s", text);
	msg.fail.reason = reason;
	snprintf(msg.fail.text, sizeof(msg.fail.text), "%s", text);
	(void)manager_send(m, &msg, NULL, 0); /* the exit code says it as well */
	sd_event_exit(m->event, (int)reason);
}

static int handle_stats_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	manager_tell_stats(userdata);
	return 0;
}

static void manager_query(struct manager *m)
{
	uint64_t now = 0;

	m->queries++;
	if (!m->guest->ready) {
		manager_tell_stats(m);
		return;
	}
	if (m->queries > 1)
		return;
	sd_event_now(m->event, CLOCK_MONOTONIC, &now);
	sd_event_source_set_time(m->stats_timer, now + STATS_WAIT_US);
	sd_event_source_set_enabled(m->stats_timer, SD_EVENT_ONESHOT);
	guest_ask_stats(m->guest);
}

/* A new vmosd: it gets what SETUP gave us, and then hears what an old one would know. */
static void manager_adopt(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_FDS, .setup = m->setup };
	const struct guest *g = m->guest;
	int fds[] = { g->region_fd, g->notify_guest, g->notify_host };

	msg.setup.epoch = g->channel.epoch;
	if (manager_send(m, &msg, fds, 3) < 0)
		log_warning("vmosd does not take its fds back");
	manager_tell_up(m);
	manager_tell_guest(m);
	requests_renew(&m->guest->requests);
	questions_renew(&m->guest->questions);
	guest_settle(m->guest);
}

static void manager_obey(struct manager *m, const struct helper_msg *msg, const int *fds)
{
	switch (msg->type) {
	case HELPER_RUN:
		guest_run(m->guest, &msg->run, fds);
		break;
	case HELPER_ANSWER:
		guest_answer(m->guest, &msg->answer);
		break;
	case HELPER_OWNER_REQ:
	case HELPER_CLOCK_REQ:
		guest_ask(m->guest, msg);
		break;
	case HELPER_NOTIFIED:
		guest_notified(m->guest, &msg->notified);
		break;
	case HELPER_SHUTDOWN:
		guest_shutdown(m->guest);
		break;
	case HELPER_RESUMED:
		guest_set_time(m->guest);
		break;
	case HELPER_QUERY:
		manager_query(m);
		break;
	case HELPER_ADOPT:
		manager_adopt(m);
		break;
	case HELPER_QUIT:
		sd_event_exit(m->event, 0);
		break;
	default:
		log_warning("vmosd sent what is not for a courier, or SETUP twice");
		break;
	}
}

/* vmosd is gone. The VM and its programs go on; a later vmosd knocks at the listener. */
static void manager_lose(struct manager *m)
{
	log_info("vmosd left, waiting for its successor");
	m->packets = sd_event_source_disable_unref(m->packets);
	close(steal_fd(&m->sock));
	m->queries = 0;
	m->tell_guest = m->tell_requests = false;
	sd_event_source_set_enabled(m->stats_timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(m->visitors, SD_EVENT_ON);
}

static void manager_receive(struct manager *m)
{
	struct helper_msg msg;
	int fds[HELPER_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(m->sock, &msg, sizeof(msg), fds, HELPER_FDS_MAX, &nfds);

	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n <= 0 && n != -EMSGSIZE) {
		manager_lose(m);
		return;
	}
	if (n < 0 || helper_check_request(&msg, (size_t)n, nfds) < 0) {
		log_warning("vmosd sent a message that is not well formed");
		fd_close_all(fds, nfds);
		return;
	}
	if (msg.type != HELPER_RUN)
		fd_close_all(fds, nfds);
	manager_obey(m, &msg, fds);
}

static int handle_packets(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;

	if (m->tell_guest && (revents & EPOLLOUT))
		manager_tell_guest(m);
	if (m->tell_requests && (revents & EPOLLOUT))
		manager_tell_requests(m);
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
		manager_receive(m);
	return 0;
}

static int manager_watch(struct manager *m)
{
	int r = sd_event_add_io(m->event, &m->packets, m->sock, EPOLLIN, handle_packets, m);

	return r < 0 ? r : 0;
}

static int handle_visitors(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;

	m->sock = fd_accept_own(fd);
	if (m->sock < 0)
		return 0;
	if (manager_watch(m) < 0) {
		close(steal_fd(&m->sock));
		return 0;
	}
	sd_event_source_set_enabled(m->visitors, SD_EVENT_OFF);
	return 0;
}

int manager_prepare(struct manager *m, sd_event *event)
{
	int r = fd_set_nonblock(m->sock, true);

	m->event = event;
	if (r >= 0)
		r = fd_set_nonblock(m->listener, true);
	if (r >= 0 && listen(m->listener, 1) < 0)
		r = -errno;
	if (r >= 0)
		r = manager_watch(m);
	if (r >= 0)
		r = sd_event_add_io(event, &m->visitors, m->listener, EPOLLIN, handle_visitors, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->visitors, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(
			event, &m->stats_timer, CLOCK_MONOTONIC, UINT64_MAX, 10000, handle_stats_timer, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->stats_timer, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

void manager_close(struct manager *m)
{
	sd_event_source_disable_unref(m->packets);
	sd_event_source_disable_unref(m->visitors);
	sd_event_source_disable_unref(m->stats_timer);
	if (m->sock >= 0)
		close(m->sock);
}
