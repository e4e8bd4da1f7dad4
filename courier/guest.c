/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/guest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/now.h"
#include "courier/manager.h"
#include "courier/run.h"
#include "courier/session.h"
#include "proto/runctl.h"

/* An agent that dies again and again gets a new session only once a second: vmosd hears of each. */
#define SHORT_SESSION_US 1000000
#define SHORT_SESSIONS_MAX 8
/* Rounds of sending in one event, before the loop looks at the other fds. */
#define PUSH_ROUNDS 4

int guest_open(struct guest *g, const struct helper_setup *setup, int *fds)
{
	int r;

	g->chunk = malloc(CTL_CHUNK);
	if (!g->chunk)
		return -ENOMEM;
	g->carrier.streams = setup->carrier == HELPER_CARRIER_VSOCK;
	g->epoch = setup->epoch;
	if (g->carrier.streams)
		return connection_prepare(&g->connection, &g->carrier.stream);
	r = link_map_region(setup, fds[LINK_REGION], &g->region);
	if (r < 0)
		return r;
	g->region_fd = steal_fd(&fds[LINK_REGION]);
	g->notify_guest = steal_fd(&fds[LINK_NOTIFY_GUEST]);
	g->notify_host = steal_fd(&fds[LINK_NOTIFY_HOST]);
	g->size = setup->region_size;
	g->opened_us = now_usec(CLOCK_MONOTONIC);
	return channel_host_open(&g->carrier.channel, g->region, g->size, VMOS_ROLE_CTL, setup->epoch);
}

uint32_t guest_epoch(const struct guest *g)
{
	return g->carrier.streams ? g->epoch : carrier_epoch(&g->carrier);
}

bool guest_wants_connection(const struct guest *g)
{
	return g->carrier.streams && g->connection.fd < 0;
}

/* Wakes the guest: its doorbell, or the bytes themselves. */
static void guest_kick(struct guest *g)
{
	if (g->carrier.streams)
		connection_write(&g->connection);
	else
		fd_eventfd_kick(g->notify_guest);
}

enum helper_guest_state guest_state(const struct guest *g)
{
	if (g->ready)
		return HELPER_GUEST_READY;
	return g->hello ? HELPER_GUEST_JOINED : HELPER_GUEST_GONE;
}

int guest_refuse(struct guest *g, const char *fmt, ...)
{
	char text[HELPER_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	g->failed = true;
	manager_fail(g->manager, HELPER_REASON_PROTOCOL, text);
	return -EPROTO;
}

struct run *guest_find_run(const struct guest *g, uint32_t id)
{
	struct run *run = g->runs;

	while (run && (run->id != id || run->done))
		run = run->next;
	return run;
}

static void guest_sweep(struct guest *g)
{
	struct run **at = &g->runs;

	while (*at) {
		struct run *run = *at;

		if (!run->done) {
			at = &run->next;
			continue;
		}
		*at = run->next;
		run_free(run);
		g->nruns--;
	}
}

static void guest_lose_runs(struct guest *g)
{
	for (struct run *run = g->runs; run; run = run->next)
		run_end(run, RUNCTL_LOST, 0);
	guest_sweep(g);
}

static void guest_reopen(struct guest *g)
{
	uint32_t epoch = carrier_epoch(&g->carrier) + 1 ? carrier_epoch(&g->carrier) + 1 : 1;

	if (g->carrier.streams) {
		manager_tell_connect(g->manager);
		return;
	}
	g->opened_us = now_usec(CLOCK_MONOTONIC);
	if (channel_host_open(&g->carrier.channel, g->region, g->size, VMOS_ROLE_CTL, epoch) < 0)
		log_error("cannot open the next session"); /* cannot be: the same call succeeded at the start */
	guest_kick(g);
}

/* By vsock a session ends with its connection. */
static void guest_hang_up(struct guest *g)
{
	if (!g->carrier.streams)
		return;
	connection_drop(&g->connection);
	g->epoch = g->epoch + 1 ? g->epoch + 1 : 1;
}

void guest_connect(struct guest *g, int fd)
{
	if (!guest_wants_connection(g) || g->failed) {
		log_warning("vmosd made a connection that nobody waits for");
		close(fd);
		return;
	}
	g->opened_us = now_usec(CLOCK_MONOTONIC);
	if (connection_open(&g->connection, g, fd, g->epoch) < 0)
		manager_fail(g->manager, HELPER_REASON_INTERNAL, "the connection to the guest cannot be watched");
}

static int handle_reopen(sd_event_source *source, uint64_t usec, void *userdata)
{
	guest_reopen(userdata);
	return 0;
}

/* The agent left: its programs are gone with it. The next session is opened at once, unless sessions are short. */
static void guest_end_session(struct guest *g)
{
	bool was_known = g->hello;
	uint64_t now = now_usec(CLOCK_MONOTONIC);

	log_info("the agent left");
	guest_hang_up(g);
	guest_lose_runs(g);
	requests_end_session(&g->requests);
	questions_end_session(&g->questions);
	apps_end_session(&g->apps);
	notifications_end_session(&g->notifications);
	g->hello = g->ready = g->bye = false;
	g->features = 0;
	g->send_time = g->send_shutdown = g->send_stats_req = false;
	g->stats = (struct ctl_stats){ 0 };
	g->short_sessions = now - g->opened_us < SHORT_SESSION_US ? g->short_sessions + 1 : 0;
	if (was_known)
		manager_tell_guest(g->manager);
	if (g->short_sessions > SHORT_SESSIONS_MAX) {
		loop_timer_set(g->reopen, now + SHORT_SESSION_US);
		return;
	}
	guest_reopen(g);
}

static void guest_refuse_carrier(struct guest *g)
{
	if (!g->carrier.streams)
		guest_refuse(g, "the agent's ring index is impossible");
	else if (g->carrier.stream.foreign)
		guest_refuse(g, "the agent speaks another version of the stream: build the template anew");
	else
		guest_refuse(g, "the agent's stream is not well formed");
}

/* Takes at most a batch. True: there may be more. */
static bool guest_take(struct guest *g)
{
	struct msg m;
	int r = 0, n;

	for (n = 0; n < CHANNEL_BATCH && !g->failed; n++) {
		r = carrier_recv(&g->carrier, &m);
		if (r <= 0)
			break;
		session_take(g, &m);
	}
	if (r < 0)
		guest_refuse_carrier(g);
	if (g->failed)
		return false;
	if (carrier_recv_done(&g->carrier))
		guest_kick(g);
	return n == CHANNEL_BATCH;
}

/* Sessions, then messages, then sleep or another turn after the other fds had theirs. */
void guest_turn(struct guest *g)
{
	enum channel_state state;

	if (g->failed)
		return;
	state = carrier_poll(&g->carrier);
	if (state == CHANNEL_ENDED && sd_event_source_get_enabled(g->reopen, NULL) <= 0)
		guest_end_session(g);
	if (state == CHANNEL_JOINED && (guest_take(g) || !carrier_arm(&g->carrier)))
		sd_event_source_set_enabled(g->again, g->failed ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	guest_settle(g);
}

static int handle_doorbell(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	fd_eventfd_take(fd);
	guest_turn(userdata);
	return 0;
}

static int handle_again(sd_event_source *source, void *userdata)
{
	guest_turn(userdata);
	return 0;
}

int guest_handle_due(sd_event_source *source, uint64_t usec, void *userdata)
{
	guest_settle(userdata);
	return 0;
}

int guest_prepare(struct guest *g, sd_event *event)
{
	int r = 0;

	g->event = event;
	g->questions.guest = g;
	if (!g->carrier.streams)
		r = sd_event_add_io(event, &g->doorbell, g->notify_host, EPOLLIN, handle_doorbell, g);
	if (r >= 0 && g->doorbell)
		r = sd_event_source_set_enabled(g->doorbell, SD_EVENT_OFF);
	if (r >= 0)
		r = requests_prepare(&g->requests, g, event);
	if (r >= 0)
		r = apps_prepare(&g->apps, g, event);
	if (r >= 0)
		r = notifications_prepare(&g->notifications, g, event);
	if (r >= 0)
		r = sd_event_add_defer(event, &g->again, handle_again, g);
	if (r >= 0)
		r = sd_event_source_set_enabled(g->again, SD_EVENT_OFF);
	if (r >= 0)
		r = loop_timer(event, &g->reopen, 0, handle_reopen, g);
	return r < 0 ? r : 0;
}

int guest_start(struct guest *g)
{
	int r;

	if (g->carrier.streams) {
		manager_tell_connect(g->manager);
		return 0;
	}
	r = sd_event_source_set_enabled(g->doorbell, SD_EVENT_ON);
	guest_kick(g);
	return r < 0 ? r : 0;
}

void guest_close(struct guest *g)
{
	guest_lose_runs(g);
	if (g->region) {
		channel_host_close(&g->carrier.channel);
		guest_kick(g);
	}
	connection_close(&g->connection);
	requests_close(&g->requests);
	apps_close(&g->apps);
	notifications_close(&g->notifications);
	sd_event_source_disable_unref(g->doorbell);
	sd_event_source_disable_unref(g->again);
	sd_event_source_disable_unref(g->reopen);
	free(g->chunk);
}

static int guest_check_run(const struct guest *g)
{
	if (!g->ready || g->bye)
		return -ENOTCONN;
	return g->nruns < CTL_RUNS_MAX ? 0 : -EBUSY;
}

/* Answers a command whose run never came to be. */
static void guest_refuse_run(int control, int error)
{
	struct runctl m = { .type = error == -ENOTCONN ? RUNCTL_LOST : RUNCTL_EXIT };

	m.a = error == -ENOTCONN ? 0 : error;
	(void)fd_send_packet(control, &m, sizeof(m), NULL, 0);
}

void guest_run(struct guest *g, const struct helper_run *req, const int *fds)
{
	unsigned n = run_fds(req->flags);
	int own[HELPER_FDS_MAX];
	struct run *run;
	int r = guest_check_run(g);

	memcpy(own, fds, n * sizeof(*own));
	if (r < 0) {
		guest_refuse_run(own[4], r);
		fd_close_all(own, n);
		return;
	}
	r = run_new(g, req, own, &run);
	if (r < 0) {
		log_warning("a request to run a program was refused: %s", strerror(-r));
		return;
	}
	while (guest_find_run(g, run->id)) /* a new vmosd counts from the beginning */
		run->id = run->id + 1 ? run->id + 1 : 1;
	run->next = g->runs;
	g->runs = run;
	g->nruns++;
	guest_settle(g);
}

void guest_answer(struct guest *g, const struct helper_answer *answer)
{
	requests_answer(&g->requests, answer);
	guest_settle(g);
}

void guest_ask(struct guest *g, const struct helper_msg *req)
{
	questions_ask(&g->questions, req);
	guest_settle(g);
}

void guest_notified(struct guest *g, const struct helper_notified *m)
{
	notifications_ended(&g->notifications, m);
	guest_settle(g);
}

void guest_shutdown(struct guest *g)
{
	g->send_shutdown = g->hello;
	guest_settle(g);
}

void guest_set_time(struct guest *g)
{
	g->send_time = g->ready;
	guest_settle(g);
}

void guest_ask_stats(struct guest *g)
{
	g->send_stats_req = g->ready;
	guest_settle(g);
}

int guest_send(struct guest *g, const struct ctl_msg *m)
{
	struct msg raw;
	int r = ctl_encode(m, &raw);

	if (!r)
		r = carrier_send(&g->carrier, &raw);
	if (r == -EBADMSG && !g->failed && g->carrier.streams)
		guest_refuse_carrier(g);
	else if (r == -EBADMSG && !g->failed)
		guest_refuse(g, "the agent claims to have taken what was not sent");
	return r;
}

int guest_send_blob(struct guest *g, struct ctl_msg *m, struct blob_ref *ref, const void *data, size_t len)
{
	int r = carrier_reserve(&g->carrier, data, len, ref);

	return r < 0 ? r : guest_send(g, m);
}

size_t guest_room(struct guest *g)
{
	return carrier_room(&g->carrier);
}

static int guest_push_flag(struct guest *g, bool *flag, struct ctl_msg *m)
{
	int r = *flag ? guest_send(g, m) : 0;

	if (!r)
		*flag = false;
	return r;
}

/* Sends what waits. True: something still does, for want of room. */
static bool guest_push(struct guest *g)
{
	struct ctl_msg time_msg = { .head.type = CTL_TIME };
	struct ctl_msg stats_msg = { .head.type = CTL_STATS_REQ };
	struct ctl_msg shutdown_msg = { .head.type = CTL_SHUTDOWN };
	bool blocked = false;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	time_msg.time.realtime_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	blocked |= guest_push_flag(g, &g->send_time, &time_msg) == -EAGAIN;
	blocked |= guest_push_flag(g, &g->send_stats_req, &stats_msg) == -EAGAIN;
	blocked |= guest_push_flag(g, &g->send_shutdown, &shutdown_msg) == -EAGAIN;
	blocked |= requests_push(&g->requests) == -EAGAIN;
	blocked |= questions_push(&g->questions) == -EAGAIN;
	blocked |= apps_push(&g->apps) == -EAGAIN;
	blocked |= notifications_push(&g->notifications) == -EAGAIN;
	for (struct run *run = g->runs; run; run = run->next)
		blocked |= run_push(run) == -EAGAIN;
	return blocked;
}

void guest_settle(struct guest *g)
{
	bool blocked = true;

	for (int i = 0; i < PUSH_ROUNDS && blocked; i++) {
		if (g->failed || !carrier_is_joined(&g->carrier))
			break;
		blocked = guest_push(g);
		if (carrier_flush(&g->carrier))
			guest_kick(g);
		if (!carrier_want(&g->carrier, blocked))
			break; /* the guest rings when it has taken something, or the socket has room */
		if (blocked && i == PUSH_ROUNDS - 1)
			sd_event_source_set_enabled(g->again, SD_EVENT_ONESHOT);
	}
	manager_tell_requests(g->manager);
	guest_sweep(g);
}
