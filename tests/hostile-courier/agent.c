/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile-courier/agent.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/ctl.h"

/* Of a stream: writes what is pending, as far as there is room. */
static void agent_kick(struct agent *a)
{
	const uint8_t *from;
	ssize_t n = 1;
	size_t len;

	if (!a->courier->streams) {
		fd_eventfd_kick(a->courier->notify_host);
		return;
	}
	while (n > 0 && (len = vstream_pending(&a->carrier.stream, &from)) > 0) {
		n = write(a->fd, from, len);
		if (n > 0)
			vstream_written(&a->carrier.stream, (size_t)n);
	}
}

/* Takes the connection that the courier has, and reads what has come. */
static void agent_read(struct agent *a)
{
	static uint8_t memory[VSTREAM_MEMORY];
	uint8_t *to;
	size_t space;
	ssize_t n;

	if (a->fd < 0) {
		a->fd = atomic_exchange(&a->courier->peer, -1);
		if (a->fd < 0)
			return;
		vstream_open(&a->carrier.stream, memory, false, 0);
	}
	space = vstream_space(&a->carrier.stream, &to);
	n = space ? read(a->fd, to, space) : -1;
	if (n > 0)
		vstream_filled(&a->carrier.stream, (size_t)n);
	else if (n == 0)
		vstream_end(&a->carrier.stream);
}

static void agent_hang_up(struct agent *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	a->joined = false;
	a->carrier.stream = (struct vstream){ 0 };
}

static int agent_send(struct agent *a, const struct ctl_msg *m)
{
	struct msg raw;

	CHECK(!ctl_encode(m, &raw));
	return carrier_send(&a->carrier, &raw);
}

/* What must not be lost waits for room by looking again: a test may. */
static void agent_must_send(struct agent *a, const struct ctl_msg *m)
{
	while (agent_send(a, m) == -EAGAIN) {
		if (carrier_flush(&a->carrier))
			agent_kick(a);
		poll(NULL, 0, 1);
	}
}

static void agent_say(struct agent *a, uint16_t type, uint32_t id, int32_t value)
{
	struct ctl_msg m = { .head.type = type };

	if (type == CTL_EXIT)
		m.exit = (struct ctl_exit){ .id = id, .status = value };
	else if (type == CTL_EOF)
		m.eof = (struct ctl_eof){ .id = id, .fd = (uint8_t)value };
	else if (type == CTL_STATS)
		m.stats = (struct ctl_stats){ .cpu_permille = 7, .mem_total_kib = 9, .mem_used_kib = 8 };
	agent_must_send(a, &m);
}

static void agent_start_run(struct agent *a, const struct ctl_run *req)
{
	uint32_t joins = atomic_load(&a->joins);
	struct ctl_msg m = { .head.type = CTL_STARTED,
		.started = { .id = req->id, .pid = 42, .relay = joins ? joins : req->relay } };

	atomic_store(&a->relay, req->relay);
	atomic_store(&a->area, req->area);
	agent_must_send(a, &m);
}

static struct agent_run *agent_find(struct agent *a, uint32_t id)
{
	for (int i = 0; i < AGENT_RUNS; i++)
		if (a->runs[i].id == id)
			return &a->runs[i];
	return NULL;
}

static void agent_end_run(struct agent *a, struct agent_run *r, int32_t status)
{
	agent_say(a, CTL_EOF, r->id, 1);
	agent_say(a, CTL_EOF, r->id, 2);
	agent_say(a, CTL_EXIT, r->id, status);
	free(r->queue);
	memset(r, 0, sizeof(*r));
}

/* Sends @len bytes as output; returns those that found room. */
static uint32_t agent_output(struct agent *a, struct agent_run *r, const uint8_t *data, uint32_t len)
{
	struct ctl_msg m = { .head.type = CTL_STDIO, .stdio = { .id = r->id, .fd = r->fd } };
	size_t room = carrier_room(&a->carrier);

	len = len < r->window ? len : r->window;
	len = len < CTL_CHUNK ? len : CTL_CHUNK;
	len = len < room ? len : (uint32_t)room;
	if (!len || carrier_reserve(&a->carrier, data, len, &m.stdio.blob) < 0)
		return 0;
	if (agent_send(a, &m) < 0)
		return 0; /* the courier ended the session */
	r->window -= len;
	return len;
}

static void agent_credit(struct agent *a, uint32_t id, uint32_t bytes)
{
	struct ctl_msg m = { .head.type = CTL_CREDIT, .credit = { .id = id, .fd = 0, .bytes = bytes } };

	agent_must_send(a, &m);
}

static void agent_pump_fill(struct agent *a, struct agent_run *r)
{
	static uint8_t data[CTL_CHUNK];
	uint32_t n = 1;

	while (r->fill_left && n) {
		uint32_t want = r->fill_left < CTL_CHUNK ? (uint32_t)r->fill_left : CTL_CHUNK;

		memset(data, r->seed, want);
		n = agent_output(a, r, data, want);
		r->fill_left -= n;
		r->seed += n ? 1 : 0;
	}
	if (!r->fill_left)
		agent_end_run(a, r, 0);
}

static void agent_pump_cat(struct agent *a, struct agent_run *r)
{
	while (r->len) {
		uint32_t first = CTL_WINDOW - r->at < r->len ? CTL_WINDOW - r->at : r->len;
		uint32_t n = r->is_sink ? first : agent_output(a, r, r->queue + r->at, first);

		if (!n)
			return;
		atomic_fetch_add(&a->swallowed, r->is_sink ? n : 0);
		r->at = (r->at + n) % CTL_WINDOW;
		r->len -= n;
		agent_credit(a, r->id, n);
	}
	if (r->in_eof)
		agent_end_run(a, r, 0);
}

static void agent_pump(struct agent *a)
{
	for (int i = 0; i < AGENT_RUNS; i++) {
		struct agent_run *r = &a->runs[i];

		if (r->id && r->is_fill)
			agent_pump_fill(a, r);
		else if (r->id && !r->is_wait)
			agent_pump_cat(a, r);
	}
}

static void agent_overrun(struct agent *a, struct agent_run *r)
{
	static uint8_t data[CTL_CHUNK];

	r->overruns = true;
	for (int i = 0; i < 200; i++) {
		r->window = CTL_WINDOW;
		agent_output(a, r, data, CTL_CHUNK);
		if (carrier_flush(&a->carrier))
			agent_kick(a);
	}
}

static void agent_leave(struct agent *a)
{
	struct vmos_idx *own;

	for (int i = 0; i < AGENT_RUNS; i++)
		free(a->runs[i].queue);
	memset(a->runs, 0, sizeof(a->runs));
	if (a->courier->streams) {
		agent_hang_up(a);
		return;
	}
	own = (struct vmos_idx *)(void *)(a->carrier.channel.base + VMOS_HDR_GUEST_OFF);
	a->carrier.channel.state = CHANNEL_ENDED;
	__atomic_store_n(&own->epoch, 0, __ATOMIC_RELEASE);
	agent_kick(a);
}

/* Says bytes given in hex. */
static void agent_say_word(struct agent *a, struct agent_run *r, const char *hex)
{
	uint8_t word[512];
	uint32_t len = 0;

	for (; hex[0] && hex[1] && len < sizeof(word); hex += 2) {
		char digits[3] = { hex[0], hex[1], 0 };

		word[len++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	CHECK(agent_output(a, r, word, len) == len);
}

static void agent_ask(struct agent *a, char *const *strv)
{
	struct ctl_msg m = { .head.type = CTL_REQUEST };
	uint8_t blob[4096];
	int len = ctl_args_encode(strv + 3, NULL, blob, sizeof(blob));

	CHECK(len > 0);
	m.request = (struct ctl_request){ .id = (uint32_t)strtoul(strv[1], NULL, 10),
		.kind = (uint8_t)strtoul(strv[2], NULL, 10),
		.files = 1,
		.bytes = 1000 };
	CHECK(!carrier_reserve(&a->carrier, blob, (size_t)len, &m.request.blob));
	agent_must_send(a, &m);
}

static void agent_cancel(struct agent *a, char *const *strv)
{
	struct ctl_msg m = { .head.type = CTL_CANCEL, .cancel.id = (uint32_t)strtoul(strv[1], NULL, 10) };

	agent_must_send(a, &m);
}

static void agent_own(struct agent *a, const struct ctl_owner_req *req)
{
	struct ctl_msg m = { .head.type = CTL_OWNER, .owner.id = req->id };

	CHECK(!atomic_load(&a->is_old));
	if (req->port == 443)
		snprintf(m.owner.name, sizeof(m.owner.name), "curl");
	if (req->port != AGENT_SILENT)
		agent_must_send(a, &m);
}

/* Of three servers it says something: of "right" the time, of "slow" that of an hour ago, of "twice" the time, and again. */
static void agent_clock(struct agent *a, const struct ctl_clock_req *req)
{
	struct ctl_msg m = { .head.type = CTL_CLOCK, .clock = { .id = req->id, .status = CTL_CLOCK_NO_NAME } };
	struct timespec now;

	CHECK(!atomic_load(&a->is_old));
	if (!strcmp(req->server, "silent"))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (!strcmp(req->server, "right") || !strcmp(req->server, "slow") || !strcmp(req->server, "twice"))
		m.clock = (struct ctl_clock){ .id = req->id, .error_us = 20 };
	if (m.clock.status == CTL_CLOCK_OK)
		m.clock.realtime_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec -
			(req->server[0] == 's' ? 3600 * 1000000000ull : 0);
	agent_must_send(a, &m);
	if (req->server[0] == 't')
		agent_must_send(a, &m);
}

static void agent_run(struct agent *a, const struct ctl_run *req)
{
	static uint8_t blob[CTL_ARGS_MAX];
	char *strv[64];
	uint16_t argc, envc;
	struct agent_run *r = agent_find(a, 0);

	CHECK(r && !carrier_blob(&a->carrier, req->blob, blob, sizeof(blob)));
	CHECK(!ctl_args_check(blob, req->blob.len, &argc, &envc) && argc + envc < 60);
	ctl_args_fill(blob, argc, envc, strv);
	if (!strcmp(strv[0], "nosuch")) {
		agent_say(a, CTL_EXIT, req->id, -ENOENT);
		return;
	}
	if (!strcmp(strv[0], "leave")) {
		agent_leave(a);
		return;
	}
	if (!strcmp(strv[0], "own"))
		agent_own(a, &(struct ctl_owner_req){ .id = 12345, .port = 443 });
	if (!strcmp(strv[0], "clock"))
		agent_clock(a, &(struct ctl_clock_req){ .id = 12345, .server = "right" });
	if (!strncmp(strv[0], "apps ", 5))
		agent_apps(a, strv[0] + 5);
	if (!strncmp(strv[0], "notify ", 7))
		agent_notify(a, strv[0] + 7);
	*r = (struct agent_run){ .id = req->id, .window = CTL_WINDOW, .fd = 1 };
	agent_start_run(a, req);
	r->is_fill = !strcmp(strv[0], "fill");
	r->fill_left = r->is_fill ? strtoull(strv[1], NULL, 10) : 0;
	r->is_wait = !strcmp(strv[0], "wait");
	r->is_sink = !strcmp(strv[0], "receive");
	if (r->is_sink)
		agent_say_word(a, r, strv[1]);
	if (!strcmp(strv[0], "cat2"))
		r->fd = 2;
	if (!strcmp(strv[0], "ask"))
		agent_ask(a, strv);
	if (!strcmp(strv[0], "cancel"))
		agent_cancel(a, strv);
	if (!strcmp(strv[0], "exit"))
		agent_end_run(a, r, (int32_t)strtol(strv[1], NULL, 10));
	else if (!strcmp(strv[0], "ask") || !strcmp(strv[0], "cancel"))
		agent_end_run(a, r, 0);
	else if (!strcmp(strv[0], "overrun"))
		agent_overrun(a, r);
	else
		r->queue = malloc(CTL_WINDOW);
}

static void agent_take_stdin(struct agent *a, const struct ctl_stdio *m)
{
	static uint8_t data[CTL_CHUNK];
	struct agent_run *r = agent_find(a, m->id);

	if (!r)
		return;
	CHECK(!carrier_blob(&a->carrier, m->blob, data, sizeof(data)));
	CHECK(m->blob.len <= CTL_WINDOW - r->len);
	for (uint32_t i = 0; i < m->blob.len; i++)
		r->queue[(r->at + r->len + i) % CTL_WINDOW] = data[i];
	r->len += m->blob.len;
}

static void agent_signal(struct agent *a, const struct ctl_signal *m)
{
	struct agent_run *r = agent_find(a, m->id);

	atomic_store(&a->last_signal, (int)m->signo);
	if (r)
		agent_end_run(a, r, 256 + (int32_t)m->signo);
}

static void agent_take(struct agent *a, const struct msg *raw)
{
	struct ctl_msg m;
	struct agent_run *r;

	CHECK(!ctl_decode_host(raw, &m));
	if (m.head.type == CTL_RUN) {
		agent_run(a, &m.run);
	} else if (m.head.type == CTL_STDIO) {
		agent_take_stdin(a, &m.stdio);
	} else if (m.head.type == CTL_EOF) {
		r = agent_find(a, m.eof.id);
		if (r)
			r->in_eof = true;
	} else if (m.head.type == CTL_CREDIT) {
		r = agent_find(a, m.credit.id);
		if (r)
			r->window += m.credit.bytes;
		CHECK(!r || r->overruns || r->window <= CTL_WINDOW);
	} else if (m.head.type == CTL_SIGNAL) {
		agent_signal(a, &m.signal);
	} else if (m.head.type == CTL_TIME) {
		atomic_store(&a->got_time, m.time.realtime_ns);
	} else if (m.head.type == CTL_ANSWER) {
		atomic_store(&a->reasons[m.answer.id % AGENT_ASKED], m.answer.reason);
		atomic_store(&a->answers[m.answer.id % AGENT_ASKED], m.answer.status);
	} else if (m.head.type == CTL_OWNER_REQ) {
		agent_own(a, &m.owner_req);
	} else if (m.head.type == CTL_CLOCK_REQ) {
		agent_clock(a, &m.clock_req);
	} else if (m.head.type == CTL_APPS_REQ) {
		agent_apps(a, "3");
	} else if (m.head.type == CTL_NOTIFIED) {
		atomic_store(&a->ended[m.notified.id % AGENT_ASKED], m.notified.how);
	} else if (m.head.type == CTL_STATS_REQ) {
		agent_say(a, CTL_STATS, 0, 0);
	}
}

static bool agent_join(struct agent *a)
{
	struct ctl_msg hello = { .head.type = CTL_HELLO, .hello = { .version = a->version, .gos = CTL_GOS_LINUX } };
	struct ctl_msg ready = { .head.type = CTL_READY, .ready = { .boot_ns = 123456789 } };

	hello.hello.features = atomic_load(&a->is_old)
		? 0
		: CTL_FEATURE_OWNER | CTL_FEATURE_CLOCK | CTL_FEATURE_APPS | CTL_FEATURE_NOTIFY | CTL_FEATURE_RELAY;
	if (a->joined ||
		(!a->courier->streams &&
			channel_guest_join(&a->carrier.channel, a->courier->region, VMOS_CTL_REGION, VMOS_ROLE_CTL)))
		return a->joined;
	a->joined = a->courier->streams;
	agent_must_send(a, &hello);
	agent_must_send(a, &ready);
	(void)carrier_flush(&a->carrier);
	agent_kick(a);
	return true;
}

static void agent_turn(struct agent *a)
{
	struct msg raw;

	enum channel_state state;

	if (a->courier->streams)
		agent_read(a);
	state = carrier_poll(&a->carrier);
	if (a->courier->streams && state == CHANNEL_ENDED)
		agent_leave(a);
	/* a region is joined where it is not yet, a stream once both have said HELLO */
	if (a->courier->streams == (state == CHANNEL_JOINED) && !agent_join(a))
		return;
	if (a->courier->streams && state != CHANNEL_JOINED)
		return;
	do {
		while (carrier_recv(&a->carrier, &raw) > 0)
			agent_take(a, &raw);
		agent_pump(a);
		if (carrier_recv_done(&a->carrier))
			agent_kick(a);
		if (carrier_flush(&a->carrier))
			agent_kick(a);
	} while (!carrier_arm(&a->carrier) && carrier_poll(&a->carrier) == CHANNEL_JOINED);
}

static void *agent_main(void *arg)
{
	struct agent *a = arg;
	struct pollfd p = { .fd = a->courier->notify_guest, .events = POLLIN };

	while (!atomic_load(&a->stop)) {
		agent_turn(a);
		if (a->courier->streams)
			p.fd = a->fd;
		poll(&p, 1, 5);
		if (!a->courier->streams)
			fd_eventfd_take(p.fd);
	}
	agent_hang_up(a);
	return NULL;
}

void agent_start(struct agent *a, struct courier *c)
{
	uint32_t version = a->version;

	memset(a, 0, sizeof(*a));
	a->version = version ? version : CTL_VERSION;
	a->courier = c;
	a->carrier.streams = c->streams;
	a->fd = -1;
	CHECK(!pthread_create(&a->thread, NULL, agent_main, a));
}

void agent_stop(struct agent *a)
{
	atomic_store(&a->stop, true);
	pthread_join(a->thread, NULL);
	for (int i = 0; i < AGENT_RUNS; i++)
		free(a->runs[i].queue);
}
