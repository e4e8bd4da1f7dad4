/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole way of frames between two clients and a NET VM, without sockets: a
 * script of frames, lists, answers and time. Records: what, length (2 bytes),
 * frame. Whatever comes, a client hears only what it has begun, and the NET VM
 * only what a client may send.
 */
#include "proto/netplan.h"
#include "tap/ask.h"
#include "tap/path.h"
#include "tests/fuzz/fuzz.h"

#define CLIENTS 2

enum { FROM_A, FROM_B, FROM_NET, LIST_A, LIST_B, ANSWER, LATER, KINDS };

static struct tap tap;
static struct memory memory;
static uint32_t last_question;
static bool from_net; /* who has sent what is on its way */

void tap_tick(struct tap *t)
{
}

void tap_arm(struct tap *t)
{
}

void manager_pump(struct tap *t)
{
	for (uint32_t i = 0; i < CLIENTS; i++)
		require(ask_tell(t, &t->links[i]) == 0);
}

bool manager_is_there(const struct tap *t)
{
	return true;
}

bool manager_has_room(const struct tap *t)
{
	return true;
}

int manager_send(struct tap *t, struct tap_msg *m, int fd)
{
	m->nfds = fd >= 0;
	require(tap_check_report(m, sizeof(*m), m->nfds) == 0);
	if (m->type == TAP_QUESTION)
		last_question = m->flow.id;
	return 0;
}

/* Either a client's, with all that is its own, or ours. */
void engine_to_net(struct tap *t, const uint8_t *data, uint32_t len)
{
	uint32_t index = netplan_index_of_mac(data + 6);
	struct link *l = tap_link(t, index);
	struct frame_info info;
	enum frame_verdict v;

	require(l && l->live);
	v = frame_from_client(data, len, &l->client, &info);
	require(v == FRAME_FLOW || v == FRAME_DHCP);
}

void engine_to_client(struct tap *t, struct link *link, const uint8_t *data, uint32_t len)
{
	struct frame_info info;
	enum frame_verdict v = frame_to_client(data, len, &link->client, &info);
	struct flow_key key = { .index = link->index };

	require(link->live && (v == FRAME_FLOW || v == FRAME_ERROR || v == FRAME_DHCP));
	if (v == FRAME_DHCP || info.remote_port == DNS_PORT)
		return;
	key.proto = info.proto;
	key.local_port = info.local_port;
	key.port = info.remote_port;
	memcpy(key.addr, info.remote, sizeof(key.addr));
	require(flows_find(&t->flows, &key));
}

void engine_to_net_now(struct tap *t, const uint8_t *data, uint32_t len)
{
	require(len >= 42 && len <= 600 && netplan_index_of_mac(data + 6));
}

/* An answer of ours goes to who sent; what the NET VM sends makes none to a client. */
void engine_to_client_now(struct tap *t, struct link *link, const uint8_t *data, uint32_t len)
{
	require(len >= 42 && len <= 600 && netplan_index_of_mac(data) == link->index);
	require(!from_net);
}

void engine_flow_begin(struct tap *t, struct memory_flow *flow)
{
}

void engine_flow_end(struct tap *t, struct memory_flow *flow)
{
}

void engine_flow_look(struct tap *t, struct memory_flow *flow)
{
}

void engine_count(struct tap *t, const struct link *link, struct tap_stats *stats)
{
}

static void list(struct link *l, uint32_t what)
{
	const struct tap_list head = { .index = l->index, .generation = what, .count = 2, .fallback = what % 3 };
	struct tap_line line = { .index = l->index, .generation = what };

	require(link_begin_list(l, &head) == 0);
	for (line.number = 0; line.number < 2; line.number++) {
		line.target = (struct net_target){ .action = (uint8_t)((what >> 2) % 3),
			.kind = line.number ? NET_NAME : NET_ANY,
			.proto = what & 64 ? NET_TCP : NET_ALL,
			.port_high = 65535,
			.name = "www.example" };
		require(link_take_line(l, &line) == (int)line.number);
	}
	path_decide_anew(&tap, l);
	ask_decide_anew(&tap, l);
}

static void begin(void)
{
	static const uint64_t secret[2] = { 1, 2 };
	static const uint32_t indexes[CLIENTS] = { 7, 300 };

	if (!tap.memory) {
		tap.memory = &memory;
		flows_open(&tap.flows, memory.flows, secret, 0);
		names_open(&tap.names, memory.names, secret, 0);
	}
	tap.now = 1000 * FLOW_SECOND;
	for (uint32_t i = 0; i < CLIENTS; i++) {
		link_open(&tap.links[i], &(struct tap_link){ .index = indexes[i] });
		tap.link_of[indexes[i]] = (uint16_t)(i + 1);
	}
	tap.nlinks = CLIENTS;
	last_question = 0;
}

static void end(void)
{
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct link *l = &tap.links[i];
		struct memory_flow *flow;

		while ((flow = flows_of(&tap.flows, l->index, NULL)))
			flows_remove(&tap.flows, flow);
		names_forget(&tap.names, l->index);
		link_close(l);
	}
	require(tap.flows.count == 0 && tap.names.count == 0);
}

static void later(uint32_t seconds)
{
	uint32_t budget = MEMORY_FLOWS;
	struct memory_flow *flow;

	tap.now += seconds * FLOW_SECOND;
	while ((flow = flows_expired(&tap.flows, tap.now, &budget)))
		path_end(&tap, flow, TAP_EVENT_CLOSE);
	for (uint32_t i = 0; i < CLIENTS; i++)
		ask_expire(&tap, &tap.links[i]);
}

static void step(uint8_t what, const uint8_t *data, uint32_t len)
{
	uint32_t argument = len ? data[0] : 0;

	from_net = what % KINDS == FROM_NET;
	switch (what % KINDS) {
	case FROM_A:
	case FROM_B:
		path_from_client(&tap, &tap.links[what % KINDS], data, len);
		break;
	case FROM_NET:
		path_from_net(&tap, data, len);
		break;
	case LIST_A:
	case LIST_B:
		list(&tap.links[what % KINDS - LIST_A], argument);
		break;
	case ANSWER:
		ask_answer(&tap, &(struct tap_answer){ tap.links[argument & 1].index, last_question, argument >> 7 });
		break;
	default:
		later(argument);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	while (size >= 3) {
		size_t len = (size_t)data[1] << 8 | data[2];
		uint8_t *copy;

		if (len > size - 3)
			len = size - 3;
		copy = fuzz_copy(data + 3, len);
		step(data[0], copy, (uint32_t)len);
		free(copy);
		data += 3 + len;
		size -= 3 + len;
	}
	end();
	return 0;
}
