/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host says on the ctl channel, and what that does. */
#include "agent/ctl/agent.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "agent/ctl/apps.h"
#include "agent/ctl/asks.h"
#include "agent/ctl/clock.h"
#include "agent/ctl/notify.h"
#include "agent/ctl/owner.h"
#include "agent/ctl/run.h"
#include "base/log.h"

static struct agent *agent_of(struct link *l)
{
	return (struct agent *)((char *)l - offsetof(struct agent, link));
}

void agent_send(struct agent *a, const struct ctl_msg *c)
{
	struct msg m;
	int r = ctl_encode(c, &m);

	if (r == 0)
		r = link_send(&a->link, &m);
	if (r < 0 && r != -ENOTCONN)
		log_warning("Could not send %s: %s", ctl_type_name(c->head.type), strerror(-r));
}

static void session_send_ready(struct agent *a)
{
	struct ctl_msg c = { .head.type = CTL_READY };
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	c.ready.boot_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	agent_send(a, &c);
	asks_push(a->asks);
}

void session_set_ready(struct agent *a)
{
	a->ready = true;
	session_send_ready(a);
}

static void handle_joined(struct link *l)
{
	struct agent *a = agent_of(l);
	struct ctl_msg c = { .head.type = CTL_HELLO,
		.hello = { .version = CTL_VERSION,
			.gos = CTL_GOS_LINUX,
			.features = CTL_FEATURE_OWNER | CTL_FEATURE_CLOCK | CTL_FEATURE_NOTIFY |
				(apps_are_known() ? CTL_FEATURE_APPS : 0) |
				(l->carrier.streams ? 0 : CTL_FEATURE_RELAY) } }; /* areas of a relay are a region's */

	agent_send(a, &c);
	if (a->ready)
		session_send_ready(a);
}

static void handle_ended(struct link *l)
{
	run_drop_all(agent_of(l));
	asks_end_session(agent_of(l)->asks);
	clock_end_session();
	apps_end_session();
	notify_end_session();
}

static void handle_room(struct link *l)
{
	run_room(agent_of(l));
	asks_push(agent_of(l)->asks);
	apps_push();
	notify_push();
}

static void session_stats(struct agent *a)
{
	struct ctl_msg c = { .head.type = CTL_STATS };

	system_stats(&a->cpu, &c.stats);
	agent_send(a, &c);
}

static int session_run(struct agent *a, const struct ctl_run *req)
{
	int r = carrier_blob(&a->link.carrier, req->blob, a->args, sizeof(a->args));

	if (r == 0)
		run_start(a, req);
	return r;
}

static int session_stdio(struct agent *a, const struct ctl_stdio *io)
{
	struct run *run = run_find(a, io->id);
	int r = carrier_blob(&a->link.carrier, io->blob, a->chunk, sizeof(a->chunk));

	return r < 0 || !run ? r : run_take_input(run, a->chunk, io->blob.len);
}

static void session_to_run(struct agent *a, const struct ctl_msg *c)
{
	/* each body begins with the run's id */
	struct run *run = run_find(a, c->eof.id);

	if (!run)
		return; /* it ended while the message was under way */
	if (c->head.type == CTL_EOF && c->eof.fd == 0)
		run_take_eof(run);
	else if (c->head.type == CTL_CREDIT)
		run_take_credit(run, c->credit.fd, c->credit.bytes);
	else if (c->head.type == CTL_WINCH)
		run_winch(run, c->winch.rows, c->winch.cols);
	else if (c->head.type == CTL_SIGNAL)
		run_signal(run, (int)c->signal.signo);
}

static void session_owner(struct agent *a, const struct ctl_owner_req *req)
{
	struct ctl_msg c = { .head.type = CTL_OWNER, .owner = { .id = req->id } };

	owner_find(req->proto, req->port, c.owner.name);
	agent_send(a, &c);
}

static int session_power_off(void)
{
	log_info("The host asks for shutdown");
	return system_power_off();
}

static int handle_message(struct link *l, const struct msg *m)
{
	struct agent *a = agent_of(l);
	struct ctl_msg c;
	int r = ctl_decode_host(m, &c);

	if (r < 0)
		return r;
	switch (c.head.type) {
	case CTL_RUN:
		return session_run(a, &c.run);
	case CTL_STDIO:
		return session_stdio(a, &c.stdio);
	case CTL_TIME:
		return system_set_time(c.time.realtime_ns);
	case CTL_ANSWER:
		asks_answer(a->asks, &c.answer);
		return 0;
	case CTL_OWNER_REQ:
		session_owner(a, &c.owner_req);
		return 0;
	case CTL_CLOCK_REQ:
		clock_ask(a, &c.clock_req);
		return 0;
	case CTL_APPS_REQ:
		apps_wanted(a);
		return 0;
	case CTL_NOTIFY_REQ:
		notify_wanted();
		return 0;
	case CTL_NOTIFIED:
		notify_ended(&c.notified);
		return 0;
	case CTL_SHUTDOWN:
		return session_power_off();
	case CTL_STATS_REQ:
		session_stats(a);
		return 0;
	case CTL_PING:
		c.head.type = CTL_PONG;
		agent_send(a, &c);
		return 0;
	default:
		session_to_run(a, &c);
		return 0;
	}
}

const struct link_ops session_link_ops = {
	.joined = handle_joined,
	.ended = handle_ended,
	.message = handle_message,
	.room = handle_room,
};
