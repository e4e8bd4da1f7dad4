/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/manager.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/loop.h"
#include "courier/guest.h"

/* How long a QUERY waits for fresh numbers of the guest. */
#define STATS_WAIT_US 300000

/* Watches for room while a report waits for it. */
static void manager_watch_room(struct manager *m)
{
	link_want_room(&m->link, m->tell_guest || m->tell_requests || m->tell_connect);
}

void manager_tell_guest(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_GUEST };

	msg.guest.state = guest_state(m->guest);
	msg.guest.epoch = guest_epoch(m->guest);
	msg.guest.boot_ns = m->guest->ready ? m->guest->boot_ns : 0;
	m->tell_guest = link_send(&m->link, &msg, NULL, 0) == -EAGAIN;
	manager_watch_room(m);
}

void manager_tell_connect(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_CONNECT };

	m->tell_connect = guest_wants_connection(m->guest) && link_send(&m->link, &msg, NULL, 0) == -EAGAIN;
	manager_watch_room(m);
}

void manager_tell_requests(struct manager *m)
{
	bool waited = m->tell_requests;

	m->tell_requests = m->link.sock >= 0 &&
		(requests_report(&m->guest->requests, m) == -EAGAIN ||
			questions_report(&m->guest->questions, m) == -EAGAIN ||
			apps_report(&m->guest->apps, m) == -EAGAIN ||
			notifications_report(&m->guest->notifications, m) == -EAGAIN);
	if (m->tell_requests != waited)
		manager_watch_room(m);
}

int manager_tell_request(struct manager *m, const struct helper_request *request, int args)
{
	struct helper_msg msg = { .type = HELPER_REQUEST, .request = *request };

	return link_send(&m->link, &msg, &args, 1);
}

int manager_tell_cancel(struct manager *m, uint32_t id)
{
	struct helper_msg msg = { .type = HELPER_CANCEL, .cancel.id = id };

	return link_send(&m->link, &msg, NULL, 0);
}

int manager_tell_answer(struct manager *m, struct helper_msg *answer)
{
	return link_send(&m->link, answer, NULL, 0);
}

int manager_tell_apps(struct manager *m, uint32_t count, int fd)
{
	struct helper_msg msg = { .type = HELPER_APPS, .apps.count = count };

	return link_send(&m->link, &msg, &fd, count > 0);
}

int manager_tell_notify(struct manager *m, const struct helper_notify *notify, int fd)
{
	struct helper_msg msg = { .type = HELPER_NOTIFY, .notify = *notify };

	return link_send(&m->link, &msg, &fd, 1);
}

int manager_tell_unnotify(struct manager *m, uint32_t id)
{
	struct helper_msg msg = { .type = HELPER_UNNOTIFY, .notify.id = id };

	return link_send(&m->link, &msg, NULL, 0);
}

int manager_tell_held(struct manager *m, uint32_t count)
{
	struct helper_msg msg = { .type = HELPER_HELD, .held.count = count };

	return link_send(&m->link, &msg, NULL, 0);
}

static void manager_tell_stats(struct manager *m)
{
	const struct guest *g = m->guest;
	struct helper_msg msg = { .type = HELPER_STATS };

	msg.stats.epoch = guest_epoch(g);
	msg.stats.guest = guest_state(g);
	msg.stats.wakeups = m->wakeups;
	msg.stats.cpu_permille = g->stats.cpu_permille;
	msg.stats.mem_total_kib = g->stats.mem_total_kib;
	msg.stats.mem_used_kib = g->stats.mem_used_kib;
	msg.stats.disk_total = g->stats.disk_total;
	msg.stats.disk_used = g->stats.disk_used;
	for (; m->queries; m->queries--)
		link_tell(&m->link, &msg);
	sd_event_source_set_enabled(m->stats_timer, SD_EVENT_OFF);
}

void manager_take_stats(struct manager *m)
{
	if (m->queries)
		manager_tell_stats(m);
}

void manager_fail(struct manager *m, enum helper_reason reason, const char *text)
{
	link_tell_failed(&m->link, reason, text);
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
	loop_timer_set(m->stats_timer, now + STATS_WAIT_US);
	guest_ask_stats(m->guest);
}

/* A new vmosd: it gets what SETUP gave us, and then hears what an old one would know. */
static void manager_adopt(struct manager *m)
{
	const struct guest *g = m->guest;

	link_give_back(&m->link, guest_epoch(g), (int[]){ g->region_fd, g->notify_guest, g->notify_host });
	manager_tell_guest(m);
	manager_tell_connect(m);
	requests_renew(&m->guest->requests);
	questions_renew(&m->guest->questions);
	guest_settle(m->guest);
}

static void manager_obey(void *data, const struct helper_msg *msg, int *fds)
{
	struct manager *m = data;

	switch (msg->type) {
	case HELPER_RUN:
		guest_run(m->guest, &msg->run, fds);
		memset(fds, -1, msg->nfds * sizeof(*fds)); /* taken over */
		break;
	case HELPER_ANSWER:
		guest_answer(m->guest, &msg->answer);
		break;
	case HELPER_OWNER_REQ:
	case HELPER_CLOCK_REQ:
		guest_ask(m->guest, msg);
		break;
	case HELPER_CONNECTION:
		guest_connect(m->guest, steal_fd(&fds[0]));
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

static void manager_lose(void *data)
{
	struct manager *m = data;

	m->queries = 0;
	m->tell_guest = m->tell_requests = m->tell_connect = false;
	sd_event_source_set_enabled(m->stats_timer, SD_EVENT_OFF);
}

static void manager_go_on(void *data)
{
	struct manager *m = data;

	if (m->tell_guest)
		manager_tell_guest(m);
	if (m->tell_connect)
		manager_tell_connect(m);
	if (m->tell_requests)
		manager_tell_requests(m);
}

int manager_prepare(struct manager *m, sd_event *event)
{
	int r = loop_timer(event, &m->stats_timer, 10000, handle_stats_timer, m);

	m->event = event;
	m->link.obey = manager_obey;
	m->link.lost = manager_lose;
	m->link.room = manager_go_on;
	m->link.data = m;
	return r < 0 ? r : link_watch(&m->link, event);
}

void manager_close(struct manager *m)
{
	sd_event_source_disable_unref(m->stats_timer);
	link_unwatch(&m->link);
	link_close(&m->link);
}
