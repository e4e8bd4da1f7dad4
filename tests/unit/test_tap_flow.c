/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tap/flow.h"
#include "tests/unit/unit.h"

#define NOW (1000 * FLOW_SECOND)

static struct memory_flow table[MEMORY_FLOWS];
static struct flows flows;
static const uint64_t secret[2] = { 0x123456789abcdef, 0xfedcba987654321 };

static struct flow_key key_of(uint32_t index, uint8_t proto, uint32_t n)
{
	struct flow_key key = { .index = index, .proto = proto };

	memset(key.addr + 10, 0xff, 2);
	key.addr[12] = 198;
	key.addr[13] = 51;
	key.addr[14] = (uint8_t)(n >> 16);
	key.addr[15] = 7;
	key.local_port = (uint16_t)(1 + n % 60000);
	key.port = proto == NET_ICMP ? 0 : 443;
	return key;
}

static int setup(void **state)
{
	memset(table, 0, sizeof(table));
	flows_open(&flows, table, secret, NOW);
	return 0;
}

static struct memory_flow *add(uint32_t index, uint8_t proto, uint32_t n, uint64_t now)
{
	struct flow_key key = key_of(index, proto, n);
	struct memory_flow *flow = flows_add(&flows, &key, now);

	assert_non_null(flow);
	return flow;
}

static void track(struct memory_flow *flow, bool sent, uint8_t tcp_flags, uint32_t seq)
{
	flow_track(flow, &(struct flow_packet){ sent, tcp_flags, seq, 10, NOW });
}

static void test_find(void **state)
{
	struct flow_key key = key_of(1, NET_TCP, 5), other = key;
	struct memory_flow *flow = add(1, NET_TCP, 5, NOW);

	assert_ptr_equal(flows_find(&flows, &key), flow);
	other.index = 2;
	assert_null(flows_find(&flows, &other));
	other = key;
	other.proto = NET_UDP;
	assert_null(flows_find(&flows, &other));
	other = key;
	other.port++;
	assert_null(flows_find(&flows, &other));
	other = key;
	other.addr[15]++;
	assert_null(flows_find(&flows, &other));
	flows_remove(&flows, flow);
	assert_null(flows_find(&flows, &key));
	assert_int_equal(flows.count, 0);
}

static void test_tcp(void **state)
{
	struct memory_flow *flow = add(1, NET_TCP, 1, NOW);

	track(flow, true, FLOW_TCP_SYN, 101);
	assert_int_equal(flow->state, FLOW_HALF);
	assert_false(flow_is_over(flow, NOW + 29 * FLOW_SECOND));
	assert_true(flow_is_over(flow, NOW + 30 * FLOW_SECOND));
	track(flow, false, FLOW_TCP_SYN | FLOW_TCP_ACK, 0xfffffff0);
	assert_int_equal(flow->state, FLOW_OPEN);
	assert_false(flow_is_over(flow, NOW + 7199 * FLOW_SECOND));
	assert_true(flow_is_over(flow, NOW + 7200 * FLOW_SECOND));
	track(flow, false, FLOW_TCP_ACK, 16); /* over the end of the numbers */
	assert_int_equal(flow->seq_received, 16);
	track(flow, false, FLOW_TCP_ACK, 0xfffffff8); /* an old one again */
	assert_int_equal(flow->seq_received, 16);
	assert_int_equal(flow->seq_sent, 101);
	track(flow, true, FLOW_TCP_FIN | FLOW_TCP_ACK, 102);
	assert_int_equal(flow->state, FLOW_HALFWAY);
	track(flow, false, FLOW_TCP_FIN | FLOW_TCP_ACK, 17);
	assert_int_equal(flow->state, FLOW_CLOSING);
	assert_true(flow_is_over(flow, NOW + 20 * FLOW_SECOND));
	assert_int_equal(flow->sent, 20);
	assert_int_equal(flow->received, 40);
	flow = add(1, NET_TCP, 2, NOW);
	track(flow, false, FLOW_TCP_RST, 1);
	assert_int_equal(flow->state, FLOW_CLOSING);
}

static void test_others(void **state)
{
	struct memory_flow *udp = add(1, NET_UDP, 1, NOW), *echo = add(1, NET_ICMP, 1, NOW);

	assert_true(flow_is_over(udp, NOW + 60 * FLOW_SECOND));
	track(udp, true, 0, 0);
	assert_int_equal(udp->state, FLOW_LONE);
	track(udp, false, 0, 0);
	assert_int_equal(udp->state, FLOW_PAIR);
	assert_false(flow_is_over(udp, NOW + 179 * FLOW_SECOND));
	track(echo, false, 0, 0);
	assert_int_equal(echo->state, FLOW_ECHO);
	assert_true(flow_is_over(echo, NOW + 30 * FLOW_SECOND));
}

/* What the kernel has seen comes to the same as what was tracked here. */
static void test_merge(void **state)
{
	struct memory_flow *flow = add(1, NET_TCP, 1, NOW), *udp = add(1, NET_UDP, 2, NOW);
	struct flow_seen seen = { .last = NOW + 5, .did_send = true, .seq_sent = 0xfffffff0, .sent = 7 };

	track(flow, true, FLOW_TCP_SYN, 101);
	flow_merge(flow, &seen);
	assert_int_equal(flow->state, FLOW_HALF);
	assert_int_equal(flow->seq_sent, 0xfffffff0);
	assert_int_equal(flow->last, NOW + 5);
	seen.last = NOW; /* an older one */
	seen.did_receive = true;
	seen.seq_received = 0x90000000;
	flow_merge(flow, &seen);
	assert_int_equal(flow->state, FLOW_OPEN);
	assert_int_equal(flow->last, NOW + 5);
	assert_int_equal(flow->seq_received, 0x90000000);
	seen.seq_sent = 16; /* over the end of the numbers, and back again */
	flow_merge(flow, &seen);
	seen.seq_sent = 0xfffffff0;
	seen.flags_received = FLOW_TCP_FIN;
	flow_merge(flow, &seen);
	assert_int_equal(flow->seq_sent, 16);
	assert_int_equal(flow->state, FLOW_HALFWAY);
	flow_merge(flow, &seen); /* the same FIN */
	assert_int_equal(flow->state, FLOW_HALFWAY);
	seen.flags_sent = FLOW_TCP_FIN;
	flow_merge(flow, &seen);
	assert_int_equal(flow->state, FLOW_CLOSING);
	assert_int_equal(flow->sent, 10);
	flow_settle(flow);
	flow_settle(flow);
	assert_int_equal(flow->sent, 17);
	flow = add(1, NET_TCP, 3, NOW);
	flow_merge(flow, &(struct flow_seen){ .did_send = true, .flags_sent = FLOW_TCP_RST });
	assert_int_equal(flow->state, FLOW_CLOSING);
	assert_int_equal(flow->last, NOW);
	flow_merge(udp, &(struct flow_seen){ .did_send = true });
	assert_int_equal(udp->state, FLOW_LONE);
	flow_merge(udp, &(struct flow_seen){ .did_receive = true });
	assert_int_equal(udp->state, FLOW_PAIR);
}

static void test_expire(void **state)
{
	uint32_t budget = MEMORY_FLOWS, ended = 0;
	struct memory_flow *flow;

	for (uint32_t i = 0; i < 100; i++)
		add(1, i % 2 ? NET_TCP : NET_UDP, i, NOW);
	while ((flow = flows_expired(&flows, NOW + 40 * FLOW_SECOND, &budget))) {
		flows_remove(&flows, flow);
		ended++;
	}
	assert_int_equal(ended, 50);
	assert_int_equal(flows.count, 50);
	assert_int_equal(budget, 0);
}

/* A client that takes all it can, and one that comes after. */
static void test_shares(void **state)
{
	uint32_t share = flows_share(2), greedy = 0;
	struct memory_flow *flow;
	bool full;

	for (; greedy < 3 * share && !flows_victim(&flows, 1, 2, &full) && !full; greedy++)
		add(1, NET_TCP, greedy, NOW + greedy);
	assert_int_equal(greedy, share);
	flow = flows_victim(&flows, 1, 2, &full);
	assert_false(full);
	assert_non_null(flow);
	assert_int_equal(flow->local_port, 1); /* its own, the one idle longest */
	for (flow = flows_of(&flows, 1, NULL); flow; flow = flows_of(&flows, 1, flow))
		track(flow, false, FLOW_TCP_ACK, 1);
	assert_null(flows_victim(&flows, 1, 2, &full));
	assert_true(full); /* those that are open stay */
	assert_null(flows_victim(&flows, 2, 2, &full));
	assert_false(full);
}

/* Shares shrink when clients come: the richest gives. */
static void test_full_table(void **state)
{
	bool full;
	struct memory_flow *flow;

	for (uint32_t i = 0; i < MEMORY_FLOWS; i++)
		add(1 + i / (MEMORY_FLOWS / 4), NET_UDP, i, NOW + i);
	assert_null(flows_add(&flows, &(struct flow_key){ .index = 9 }, NOW));
	flow = flows_victim(&flows, 9, 5, &full);
	assert_non_null(flow);
	assert_false(full);
	assert_int_not_equal(flow->index, 9);
	flows_remove(&flows, flow);
	add(9, NET_UDP, 1, NOW);
}

static void test_taken_up(void **state)
{
	static struct memory_flow copy[MEMORY_FLOWS];
	struct flow_key key;

	for (uint32_t i = 0; i < 1000; i++)
		add(1 + i % 3, i % 3 == 0 ? NET_TCP : i % 3 == 1 ? NET_UDP : NET_ICMP, i, NOW);
	memcpy(copy, table, sizeof(copy));
	flows_open(&flows, table, secret, NOW);
	assert_int_equal(flows.count, 1000);
	assert_int_equal(flows.held[2], 333);
	assert_memory_equal(copy, table, sizeof(copy));
	key = flow_key_of(&table[500]);
	assert_ptr_equal(flows_find(&flows, &key), &table[500]);
	table[501] = table[500]; /* twice the same */
	flows_open(&flows, table, secret, NOW);
	assert_int_equal(flows.count, 999);
	assert_non_null(flows_find(&flows, &key));
}

#define WIPED(change)                                            \
	do {                                                     \
		setup(NULL);                                     \
		struct memory_flow *m = add(1, NET_TCP, 1, NOW); \
		change;                                          \
		flows_open(&flows, table, secret, NOW);          \
		if (flows.count)                                 \
			fail_msg("taken: %s", #change);          \
		assert_int_equal(m->used, 0);                    \
	} while (0)

static void test_hostile_memory(void **state)
{
	uint64_t random = 1;

	WIPED(m->used = 2);
	WIPED(m->index = 0);
	WIPED(m->index = NETPLAN_INDEX_MAX + 1);
	WIPED(m->index = UINT32_MAX);
	WIPED(m->proto = 2);
	WIPED(m->state = 0);
	WIPED(m->state = FLOW_LONE);
	WIPED(m->state = 255);
	WIPED(m->answered = 2);
	WIPED(m->port = 0);
	WIPED(m->local_port = 0);
	WIPED(m->line = TAP_LINES_MAX);
	WIPED(m->last = NOW + 1);
	WIPED(m->began = NOW + 1);
	WIPED(m->began = m->last = NOW - 30 * FLOW_SECOND);
	for (int i = 0; i < 20; i++) {
		for (size_t at = 0; at < sizeof(table) / 8; at++)
			((uint64_t *)table)[at] = unit_random(&random) & unit_random(&random) & unit_random(&random);
		flows_open(&flows, table, secret, NOW);
		while (flows.count < MEMORY_FLOWS)
			add(1, NET_UDP, flows.count, NOW);
	}
}

/* Against a plain list, in random order. */
static void test_model(void **state)
{
	static bool there[5][512];
	uint64_t random = 7;
	uint32_t count = 0;

	memset(there, 0, sizeof(there));
	for (int i = 0; i < 200000; i++) {
		uint64_t r = unit_random(&random);
		uint32_t index = 1 + r % 4, n = (r >> 8) % 512;
		struct flow_key key = key_of(index, NET_UDP, n);
		struct memory_flow *flow = flows_find(&flows, &key);

		assert_int_equal(!!flow, there[index][n]);
		if (flow)
			flows_remove(&flows, flow);
		else
			add(index, NET_UDP, n, NOW);
		there[index][n] = !flow;
		count += flow ? -1u : 1u;
		assert_int_equal(flows.count, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_find, setup),
		cmocka_unit_test_setup(test_tcp, setup),
		cmocka_unit_test_setup(test_others, setup),
		cmocka_unit_test_setup(test_merge, setup),
		cmocka_unit_test_setup(test_expire, setup),
		cmocka_unit_test_setup(test_shares, setup),
		cmocka_unit_test_setup(test_full_table, setup),
		cmocka_unit_test_setup(test_taken_up, setup),
		cmocka_unit_test_setup(test_hostile_memory, setup),
		cmocka_unit_test_setup(test_model, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
