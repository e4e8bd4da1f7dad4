/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames by the kernel (tc.h): what it does not pass by itself comes here, and
 * goes by path.h as on the other fabric. A flow that path.h has admitted stands
 * in the kernel's table as long as it may pass; what passed there is looked up
 * now and then, and before it is told or the flow is judged to be over. Where no
 * flow stands in the table nothing needs be kept alive, and nobody wakes up.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "tap/engine.h"
#include "tap/path.h"
#include "tap/tap.h"
#include "tap/tc.h"

#define KEEP_SECONDS 3 /* that the kernel goes on without us; said again each second */
#define FRAMES_MAX 256 /* before vmosd and time have their turn */
#define STALE_MAX 4096 /* more than fit into the ring: frames of a time before us */
#define SENDS_MAX 512 /* to a device at a time: about what its queue takes (the kernel's TUN_READQ_SIZE is 500) */
#define LOOKS_MAX 2048 /* a second: in four of them all flows have been looked at */

_Static_assert(TC_FDS == TAP_KERNEL_FDS, "SETUP brings what tc_adopt() takes");
_Static_assert(TC_FLOWS_MAX >= MEMORY_FLOWS, "the kernel has room for all flows");

static struct tc *tc;
static sd_event_source *frames;
static bool passed[MEMORY_FLOWS]; /* by place: the kernel was told of the flow */
static uint32_t npassed, hand;
static uint64_t kept; /* when it was last said that we are there */
/* Of each device. */
static struct end {
	struct tc_counters before; /* what was counted before the link was there */
	uint64_t at; /* when frames were sent to it, … */
	uint32_t sends; /* … and how many then */
} ends[TAP_LINKS_MAX + 1]; /* the NET VM's, then of links by their place */

static struct end *end_of(const struct tap *t, const struct link *link)
{
	return &ends[link ? link - t->links + 1 : 0];
}

static struct tc_key key_of(const struct memory_flow *flow)
{
	struct tc_key key = {
		.index = flow->index, .local_port = flow->local_port, .remote_port = flow->port, .proto = flow->proto
	};

	memcpy(key.remote, flow->addr, sizeof(key.remote));
	return key;
}

static uint32_t place_of(const struct tap *t, const struct memory_flow *flow)
{
	return (uint32_t)(flow - t->flows.at);
}

/* The kernel's clock stands still while the machine sleeps, that of flows does not. */
static uint64_t time_of(const struct tap *t, uint64_t kernel_ns)
{
	struct timespec ts;
	uint64_t now, idle;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	idle = now > kernel_ns ? (now - kernel_ns) / 1000 : 0;
	return idle < t->now ? t->now - idle : 0;
}

static void merge(const struct tap *t, struct memory_flow *flow, const struct tc_flow *kernel)
{
	const struct flow_seen seen = {
		.sent = kernel->sent,
		.received = kernel->received,
		.last = kernel->last ? time_of(t, kernel->last) : 0,
		.did_send = kernel->flags_sent & TC_SEEN,
		.did_receive = kernel->flags_received & TC_SEEN,
		.flags_sent = (uint8_t)kernel->flags_sent,
		.flags_received = (uint8_t)kernel->flags_received,
		.seq_sent = kernel->seq_sent,
		.seq_received = kernel->seq_received,
	};

	flow_merge(flow, &seen);
}

static void keep(struct tap *t)
{
	if (tc_keep(tc, KEEP_SECONDS) == 0)
		kept = t->now;
}

static void kernel_begin(struct tap *t, struct memory_flow *flow)
{
	const struct tc_key key = key_of(flow);

	if (passed[place_of(t, flow)] || flow->state == FLOW_CLOSING)
		return;
	if (tc_flow_add(tc, &key) < 0)
		return; /* its frames go on coming here */
	passed[place_of(t, flow)] = true;
	npassed++;
	if (t->now - kept >= FLOW_SECOND)
		keep(t);
}

static void kernel_end(struct tap *t, struct memory_flow *flow)
{
	const struct tc_key key = key_of(flow);
	struct tc_flow kernel;

	if (!passed[place_of(t, flow)])
		return;
	if (tc_flow_take(tc, &key, &kernel) == 0)
		merge(t, flow, &kernel);
	flow_settle(flow);
	passed[place_of(t, flow)] = false;
	npassed--;
}

static void kernel_look(struct tap *t, struct memory_flow *flow)
{
	const struct tc_key key = key_of(flow);
	struct tc_flow kernel;

	if (!passed[place_of(t, flow)] || tc_flow_get(tc, &key, &kernel) < 0)
		return;
	merge(t, flow, &kernel);
	if (flow->state == FLOW_CLOSING)
		kernel_end(t, flow);
}

static void kernel_second(struct tap *t)
{
	if (!npassed)
		return;
	keep(t);
	for (uint32_t i = 0; i < LOOKS_MAX; i++) {
		kernel_look(t, &t->flows.at[hand]);
		hand = (hand + 1) % MEMORY_FLOWS;
	}
}

static void handle_frame(const struct tc_event *e, void *userdata)
{
	struct tap *t = userdata;
	struct link *l = tap_link(t, e->index);

	if (!l)
		t->stats.refused++;
	else if (e->have < e->len)
		l->stats.limited++; /* only a head: its sender says it again in pieces */
	else if (e->from_client)
		path_from_client(t, l, e->data, e->have);
	else
		path_from_net(t, e->data, e->have);
}

static int handle_frames(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	tap_tick(userdata);
	tc_read(tc, FRAMES_MAX);
	return 0;
}

/* Flows that a run before has told the kernel of: nothing passes before a list says so. */
static void take_back(struct tap *t)
{
	struct tc_key key, next;
	struct tc_flow kernel;
	int r = tc_flow_next(tc, NULL, &next);

	for (uint32_t i = 0; r == 0 && i < TC_FLOWS_MAX; i++) {
		struct flow_key mine = { .index = next.index,
			.local_port = next.local_port,
			.port = next.remote_port,
			.proto = next.proto };
		struct memory_flow *flow;

		memcpy(mine.addr, next.remote, sizeof(mine.addr));
		key = next;
		r = tc_flow_next(tc, &key, &next);
		flow = flows_find(&t->flows, &mine);
		if (tc_flow_take(tc, &key, &kernel) == 0 && flow)
			merge(t, flow, &kernel);
	}
	for (uint32_t i = 0; i < MEMORY_FLOWS; i++)
		if (t->flows.at[i].used)
			flow_settle(&t->flows.at[i]);
}

static int kernel_open(struct tap *t, const int fds[TAP_KERNEL_FDS])
{
	int r = tc_adopt(&tc, fds);

	if (r < 0) {
		for (unsigned i = 0; i < TAP_KERNEL_FDS; i++)
			close(fds[i]);
		return r;
	}
	r = tc_keep(tc, 0);
	if (r < 0)
		return r;
	take_back(t);
	tc_read(tc, STALE_MAX);
	tc_on_frame(tc, handle_frame, t);
	r = sd_event_add_io(t->event, &frames, tc_fd(tc), EPOLLIN, handle_frames, t);
	if (r >= 0)
		r = sd_event_source_set_priority(frames, SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? r : 0;
}

static void kernel_close(void)
{
	frames = sd_event_source_disable_unref(frames);
	tc_close(tc);
	tc = NULL;
}

static int kernel_plug(struct plug *plug)
{
	const struct link *l = plug->link;
	int r = l ? tc_limit(tc, l->index, (uint32_t)(l->rate / 1024)) : 0;

	return r < 0 ? r : tc_counters(tc, l ? l->index : TC_NET, &end_of(plug->tap, l)->before);
}

/* Thousands of RSTs at once would be lost there, too, only later. */
static bool has_room(struct end *end, uint64_t now)
{
	if (end->at != now) {
		end->at = now;
		end->sends = 0;
	}
	return end->sends++ < SENDS_MAX;
}

static void kernel_send(struct plug *to, const uint8_t *data, uint32_t len, bool now)
{
	struct tap *t = to->tap;

	if (!to->ifindex)
		return;
	if (!has_room(end_of(t, to->link), t->now) || tc_send(tc, to->ifindex, data, len) < 0)
		(to->link ? &to->link->stats : &t->stats)->limited++;
}

static void kernel_count(struct tap *t, const struct link *l, struct tap_stats *stats)
{
	const struct tc_counters *before = &end_of(t, l)->before;
	struct tc_counters c;

	if (tc_counters(tc, l ? l->index : TC_NET, &c) < 0)
		return;
	stats->sent += c.sent - before->sent;
	stats->received += c.received - before->received;
	stats->sent_bytes += c.sent_bytes - before->sent_bytes;
	stats->received_bytes += c.received_bytes - before->received_bytes;
	stats->malformed += c.verdicts[FRAME_MALFORMED] - before->verdicts[FRAME_MALFORMED];
	stats->spoofed += c.verdicts[FRAME_SPOOFED] - before->verdicts[FRAME_SPOOFED];
	stats->refused += c.verdicts[FRAME_PEER] - before->verdicts[FRAME_PEER];
	stats->refused += c.verdicts[FRAME_FOREIGN] - before->verdicts[FRAME_FOREIGN];
	stats->limited += c.lost - before->lost + c.limited - before->limited;
}

/* Of bpf(2): what is in a table. Frames go by sendto(2). */
static const unsigned kernel_commands[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_LOOKUP_AND_DELETE_ELEM };
static const struct sandbox_choice kernel_choice = { "bpf", kernel_commands,
	sizeof(kernel_commands) / sizeof(kernel_commands[0]) };

const struct engine engine_tc = {
	.choice = &kernel_choice,
	.open = kernel_open,
	.plug = kernel_plug,
	.send = kernel_send,
	.close = kernel_close,
	.begin = kernel_begin,
	.end = kernel_end,
	.look = kernel_look,
	.second = kernel_second,
	.count = kernel_count,
};
