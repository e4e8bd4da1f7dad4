/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/path.h"

#include <string.h>

#include "proto/netplan.h"
#include "tap/answer.h"
#include "tap/ask.h"
#include "tap/report.h"

#define TCP_CONTROL (FLOW_TCP_FIN | FLOW_TCP_SYN | FLOW_TCP_RST | FLOW_TCP_ACK)

static struct flow_key key_of(const struct link *l, const struct frame_info *info)
{
	struct flow_key key = {
		.index = l->index, .local_port = info->local_port, .port = info->remote_port, .proto = info->proto
	};

	memcpy(key.addr, info->remote, sizeof(key.addr));
	return key;
}

static bool is_resolver(const uint8_t *addr, uint16_t port)
{
	return port == DNS_PORT &&
		(memcmp(addr, netplan_resolver4, NETPLAN_ADDR) == 0 ||
			memcmp(addr, netplan_resolver6, NETPLAN_ADDR) == 0);
}

static bool is_dns(const struct frame_info *info)
{
	return info->proto == NET_UDP && is_resolver(info->remote, info->remote_port);
}

enum net_action path_decide(
	struct tap *t, const struct link *l, const struct flow_key *key, uint64_t when, uint32_t *ret_line)
{
	const char *names[NAMES_EACH_MAX];
	struct net_flow flow = { .proto = key->proto, .port = key->port, .names = names };
	enum net_action action;
	size_t line;

	*ret_line = UINT32_MAX;
	/* By TCP nobody looks at what is asked. */
	if (is_resolver(key->addr, key->port) && key->proto == NET_TCP)
		return l->lines.names_only ? NET_DENY : NET_ALLOW;
	memcpy(flow.addr, key->addr, sizeof(flow.addr));
	flow.nnames = names_find(&t->names, key->index, key->addr, when, names);
	action = lines_decide(&l->lines, &flow, &line);
	if (line != NET_NO_LINE)
		*ret_line = (uint32_t)line;
	return action;
}

static void send_cut(struct tap *t, struct link *l, const struct memory_flow *flow)
{
	struct answer_cut cut = { .ipv6 = !netplan_is_ipv4(flow->addr) };
	uint8_t frame[ANSWER_MAX];

	memcpy(cut.client_mac, l->client.mac, sizeof(cut.client_mac));
	memcpy(cut.client, cut.ipv6 ? l->client.addr6 : l->client.addr4, sizeof(cut.client));
	memcpy(cut.far, flow->addr, sizeof(cut.far));
	cut.client_port = flow->local_port;
	cut.far_port = flow->port;
	cut.seq_sent = flow->seq_sent;
	cut.seq_received = flow->seq_received;
	engine_to_client_now(t, l, frame, answer_cut(&cut, true, frame));
	engine_to_net_now(t, frame, answer_cut(&cut, false, frame));
}

void path_end(struct tap *t, struct memory_flow *flow, enum tap_event event)
{
	struct link *l = tap_link(t, flow->index);

	engine_flow_end(t, flow);
	if (l) {
		report_flow_event(t, l, flow, event);
		if (event == TAP_EVENT_CUT && flow->proto == NET_TCP && flow->state != FLOW_CLOSING)
			send_cut(t, l, flow);
	}
	flows_remove(&t->flows, flow);
}

void path_cut_all(struct tap *t, struct link *l)
{
	struct memory_flow *flow = flows_of(&t->flows, l->index, NULL);

	while (flow) {
		struct memory_flow *after = flows_of(&t->flows, l->index, flow);

		path_end(t, flow, TAP_EVENT_CUT);
		flow = after;
	}
}

/* Whether a flow may go on under the list that its link has now. */
static bool may_go_on(struct tap *t, const struct link *l, struct memory_flow *flow)
{
	struct flow_key key = flow_key_of(flow);
	uint32_t line;
	enum net_action action = path_decide(t, l, &key, flow->began, &line);

	flow->generation = l->generation;
	flow->line = line;
	return action == NET_ALLOW || (action == NET_ASK && flow->answered);
}

/* None passes any longer before the first is told of: thousands of RSTs take their time. */
void path_decide_anew(struct tap *t, struct link *l)
{
	static bool cut[MEMORY_FLOWS]; /* by place */
	struct memory_flow *flow = NULL;

	while ((flow = flows_of(&t->flows, l->index, flow))) {
		cut[flow - t->flows.at] = !may_go_on(t, l, flow);
		if (cut[flow - t->flows.at])
			engine_flow_end(t, flow);
		else
			engine_flow_begin(t, flow);
	}
	flow = flows_of(&t->flows, l->index, NULL);
	while (flow) {
		struct memory_flow *after = flows_of(&t->flows, l->index, flow);

		if (cut[flow - t->flows.at])
			path_end(t, flow, TAP_EVENT_CUT);
		flow = after;
	}
}

void path_hold_all(struct tap *t, uint32_t index)
{
	for (struct memory_flow *flow = flows_of(&t->flows, index, NULL); flow; flow = flows_of(&t->flows, index, flow))
		engine_flow_end(t, flow);
}

bool path_admit(struct tap *t, struct link *l, const struct flow_key *key, uint32_t line, bool answered)
{
	const char *names[NAMES_EACH_MAX];
	struct memory_flow *flow;
	bool full;

	flow = flows_victim(&t->flows, l->index, t->nlinks, &full);
	if (flow)
		path_end(t, flow, TAP_EVENT_CLOSE);
	flow = full ? NULL : flows_add(&t->flows, key, t->now);
	if (!flow) {
		l->stats.full++;
		return false;
	}
	flow->generation = l->generation;
	flow->line = line;
	flow->answered = answered;
	if (names_find(&t->names, l->index, flow->addr, flow->began, names))
		flow->name = names_hash(names[0]);
	tap_arm(t);
	report_flow_event(t, l, flow, TAP_EVENT_OPEN);
	engine_flow_begin(t, flow);
	return true;
}

void path_reject(struct tap *t, struct link *l, const struct flow_key *key, const uint8_t *data, uint32_t len)
{
	uint8_t frame[ANSWER_MAX];
	uint32_t n;

	if (!bucket_take(&l->replies, LINK_REPLIES, LINK_REPLIES, 1, t->now))
		return;
	n = key->proto == NET_TCP ? answer_reset(data, len, frame) : answer_prohibited(data, len, frame);
	if (n)
		engine_to_client_now(t, l, frame, n);
}

/* A packet of the client that belongs to no flow: whether it may begin one, and has. */
static bool begin(struct tap *t, struct link *l, const struct flow_key *key, const uint8_t *data, uint32_t len)
{
	enum net_action action;
	uint32_t line;

	if (ask_is_held(l, key))
		return false;
	if (!bucket_take(&l->flows, LINK_FLOWS, LINK_FLOWS_BURST, 1, t->now)) {
		l->stats.limited++;
		return false;
	}
	action = path_decide(t, l, key, t->now, &line);
	if (action == NET_ALLOW)
		return path_admit(t, l, key, line, false);
	if (action == NET_ASK && ask_hold(t, l, key, line, (struct ask_frame){ data, len }))
		return false;
	l->stats.refused++;
	report_refusal(t, l, key, line);
	path_reject(t, l, key, data, len);
	return false;
}

static void send_refused(
	struct tap *t, struct link *l, const uint8_t *data, const struct frame_info *info, const struct dns_question *q)
{
	uint8_t payload[DNS_REFUSED_MAX], frame[ANSWER_MAX];
	uint32_t n = (uint32_t)dns_refuse(data + info->payload, q, payload);

	l->stats.refused++;
	n = answer_udp(data, payload, n, frame);
	if (n)
		engine_to_client_now(t, l, frame, n);
}

static void pass_to_net(struct tap *t, struct link *l, const uint8_t *data, uint32_t len)
{
	l->stats.sent++;
	l->stats.sent_bytes += len;
	engine_to_net(t, data, len);
}

static void pass_to_client(struct tap *t, struct link *l, const uint8_t *data, uint32_t len)
{
	if (!link_may_pass(l, &l->down, len, t->now)) {
		l->stats.limited++;
		return;
	}
	l->stats.received++;
	l->stats.received_bytes += len;
	engine_to_client(t, l, data, len);
}

static void take_query(struct tap *t, struct link *l, const uint8_t *data, uint32_t len, const struct frame_info *info)
{
	struct dns_question q;

	if (!bucket_take(&l->queries, LINK_QUERIES, LINK_QUERIES, 1, t->now)) {
		l->stats.limited++;
		return;
	}
	if (dns_parse_query(data + info->payload, info->payload_len, &q) < 0) {
		l->stats.malformed++;
		return;
	}
	if (!lines_may_resolve(&l->lines, q.name)) {
		send_refused(t, l, data, info, &q);
		return;
	}
	link_expect(l, &q, info, t->now);
	pass_to_net(t, l, data, len);
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* @data has been judged FRAME_FLOW: its headers are there. */
static void track(
	struct tap *t, struct memory_flow *flow, const struct frame_info *info, const uint8_t *data, bool sent)
{
	struct flow_packet p = { .sent = sent, .bytes = info->payload_len, .now = t->now };

	if (info->proto == NET_TCP) {
		const uint8_t *seq = data + (info->ipv6 ? FRAME_AT6 : FRAME_AT4) + 4;

		p.tcp_flags = info->tcp_flags;
		p.seq = get_u32(seq) + info->payload_len + !!(info->tcp_flags & FLOW_TCP_SYN) +
			!!(info->tcp_flags & FLOW_TCP_FIN);
	}
	flow_track(flow, &p);
	if (flow->state == FLOW_CLOSING)
		engine_flow_end(t, flow);
}

/* What a client may begin a flow with: not the end of one. */
static bool may_begin(const struct frame_info *info)
{
	return info->proto != NET_TCP ||
		(!(info->tcp_flags & FLOW_TCP_RST) && (info->tcp_flags & (FLOW_TCP_SYN | FLOW_TCP_ACK)) &&
			(info->tcp_flags & (FLOW_TCP_SYN | FLOW_TCP_FIN)) != (FLOW_TCP_SYN | FLOW_TCP_FIN));
}

static void client_flow(struct tap *t, struct link *l, const uint8_t *data, uint32_t len, const struct frame_info *info)
{
	struct flow_key key = key_of(l, info);
	struct memory_flow *flow;
	bool begins;

	if (is_dns(info)) {
		take_query(t, l, data, len, info);
		return;
	}
	flow = flows_find(&t->flows, &key);
	begins = info->proto == NET_TCP && (info->tcp_flags & TCP_CONTROL) == FLOW_TCP_SYN;
	if (flow && begins)
		engine_flow_look(t, flow);
	if (flow && begins && flow->state == FLOW_CLOSING) {
		path_end(t, flow, TAP_EVENT_CLOSE);
		flow = NULL;
	}
	if (!flow) {
		if (!may_begin(info)) {
			l->stats.refused++;
			return;
		}
		if (!begin(t, l, &key, data, len))
			return;
		flow = flows_find(&t->flows, &key);
	}
	if (!link_may_pass(l, &l->up, len, t->now)) {
		l->stats.limited++;
		return;
	}
	track(t, flow, info, data, true);
	pass_to_net(t, l, data, len);
}

static void client_error(
	struct tap *t, struct link *l, const uint8_t *data, uint32_t len, const struct frame_info *info)
{
	struct flow_key key = key_of(l, info);

	if (flows_find(&t->flows, &key) && link_may_pass(l, &l->up, len, t->now))
		pass_to_net(t, l, data, len);
	else
		l->stats.refused++;
}

static void client_dhcp(struct tap *t, struct link *l, const uint8_t *data, uint32_t len)
{
	if (bucket_take(&l->flows, LINK_FLOWS, LINK_FLOWS_BURST, 1, t->now))
		pass_to_net(t, l, data, len);
	else
		l->stats.limited++;
}

static void answer_client(struct tap *t, struct link *l, const uint8_t *data, const struct frame_info *info)
{
	bool ipv6 = info->ipv6;
	uint8_t frame[ANSWER_MAX];
	uint32_t n = 0;

	if (memcmp(info->remote, ipv6 ? netplan_gateway6 : netplan_gateway4, NETPLAN_ADDR) != 0)
		return;
	if (bucket_take(&l->replies, LINK_REPLIES, LINK_REPLIES, 1, t->now))
		n = ipv6 ? answer_nd(data, netplan_gateway_mac, true, frame)
			 : answer_arp(data, netplan_gateway_mac, frame);
	if (n)
		engine_to_client_now(t, l, frame, n);
}

void path_from_client(struct tap *t, struct link *l, const uint8_t *data, uint32_t len)
{
	struct frame_info info;

	if (!l->live) {
		l->stats.refused++;
		return;
	}
	switch (frame_from_client(data, len, &l->client, &info)) {
	case FRAME_FLOW:
		client_flow(t, l, data, len, &info);
		break;
	case FRAME_ERROR:
		client_error(t, l, data, len, &info);
		break;
	case FRAME_ARP:
	case FRAME_ND:
		answer_client(t, l, data, &info);
		break;
	case FRAME_DHCP:
		client_dhcp(t, l, data, len);
		break;
	case FRAME_MALFORMED:
		l->stats.malformed++;
		break;
	case FRAME_SPOOFED:
		l->stats.spoofed++;
		break;
	default:
		l->stats.refused++;
		break;
	}
}

static void learn(struct tap *t, struct link *l, const struct dns_answer *a)
{
	if (!net_name_is_valid(a->question.name))
		return;
	for (uint32_t i = 0; i < a->naddrs; i++) {
		struct names_answer name = {
			.index = l->index, .addr = a->addrs[i], .name = a->question.name, .ttl = a->ttl
		};

		if (names_learn(&t->names, &name, t->nlinks, t->now) == 1)
			report_name(t, l, a->addrs[i], a->question.name);
	}
}

static void net_answer(struct tap *t, struct link *l, const uint8_t *data, uint32_t len, const struct frame_info *info)
{
	static struct dns_answer a;

	if (dns_parse_answer(data + info->payload, info->payload_len, &a) < 0) {
		t->stats.malformed++;
		return;
	}
	if (!link_awaited(l, &a.question, info, t->now)) {
		t->stats.refused++;
		return;
	}
	learn(t, l, &a);
	pass_to_client(t, l, data, len);
}

static void net_flow(struct tap *t, struct link *l, const uint8_t *data, uint32_t len, const struct frame_info *info)
{
	struct flow_key key = key_of(l, info);
	struct memory_flow *flow;

	if (is_dns(info)) {
		net_answer(t, l, data, len, info);
		return;
	}
	flow = flows_find(&t->flows, &key);
	if (!flow) {
		t->stats.refused++;
		return;
	}
	track(t, flow, info, data, false);
	pass_to_client(t, l, data, len);
}

static void net_error(struct tap *t, struct link *l, const uint8_t *data, uint32_t len, const struct frame_info *info)
{
	struct flow_key key = key_of(l, info);

	if (flows_find(&t->flows, &key))
		pass_to_client(t, l, data, len);
	else
		t->stats.refused++;
}

/* frame.h lets it ask for an address of this client only. */
static void answer_net(struct tap *t, struct link *l, const uint8_t *data, const struct frame_info *info)
{
	uint8_t frame[ANSWER_MAX];
	uint32_t n = info->ipv6 ? answer_nd(data, l->client.mac, false, frame) : answer_arp(data, l->client.mac, frame);
	if (n)
		engine_to_net_now(t, frame, n);
}

void path_from_net(struct tap *t, const uint8_t *data, uint32_t len)
{
	struct link *l = tap_link(t, frame_index(data, len));
	struct frame_info info;

	if (!l || !l->live) {
		t->stats.refused++;
		return;
	}
	switch (frame_to_client(data, len, &l->client, &info)) {
	case FRAME_FLOW:
		net_flow(t, l, data, len, &info);
		break;
	case FRAME_ERROR:
		net_error(t, l, data, len, &info);
		break;
	case FRAME_ARP:
	case FRAME_ND:
		answer_net(t, l, data, &info);
		break;
	case FRAME_DHCP:
		pass_to_client(t, l, data, len);
		break;
	case FRAME_MALFORMED:
		t->stats.malformed++;
		break;
	case FRAME_SPOOFED:
		t->stats.spoofed++;
		break;
	default:
		t->stats.refused++;
		break;
	}
}
