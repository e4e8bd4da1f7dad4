/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/manager.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "tap/ask.h"
#include "tap/path.h"
#include "tap/report.h"
#include "tap/tap.h"

#define CONFIRM_US 30000000 /* in which a new vmosd must send the lists */
#define ORDERS_MAX 256 /* taken before frames have their turn again: a list is long */

int manager_receive_setup(int sock, struct tap_setup *ret_setup, int ret_fds[TAP_FDS_MAX])
{
	struct tap_msg m;
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(sock, &m, sizeof(m), ret_fds, TAP_FDS_MAX, &nfds);

	if (n < 0)
		return (int)n;
	if (tap_check_request(&m, (size_t)n, nfds) < 0 || m.type != TAP_SETUP) {
		fd_close_all(ret_fds, nfds);
		return -EBADMSG;
	}
	*ret_setup = m.setup;
	return 0;
}

bool manager_is_there(const struct tap *t)
{
	return t->manager.sock >= 0;
}

bool manager_has_room(const struct tap *t)
{
	return t->manager.sock >= 0 && !t->manager.full;
}

static void set_full(struct manager *m, bool full)
{
	if (m->full == full)
		return;
	m->full = full;
	if (m->packets)
		sd_event_source_set_io_events(m->packets, full ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

int manager_send(struct tap *t, struct tap_msg *m, int fd)
{
	int r;

	if (t->manager.sock < 0)
		return 0;
	m->nfds = fd >= 0;
	r = fd_send_packet(t->manager.sock, m, sizeof(*m), &fd, m->nfds);
	if (r == -EAGAIN)
		set_full(&t->manager, true);
	return r == -EAGAIN ? r : 0; /* an end of file is seen by reading */
}

static int pump_links(struct tap *t, struct manager_row *row, int (*report)(struct tap *t, const struct link *l))
{
	for (; row->asked; row->asked--, row->at = 0) {
		for (; row->at < TAP_LINKS_MAX; row->at++)
			if (t->links[row->at].index && report(t, &t->links[row->at]) == -EAGAIN)
				return -EAGAIN;
	}
	return 0;
}

/* The NET VM's own side comes first: place 0 of the row. */
static int pump_stats(struct tap *t)
{
	struct manager_row *row = &t->manager.stats;

	for (; row->asked; row->asked--, row->at = 0) {
		for (; row->at <= TAP_LINKS_MAX; row->at++) {
			const struct link *l = row->at ? &t->links[row->at - 1] : NULL;

			if ((!l || l->index) && report_stats(t, l) == -EAGAIN)
				return -EAGAIN;
		}
	}
	return 0;
}

static int pump_flows(struct tap *t)
{
	struct manager_row *row = &t->manager.flows;
	struct tap_msg end = { .type = TAP_FLOWS_END };

	for (; row->asked; row->asked--, row->at = 0) {
		for (; row->at < MEMORY_FLOWS; row->at++) {
			struct memory_flow *flow = &t->flows.at[row->at];

			if (flow->used && report_flow(t, flow) == -EAGAIN)
				return -EAGAIN;
		}
		if (manager_send(t, &end, -1) == -EAGAIN)
			return -EAGAIN;
	}
	return 0;
}

static int pump_questions(struct tap *t)
{
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++)
		if (t->links[i].nwaiting && ask_tell(t, &t->links[i]) == -EAGAIN)
			return -EAGAIN;
	return 0;
}

void manager_pump(struct tap *t)
{
	struct manager *m = &t->manager;

	if (m->sock < 0 || m->full)
		return;
	if (pump_links(t, &m->have, report_have) < 0 || pump_questions(t) < 0 || pump_stats(t) < 0)
		return;
	(void)pump_flows(t);
}

void manager_fail(struct tap *t, enum tap_reason reason, const char *text)
{
	struct tap_msg m = { .type = TAP_FAILED };

	log_error("%s", text);
	m.fail.reason = reason;
	snprintf(m.fail.text, sizeof(m.fail.text), "%s", text);
	(void)manager_send(t, &m, -1); /* the exit code says it as well */
	sd_event_exit(t->event, (int)reason);
}

static void take_plug(struct tap *t, struct link *l, const struct tap_link *about, int *fds)
{
	struct plug end = PLUG_NONE;

	end.ifindex = about->ifindex;
	if (!about->ifindex) {
		end.data = steal_fd(&fds[0]);
		end.control = steal_fd(&fds[1]);
	}
	if (engine_plug(t, l, &end) < 0)
		log_error("a plug cannot be used: its side is dead");
}

static void take_link(struct tap *t, const struct tap_link *about, int *fds)
{
	struct link *l = tap_add_link(t, about);

	if (l)
		take_plug(t, l, about, fds);
	else
		log_error("more than %d links", TAP_LINKS_MAX);
}

/* Without a list nothing may pass. */
static void no_list(struct tap *t, uint32_t index)
{
	log_error("no memory for a list: link %u is dead", index);
	path_hold_all(t, index);
}

static void take_list(struct tap *t, const struct tap_list *head)
{
	struct link *l = tap_link(t, head->index);
	int r = l ? link_begin_list(l, head) : 0;

	if (!l)
		log_warning("a list for a link that is not there");
	else if (r < 0)
		no_list(t, head->index);
	else if (r > 0)
		tap_take_list(t, l);
}

static void take_line(struct tap *t, const struct tap_line *line)
{
	struct link *l = tap_link(t, line->index);
	int r = l ? link_take_line(l, line) : 0;

	if (r == -ENOMEM)
		no_list(t, line->index);
	else if (r < 0)
		log_warning("a line that is not the next one of its list");
	else if (r > 0)
		tap_take_list(t, l);
}

static void manager_adopt(struct tap *t)
{
	struct tap_msg m = { .type = TAP_STATE };

	memcpy(m.setup.net, t->net, sizeof(m.setup.net));
	if (manager_send(t, &m, t->memory_fd) < 0)
		log_warning("vmosd does not take its memory back");
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++)
		t->links[i].confirmed = false;
	t->manager.have = (struct manager_row){ .asked = 1 };
	sd_event_source_set_time_relative(t->manager.confirm, CONFIRM_US);
	sd_event_source_set_enabled(t->manager.confirm, SD_EVENT_ONESHOT);
}

static void unlink_client(struct tap *t, uint32_t index)
{
	struct link *l = tap_link(t, index);

	if (l)
		tap_remove_link(t, l);
}

static void manager_obey(struct tap *t, const struct tap_msg *m, int *fds)
{
	switch (m->type) {
	case TAP_NET:
		take_plug(t, NULL, &m->link, fds);
		break;
	case TAP_LINK:
		take_link(t, &m->link, fds);
		break;
	case TAP_UNLINK:
		unlink_client(t, m->id.index);
		break;
	case TAP_LIST:
		take_list(t, &m->list);
		break;
	case TAP_LINE:
		take_line(t, &m->line);
		break;
	case TAP_ANSWER:
		ask_answer(t, &m->answer);
		break;
	case TAP_FLOWS:
		t->manager.flows.asked++;
		break;
	case TAP_QUERY:
		t->manager.stats.asked++;
		break;
	case TAP_ADOPT:
		manager_adopt(t);
		break;
	case TAP_QUIT:
		sd_event_exit(t->event, 0);
		break;
	default:
		log_warning("vmosd sent SETUP twice");
		break;
	}
}

/* vmosd is gone. What is allowed goes on; a later vmosd knocks at the listener. */
static void manager_lose(struct tap *t)
{
	struct manager *m = &t->manager;

	log_info("vmosd left, waiting for its successor");
	m->packets = sd_event_source_disable_unref(m->packets);
	close(steal_fd(&m->sock));
	m->full = false;
	m->have = m->stats = m->flows = (struct manager_row){ 0 };
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++) {
		if (!t->links[i].nwaiting)
			continue;
		ask_drop(t, &t->links[i]);
		ask_forget(&t->links[i]);
	}
	sd_event_source_set_enabled(m->confirm, SD_EVENT_OFF);
	sd_event_source_set_enabled(m->visitors, SD_EVENT_ON);
}

/* False: there is nothing more to take. */
static bool manager_receive(struct tap *t)
{
	struct tap_msg msg;
	int fds[TAP_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(t->manager.sock, &msg, sizeof(msg), fds, TAP_FDS_MAX, &nfds);

	if (n == -EAGAIN || n == -EINTR)
		return false;
	if (n <= 0 && n != -EMSGSIZE) {
		manager_lose(t);
		return false;
	}
	if (n < 0 || tap_check_request(&msg, (size_t)n, nfds) < 0)
		log_warning("vmosd sent a message that is not well formed");
	else
		manager_obey(t, &msg, fds);
	if (n > 0)
		fd_close_all(fds, nfds); /* what was taken over is -1 */
	return sd_event_get_state(t->event) != SD_EVENT_EXITING;
}

static int handle_packets(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct tap *t = userdata;

	tap_tick(t);
	if (revents & EPOLLOUT)
		set_full(&t->manager, false);
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
		for (int i = 0; i < ORDERS_MAX && t->manager.sock >= 0; i++)
			if (!manager_receive(t))
				break;
	manager_pump(t);
	return 0;
}

static int manager_watch(struct tap *t)
{
	int r = sd_event_add_io(t->event, &t->manager.packets, t->manager.sock, EPOLLIN, handle_packets, t);

	return r < 0 ? r : 0;
}

static int handle_visitors(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct tap *t = userdata;

	t->manager.sock = fd_accept_own(fd);
	if (t->manager.sock < 0)
		return 0;
	if (manager_watch(t) < 0) {
		close(steal_fd(&t->manager.sock));
		return 0;
	}
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

/* Links of which the new vmosd has not sent a list. */
static int handle_confirm(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct tap *t = userdata;

	tap_tick(t);
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++) {
		if (!t->links[i].index || t->links[i].confirmed)
			continue;
		log_warning("link %u is closed: nobody confirmed it", t->links[i].index);
		tap_remove_link(t, &t->links[i]);
	}
	return 0;
}

int manager_prepare(struct tap *t)
{
	struct manager *m = &t->manager;
	int r = fd_set_nonblock(m->sock, true);

	if (r >= 0)
		r = fd_set_nonblock(m->listener, true);
	if (r >= 0 && listen(m->listener, 1) < 0)
		r = -errno;
	if (r >= 0)
		r = manager_watch(t);
	if (r >= 0)
		r = sd_event_add_io(t->event, &m->visitors, m->listener, EPOLLIN, handle_visitors, t);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->visitors, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(t->event, &m->confirm, CLOCK_MONOTONIC, UINT64_MAX, 10000, handle_confirm, t);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->confirm, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

void manager_close(struct tap *t)
{
	sd_event_source_disable_unref(t->manager.packets);
	sd_event_source_disable_unref(t->manager.visitors);
	sd_event_source_disable_unref(t->manager.confirm);
	if (t->manager.sock >= 0)
		close(t->manager.sock);
	if (t->manager.listener >= 0)
		close(t->manager.listener);
}
