/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's engine on real TAP devices: two clients and a NET VM, this
 * process at the other end of each. Needs a network namespace, TAP devices and
 * eBPF; where one of them is not permitted the test is skipped.
 */
#include <errno.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "policy/netlist.h"
#include "tap/tc.h"
#include "tests/net/forge_base.h"
#include "tests/net/taps.h"
#include "tests/unit/unit.h"

#define CLIENT 7
#define PEER 300

static struct forge_parties parties;
static struct tc *tc;
static int client = -1, peer = -1, net = -1;
static struct tc_event last; /* the frame that came to user space */
static unsigned events;

static void handle_frame(const struct tc_event *event, void *userdata)
{
	last = *event;
	events++;
}

static unsigned take_events(void)
{
	events = 0;
	tc_read(tc, UINT32_MAX);
	return events;
}

/* Of TCP a segment in the middle: those that begin a connection are looked at one by one. */
static size_t build(const struct forge_kind *kind, const struct forge_parties *p, uint8_t data[FORGE_MAX])
{
	struct forge_kind middle = *kind;
	bool ipv6 = strcmp(kind->name, "tcp6") == 0;

	if (ipv6 || strcmp(kind->name, "tcp4") == 0)
		middle.edits[FORGE_EDITS - 1] =
			(struct forge_edit){ .op = EDIT_SET, .at = ipv6 ? 67 : 47, .len = 1, .bytes = "\x10" };
	return forge_build(&middle, p, data);
}

/* What a frame's flow is called in the table. */
static struct tc_key key_of(const struct forge_kind *kind)
{
	struct tc_event e = { .index = CLIENT };
	uint8_t data[FORGE_MAX];
	size_t len = build(kind, &parties, data);
	struct tc_key key;

	assert_int_equal((kind->side == FORGE_CLIENT ? frame_from_client : frame_to_client)(
				 data, (uint32_t)len, &parties.client, &e.info),
		kind->verdict);
	tc_key_of(&e, &key);
	return key;
}

static void for_flows(int (*what)(struct tc *tc, const struct tc_key *key))
{
	static const char *const names[] = { "tcp4", "udp4", "echo4", "tcp6", "udp6", "echo6" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct tc_key key = key_of(forge_find(names[i]));

		assert_int_equal(what(tc, &key), 0);
	}
}

/* Writes a frame into @from. Did it come out of another device unchanged, in any way, or to user space? */
static struct fate {
	bool refused, same, came, told;
} send_frame(int from, const uint8_t *data, size_t len)
{
	static uint8_t out[FORGE_MAX];
	const int others[3] = { client, peer, net };
	struct fate fate = { .refused = write(from, data, len) < 0 };

	if (fate.refused)
		assert_int_equal(errno, EINVAL);
	for (size_t i = 0; i < COUNT(others); i++) {
		size_t n;

		while (others[i] != from && (n = taps_read(others[i], out, sizeof(out), 0)) > 0) {
			fate.came = true;
			fate.same = fate.same || (n == len && memcmp(out, data, len) == 0);
		}
	}
	fate.told = take_events() > 0;
	return fate;
}

static struct fate send_kind(const struct forge_kind *kind)
{
	uint8_t data[FORGE_MAX];
	size_t len = build(kind, &parties, data);

	return send_frame(kind->side == FORGE_CLIENT ? client : net, data, len);
}

/* All flows are allowed: so what does not come is what the filter took. */
static void test_kinds(void **state)
{
	unsigned wrong = 0, forged = 0;
	struct tc_counters before[2], after[2];
	unsigned long long counted = 0;

	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(tc_counters(tc, i ? CLIENT : TC_NET, &before[i]), 0);
	for_flows(tc_flow_add);
	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];
		struct fate fate = send_kind(kind);
		bool flow = kind->verdict == FRAME_FLOW && !strstr(kind->name, "dns");
		bool right = fate.came == flow && fate.same == flow && fate.told == (forge_is_good(kind) && !flow);

		forged += !forge_is_good(kind);
		if (fate.told && (last.verdict != kind->verdict || last.index != CLIENT || last.len != last.have))
			right = false;
		if (!right)
			print_message("%s: came %d, same %d, told %d\n", kind->name, fate.came, fate.same, fate.told);
		wrong += !right;
	}
	for_flows(tc_flow_del);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(tc_counters(tc, i ? CLIENT : TC_NET, &after[i]), 0);
		for (unsigned v = FRAME_MALFORMED; v < FRAME_VERDICTS; v++)
			counted += after[i].verdicts[v] - before[i].verdicts[v];
	}
	print_message("%u forged kinds: 0 arrive, %llu counted\n", forged, counted);
	assert_int_equal(wrong, 0);
}

/* A flow: told, added, sent on; then both ways in the kernel; then cut. */
static void check_life(const char *out_name, const char *in_name)
{
	const struct forge_kind *out = forge_find(out_name), *in = forge_find(in_name);
	struct tc_key key = key_of(out), same = key_of(in);
	struct tc_flow flow;
	struct fate fate = send_kind(in);
	uint8_t data[FORGE_MAX];

	assert_memory_equal(&key, &same, sizeof(key));
	assert_true(fate.told && !fate.came && !last.from_client);
	fate = send_kind(out);
	assert_true(fate.told && !fate.came && last.from_client);
	tc_key_of(&last, &same);
	assert_memory_equal(&key, &same, sizeof(key));
	assert_int_equal(last.have, build(out, &parties, data));
	assert_memory_equal(last.data, data, last.have);
	assert_int_equal(tc_flow_add(tc, &key), 0);
	assert_int_equal(tc_send(tc, if_nametoindex("net"), last.data, last.have), 0);
	assert_true(taps_read(net, data, sizeof(data), 1000) == last.have && memcmp(data, last.data, last.have) == 0);
	for (unsigned i = 0; i < 3; i++) {
		fate = send_kind(out);
		assert_true(fate.same && !fate.told);
		fate = send_kind(in);
		assert_true(fate.same && !fate.told);
	}
	assert_int_equal(tc_flow_get(tc, &key, &flow), 0);
	assert_int_equal(flow.sent, 3 * last.info.payload_len);
	assert_true(flow.flags_sent & flow.flags_received & TC_SEEN);
	assert_true(flow.last > 0);
	assert_int_equal(tc_flow_del(tc, &key), 0);
	fate = send_kind(out);
	assert_true(fate.told && !fate.came);
	fate = send_kind(in);
	assert_true(fate.told && !fate.came);
	assert_int_equal(tc_flow_del(tc, &key), -ENOENT);
}

static void test_life(void **state)
{
	check_life("tcp4", "net-tcp4");
	check_life("udp4", "net-udp4");
	check_life("echo4", "net-echo4");
	check_life("tcp6", "net-tcp6");
	check_life("udp6", "net-udp6");
	check_life("echo6", "net-echo6");
}

/* What user space sends to the client, and an error's flow. */
static void test_told(void **state)
{
	uint8_t data[FORGE_MAX], out[FORGE_MAX];
	size_t len = build(forge_find("net-dhcp"), &parties, data);
	struct tc_key key = key_of(forge_find("udp4")), same = key_of(forge_find("net-unreachable"));

	assert_memory_equal(&key, &same, sizeof(key));
	assert_int_equal(tc_send(tc, if_nametoindex("client"), data, len), 0);
	assert_true(taps_read(client, out, sizeof(out), 1000) == len && memcmp(out, data, len) == 0);
	assert_int_equal(tc_send(tc, 999, data, len), -ENXIO);
	assert_int_equal(tc_send(tc, if_nametoindex("client"), data, 13), -EINVAL);
	assert_int_equal(taps_drain(peer) + taps_drain(net), 0);
}

/* Without a vmos-tap that says it is there nothing passes, also no flow that was allowed: it is told instead. */
static void test_dead(void **state)
{
	struct fate fate;

	for_flows(tc_flow_add);
	assert_int_equal(tc_keep(tc, 0), 0);
	fate = send_kind(forge_find("tcp4"));
	assert_true(!fate.came && fate.told);
	fate = send_kind(forge_find("net-tcp4"));
	assert_true(!fate.came && fate.told);
	assert_int_equal(tc_keep(tc, 1), 0);
	assert_true(send_kind(forge_find("tcp4")).same);
	usleep(1100 * 1000);
	assert_false(send_kind(forge_find("tcp4")).came);
	assert_int_equal(tc_keep(tc, 600), 0);
	for_flows(tc_flow_del);
}

/* A connection's begin of a flow that is there: user space knows whether the one before is over. */
static void test_begin(void **state)
{
	const struct tc_key key = key_of(forge_find("tcp4"));
	uint8_t data[FORGE_MAX];
	struct fate fate;

	assert_int_equal(tc_flow_add(tc, &key), 0);
	fate = send_frame(client, data, forge_build(forge_find("tcp4"), &parties, data));
	assert_true(!fate.came && fate.told);
	assert_true(send_kind(forge_find("tcp4")).same);
	assert_int_equal(tc_flow_del(tc, &key), 0);
}

static void test_full(void **state)
{
	struct tc_key key = key_of(forge_find("udp4")), next;
	unsigned n = 0;

	for (unsigned i = 0; i < TC_FLOWS_MAX; i++) {
		key.local_port = (uint16_t)(i + 1);
		assert_int_equal(tc_flow_add(tc, &key), 0);
	}
	assert_int_equal(tc_flow_add(tc, &key), 0); /* it is there */
	key.local_port = 0;
	assert_int_equal(tc_flow_add(tc, &key), -ENOSPC);
	for (int r = tc_flow_next(tc, NULL, &next); r == 0; r = tc_flow_next(tc, &key, &next), n++)
		key = next;
	assert_int_equal(n, TC_FLOWS_MAX);
	/* With the client go its flows. */
	tc_del_client(tc, CLIENT);
	assert_int_equal(tc_flow_next(tc, NULL, &next), -ENOENT);
	assert_false(send_kind(forge_find("arp")).told);
	assert_int_equal(tc_add_client(tc, CLIENT, (int)if_nametoindex("client")), 0);
	assert_true(send_kind(forge_find("arp")).told);
	assert_int_equal(tc_add_client(tc, 0, 1), -EINVAL);
	assert_int_equal(tc_add_client(tc, TC_INDEX_MAX + 1, 1), -EINVAL);
}

/* A device's number that another one had: that one is gone, and nothing meant for it goes to who has its number now. */
static void test_numbers(void **state)
{
	const int client_device = (int)if_nametoindex("client"), net_device = (int)if_nametoindex("net");
	struct tc_key key = key_of(forge_find("udp4")), next;

	assert_int_equal(tc_flow_add(tc, &key), 0);
	assert_true(send_kind(forge_find("net-udp4")).same);
	assert_int_equal(tc_add_client(tc, PEER, client_device), 0);
	assert_int_equal(tc_flow_next(tc, NULL, &next), -ENOENT);
	assert_false(send_kind(forge_find("net-udp4")).came);
	assert_int_equal(tc_set_net(tc, client_device), 0);
	assert_int_equal(tc_add_client(tc, CLIENT, client_device), 0);
	assert_int_equal(tc_flow_add(tc, &key), 0);
	assert_false(send_kind(forge_find("udp4")).came);
	assert_int_equal(taps_drain(client), 0);
	assert_int_equal(tc_set_net(tc, net_device), 0);
	assert_true(send_kind(forge_find("udp4")).same);
	tc_del_client(tc, TC_NET);
	assert_false(send_kind(forge_find("udp4")).came);
	assert_int_equal(tc_set_net(tc, net_device), 0);
	assert_int_equal(tc_flow_del(tc, &key), 0);
	assert_int_equal(tc_add_client(tc, PEER, (int)if_nametoindex("peer")), 0);
}

/* A frame that two clients claim: each device has one MAC, and one alone. */
static void test_devices(void **state)
{
	uint8_t data[FORGE_MAX];
	size_t len = build(forge_find("arp"), &parties, data);
	struct tc_counters before, after;

	assert_int_equal(tc_counters(tc, PEER, &before), 0);
	assert_false(send_frame(peer, data, len).told);
	assert_int_equal(tc_counters(tc, PEER, &after), 0);
	assert_int_equal(after.verdicts[FRAME_SPOOFED], before.verdicts[FRAME_SPOOFED] + 1);
	assert_true(send_frame(client, data, len).told);
}

/* Sends the kind with this sequence number; what the table says follows. */
static uint32_t send_sequence(const char *name, uint32_t seq)
{
	const struct tc_key key = key_of(forge_find(name));
	struct forge_kind kind = *forge_find(name);
	const char bytes[4] = { (char)(seq >> 24), (char)(seq >> 16), (char)(seq >> 8), (char)seq };
	struct tc_flow flow;

	kind.edits[0] =
		(struct forge_edit){ .op = EDIT_SET, .at = strchr(name, '4') ? 38 : 58, .len = 4, .bytes = bytes };
	assert_true(send_kind(&kind).same);
	assert_int_equal(tc_flow_get(tc, &key, &flow), 0);
	return kind.side == FORGE_CLIENT ? flow.seq_sent : flow.seq_received;
}

/* What the table knows of TCP: enough to end it. SYN is one more; what comes again moves nothing back. */
static void test_sequence(void **state)
{
	const struct tc_key key4 = key_of(forge_find("tcp4")), key6 = key_of(forge_find("tcp6"));
	struct tc_flow flow;

	assert_int_equal(tc_flow_add(tc, &key4), 0);
	assert_int_equal(tc_flow_add(tc, &key6), 0);
	assert_int_equal(send_sequence("tcp4", 0x90000000), 0x90000000);
	assert_int_equal(send_sequence("tcp4", 0xfffffff0), 0xfffffff0);
	assert_int_equal(send_sequence("tcp4", 0x10), 0x10);
	assert_int_equal(send_sequence("tcp4", 0xfffffff0), 0x10);
	assert_int_equal(send_sequence("net-tcp4", 0xa0000000), 0xa0000001);
	assert_int_equal(send_sequence("tcp6", 0xb0000000), 0xb0000000);
	assert_int_equal(send_sequence("net-tcp6", 0x12345678), 0x12345679);
	assert_int_equal(tc_flow_get(tc, &key4, &flow), 0);
	assert_int_equal(flow.flags_sent, TC_SEEN | 0x10);
	assert_int_equal(flow.flags_received, TC_SEEN | 0x12);
	assert_int_equal(tc_flow_del(tc, &key4), 0);
	assert_int_equal(tc_flow_del(tc, &key6), 0);
}

/* A flow is one client's: the same of another is not in the table. */
static void test_owner(void **state)
{
	const struct tc_key key = key_of(forge_find("udp4"));
	struct forge_parties other;
	uint8_t data[FORGE_MAX];
	struct fate fate;

	forge_parties(&other, PEER, CLIENT);
	assert_int_equal(tc_flow_add(tc, &key), 0);
	fate = send_frame(peer, data, build(forge_find("udp4"), &other, data));
	assert_true(fate.told && !fate.came && last.index == PEER);
	fate = send_frame(net, data, build(forge_find("net-udp4"), &other, data));
	assert_true(fate.told && !fate.came && last.index == PEER);
	assert_true(send_kind(forge_find("udp4")).same);
	assert_int_equal(tc_flow_del(tc, &key), 0);
}

/* Questions to the resolver are looked at one by one, whatever stands in the table. */
static void test_resolver(void **state)
{
	static const char *const names[] = { "dns4", "dns6" };

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct tc_key key = key_of(forge_find(names[i]));
		struct fate fate;

		assert_int_equal(tc_flow_add(tc, &key), 0);
		fate = send_kind(forge_find(names[i]));
		assert_true(fate.told && !fate.came);
		assert_int_equal(tc_flow_del(tc, &key), 0);
	}
}

/* The fds are enough for all but devices. */
static void test_share(void **state)
{
	struct tc *other, *mine = tc;
	struct tc_key key = key_of(forge_find("tcp4"));
	int fds[TC_FDS];

	tc_share(tc, fds);
	for (unsigned i = 0; i < TC_FDS; i++)
		fds[i] = fds[i] < 0 ? -1 : dup(fds[i]);
	assert_int_equal(tc_adopt(&other, fds), 0);
	assert_int_equal(tc_add_client(other, 9, 1), -EPERM);
	assert_int_equal(tc_flow_add(other, &key), 0);
	assert_true(send_kind(forge_find("tcp4")).same);
	assert_int_equal(tc_flow_del(other, &key), 0);
	tc_on_frame(other, handle_frame, NULL);
	tc = other;
	assert_true(send_kind(forge_find("tcp4")).told);
	tc = mine;
	tc_close(other);
}

/* Told, as a TAP system would: the list decides, the flow is added, the first frame sent on. */
struct decider {
	struct net_decider list;
	unsigned asked;
};

static void handle_decision(const struct tc_event *event, void *userdata)
{
	struct decider *d = userdata;
	struct net_flow flow = { .proto = event->info.proto, .port = event->info.remote_port };
	struct tc_key key;
	size_t line;

	d->asked++;
	memcpy(flow.addr, event->info.remote, sizeof(flow.addr));
	if (event->verdict != FRAME_FLOW || netlist_decide(&d->list, &flow, &line) != NET_ALLOW)
		return;
	tc_key_of(event, &key);
	assert_int_equal(tc_flow_add(tc, &key), 0);
	assert_int_equal(tc_send(tc, if_nametoindex("net"), event->data, event->have), 0);
}

static unsigned pick(unsigned n)
{
	static uint64_t seed = 0x5eed;

	return (unsigned)(unit_random(&seed) % n);
}

static size_t random_list(struct net_target *targets, size_t max)
{
	static const char *const places[] = { "any", "192.0.2.0/24", "192.0.2.7", "198.51.100.0/25", "0.0.0.0/0",
		"[::/0]", "[2001:db8::/64]", "[2001:db8::3]", "203.0.113.0/30" };
	static const char *const rest[] = { "", "", "/tcp", "/udp", "/icmp", ":443", ":1-1023/tcp", ":8000-9000",
		":53/udp" };
	struct ruleset_error error;
	size_t count = pick((unsigned)max + 1);
	char text[NET_TARGET_TEXT];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%s%s", places[pick(COUNT(places))], rest[pick(COUNT(rest))]);
		targets[i].action = (uint8_t)(pick(2) ? NET_ALLOW : NET_DENY);
		assert_int_equal(netlist_parse_target(text, &targets[i], &error), 0);
	}
	return count;
}

/* A client's frame of a random flow, and that flow as the list has it. */
static size_t random_flow(uint8_t data[FORGE_MAX], uint16_t local_port, struct net_flow *ret)
{
	static const char *const far4[] = { "192.0.2.7", "192.0.2.8", "198.51.100.1", "198.51.100.200", "203.0.113.2",
		"1.1.1.1" };
	static const char *const far6[] = { "2001:db8::3", "2001:db8::4", "2001:db8:0:1::3", "2606::1" };
	static const uint16_t ports[] = { 443, 53, 80, 8080, 1023, 1024, 9001 };
	static const char *const kinds[] = { "tcp4", "udp4", "echo4", "tcp6", "udp6", "echo6" };
	static const uint8_t protos[] = { NET_TCP, NET_UDP, NET_ICMP };
	unsigned kind = pick(COUNT(kinds));
	struct forge_parties p = parties;
	size_t len;

	netplan_parse(far4[pick(COUNT(far4))], p.far4);
	netplan_parse(far6[pick(COUNT(far6))], p.far6);
	*ret = (struct net_flow){ .proto = protos[kind % 3], .port = ports[pick(COUNT(ports))] };
	memcpy(ret->addr, kind < 3 ? p.far4 : p.far6, sizeof(ret->addr));
	len = build(forge_find(kinds[kind]), &p, data);
	if (ret->proto == NET_ICMP) {
		ret->port = 0;
		data[(kind < 3 ? 34 : 54) + 4] = (uint8_t)(local_port >> 8);
		data[(kind < 3 ? 34 : 54) + 5] = (uint8_t)local_port;
		return len;
	}
	data[kind < 3 ? 34 : 54] = (uint8_t)(local_port >> 8);
	data[kind < 3 ? 35 : 55] = (uint8_t)local_port;
	data[kind < 3 ? 36 : 56] = (uint8_t)(ret->port >> 8);
	data[kind < 3 ? 37 : 57] = (uint8_t)ret->port;
	return len;
}

/* 1,000 lists, a flow of each: what comes out of the NET VM's device is what the list says, the second time too. */
static void test_lists(void **state)
{
	static struct net_target targets[20];
	struct decider d = { .list = { .targets = targets } };
	unsigned differ = 0, allowed = 0;

	tc_on_frame(tc, handle_decision, &d);
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t data[FORGE_MAX], out[FORGE_MAX];
		struct net_flow flow;
		size_t len = random_flow(data, (uint16_t)(1024 + i), &flow), line;
		bool allow, came = false;

		d.list.count = random_list(targets, COUNT(targets));
		d.list.fallback = netlist_fallback(targets, d.list.count, false);
		allow = netlist_decide(&d.list, &flow, &line) == NET_ALLOW;
		d.asked = 0;
		for (unsigned round = 0; round < 2; round++) {
			assert_int_equal(write(client, data, len), len);
			tc_read(tc, UINT32_MAX);
			came = taps_read(net, out, sizeof(out), 0) == len && memcmp(out, data, len) == 0;
			differ += came != allow;
		}
		differ += d.asked != (allow ? 1 : 2);
		allowed += allow;
	}
	tc_on_frame(tc, handle_frame, NULL);
	assert_int_equal(taps_drain(net) + taps_drain(peer), 0);
	print_message("1000 lists and flows, %u allowed: %u differ\n", allowed, differ);
	assert_int_equal(differ, 0);
	assert_true(allowed > 200 && allowed < 800);
}

/* As many frames as the ring has no room for: the rest are dropped and counted, and none gets through. */
static void test_flood(void **state)
{
	uint8_t data[FORGE_MAX];
	size_t len = build(forge_find("udp4"), &parties, data);
	struct tc_counters before, after;
	unsigned n;

	assert_int_equal(tc_counters(tc, CLIENT, &before), 0);
	for (n = 0; n < 5000; n++)
		assert_int_equal(write(client, data, len), len);
	n = take_events();
	assert_int_equal(tc_counters(tc, CLIENT, &after), 0);
	print_message("of 5000 frames %u told\n", n);
	assert_true(n > 1000 && n < 5000);
	assert_int_equal(after.lost - before.lost, 5000 - n);
	assert_int_equal(taps_drain(net) + taps_drain(peer), 0);
	assert_true(send_kind(forge_find("udp4")).told);
}

/* 100 KiB a second: what comes in half a second is that, and the burst of a fifth. */
static void test_limit(void **state)
{
	const struct tc_key key = key_of(forge_find("udp4-longest"));
	struct timespec begin, end;
	struct tc_counters before, after;
	uint8_t data[FORGE_MAX];
	size_t len = build(forge_find("udp4-longest"), &parties, data);
	unsigned came = 0, sent = 0;
	double seconds;

	assert_int_equal(tc_counters(tc, CLIENT, &before), 0);
	assert_int_equal(tc_limit(tc, TC_NET, 100), -EINVAL);
	assert_int_equal(tc_limit(tc, CLIENT, 100), 0);
	assert_int_equal(tc_flow_add(tc, &key), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned ms = 0; ms < 500; ms += 5, usleep(5000)) {
		for (unsigned i = 0; i < 10; i++, sent++)
			came += send_frame(client, data, len).same;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	assert_int_equal(tc_counters(tc, CLIENT, &after), 0);
	print_message("%u of %u frames in %.2f s\n", came, sent, seconds);
	assert_true(came * 1514.0 > 100 * 1024 * 0.5 && came * 1514.0 < 100 * 1024 * (seconds + 0.2) + 2 * 1514);
	assert_int_equal(after.limited - before.limited, sent - came);
	assert_int_equal(tc_limit(tc, CLIENT, 0), 0);
	assert_true(send_frame(client, data, len).same);
	assert_int_equal(tc_flow_del(tc, &key), 0);
}

/* What the host itself would say to a guest: nothing of it arrives. */
static void test_host(void **state)
{
	static const char *const names[] = { "client", "peer", "net" };
	uint8_t data[FORGE_MAX];
	size_t len = build(forge_find("net-udp4"), &parties, data);

	for (size_t i = 0; i < COUNT(names); i++)
		taps_send_as_host(names[i], data, len);
	assert_int_equal(taps_drain(client) + taps_drain(peer) + taps_drain(net), 0);
	assert_int_equal(take_events(), 0);
}

/* A TCP segment of @payload bytes that a guest leaves to its card to cut, with the header by which it says so. */
static size_t make_large(uint8_t *data, size_t payload)
{
	struct virtio_net_hdr head = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 58,
		.gso_size = 1440,
		.csum_start = 34,
		.csum_offset = 16 };
	struct forge_kind kind = *forge_find("tcp4");
	size_t len;

	kind.edits[0] = (struct forge_edit){ .op = EDIT_LENGTH, .at = (uint16_t)(58 + payload) };
	kind.edits[1] = (struct forge_edit){ .op = EDIT_SET, .at = 47, .len = 1, .bytes = "\x10" };
	len = build(&kind, &parties, data + sizeof(head));
	memcpy(data, &head, sizeof(head));
	return sizeof(head) + len;
}

/* Segments longer than a cable takes go through whole where they are of a flow, and only their heads are told. */
static void test_large(void **state)
{
	const struct tc_key key = key_of(forge_find("tcp4"));
	int from = taps_open_vnet("large1"), to = taps_open_vnet("large2");
	uint8_t data[16384], out[16384];
	size_t len = make_large(data, 8000), head = sizeof(struct virtio_net_hdr);

	assert_true(from >= 0 && to >= 0);
	assert_int_equal(tc_set_net(tc, (int)if_nametoindex("large2")), 0);
	assert_int_equal(tc_add_client(tc, CLIENT, (int)if_nametoindex("large1")), 0);
	assert_int_equal(write(from, data, len), len);
	assert_int_equal(take_events(), 1);
	assert_true(last.verdict == FRAME_FLOW && last.len == len - head && last.have == FRAME_HEAD);
	assert_int_equal(tc_flow_add(tc, &key), 0);
	assert_int_equal(write(from, data, len), len);
	assert_int_equal(take_events(), 0);
	assert_int_equal(taps_read(to, out, sizeof(out), 1000), len);
	assert_memory_equal(out + head, data + head, len - head);
	memset(data, 0, head); /* the same, said to be one frame */
	assert_int_equal(write(from, data, len), len);
	assert_int_equal(take_events(), 0);
	assert_int_equal(taps_read(to, out, sizeof(out), 0), 0);
	assert_int_equal(tc_flow_del(tc, &key), 0);
	assert_int_equal(tc_set_net(tc, (int)if_nametoindex("net")), 0);
	assert_int_equal(tc_add_client(tc, CLIENT, (int)if_nametoindex("client")), 0);
	assert_true(send_kind(forge_find("arp")).told);
	close(from);
	close(to);
}

/* What a bridge of the kernel takes out by itself: addresses that are none, and what IEEE 802.1D keeps on one cable. */
static bool bridge_refuses(const char *name)
{
	static const char *const names[] = { "mac-multicast", "mac-broadcast", "mac-zero", "lldp", "pause", "802.1x",
		"runt" };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* The same devices on a plain bridge without the filter. Last: the filter does not come back. */
static void test_bridge(void **state)
{
	static const char *const names[] = { "client", "peer", "net" };
	unsigned wrong = 0, arrived = 0, refused = 0;

	assert_int_equal(taps_bridge("bridge"), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(tc_detach((int)if_nametoindex(names[i])), 0);
		assert_int_equal(taps_join("bridge", names[i], 1), 0);
	}
	usleep(100 * 1000);
	for (size_t i = 0; i < forge_nkinds; i++) {
		struct fate fate = send_kind(&forge_kinds[i]);

		arrived += fate.came;
		refused += !fate.came;
		if (fate.came == bridge_refuses(forge_kinds[i].name)) {
			print_message("%s: came %d\n", forge_kinds[i].name, fate.came);
			wrong++;
		}
	}
	print_message("a plain bridge: %u kinds arrive, %u do not\n", arrived, refused);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_resolver),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_bridge),
	};
	int r = taps_unshare();

	if (r < 0)
		return taps_left_out("a network of its own", r);
	client = taps_open("client");
	peer = taps_open("peer");
	net = taps_open("net");
	if (client < 0 || peer < 0 || net < 0)
		return taps_left_out("TAP devices", client < 0 ? client : peer < 0 ? peer : net);
	r = tc_open(&tc);
	if (r < 0)
		return taps_left_out("eBPF", r);
	r = tc_set_net(tc, (int)if_nametoindex("net"));
	if (r == 0)
		r = tc_add_client(tc, CLIENT, (int)if_nametoindex("client"));
	if (r == 0)
		r = tc_add_client(tc, PEER, (int)if_nametoindex("peer"));
	if (r == 0)
		r = tc_keep(tc, 600);
	if (r < 0)
		return taps_left_out("the kernel's queueing disciplines (clsact)", r);
	tc_on_frame(tc, handle_frame, NULL);
	forge_parties(&parties, CLIENT, PEER);
	usleep(100 * 1000);
	taps_drain(client);
	taps_drain(peer);
	taps_drain(net);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	tc_close(tc);
	return r;
}
