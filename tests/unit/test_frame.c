/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap/frame.h"
#include "tests/net/forge.h"
#include "tests/unit/unit.h"

static struct forge_parties parties;

/* A copy of what may be read: the sanitizer sees a byte that is read beyond. */
static enum frame_verdict judge(enum forge_side side, const uint8_t *data, size_t len, struct frame_info *ret)
{
	size_t head = len < FRAME_HEAD ? len : FRAME_HEAD;
	uint8_t *copy = malloc(head ? head : 1);
	enum frame_verdict v;

	assert_non_null(copy);
	memcpy(copy, data, head);
	memset(ret, 0xa5, sizeof(*ret));
	v = (side == FORGE_CLIENT ? frame_from_client : frame_to_client)(copy, (uint32_t)len, &parties.client, ret);
	free(copy);
	return v;
}

static void test_kinds(void **state)
{
	unsigned wrong = 0, forged = 0;

	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];
		uint8_t data[FORGE_MAX];
		struct frame_info info;
		size_t len = forge_build(kind, &parties, data);
		enum frame_verdict v = judge(kind->side, data, len, &info);

		forged += kind->side == FORGE_CLIENT && !forge_is_good(kind);
		if (v != kind->verdict) {
			print_message("%s: %u instead of %u\n", kind->name, v, kind->verdict);
			wrong++;
		}
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(kind->name, forge_kinds[j].name);
	}
	print_message("%zu kinds, %u forged by a client\n", forge_nkinds, forged);
	assert_int_equal(wrong, 0);
	assert_true(forged >= 50);
}

static bool passes(enum frame_verdict v)
{
	return v <= FRAME_DHCP;
}

/* Cut at every length: no frame passes that was cut, and none is read behind its end. */
static void test_cut(void **state)
{
	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];
		uint8_t data[FORGE_MAX];
		struct frame_info info;
		size_t len = forge_build(kind, &parties, data), whole = len;

		/* ARP is as long as its header says, and may have padding; so may a short packet. */
		if (kind->verdict == FRAME_ARP)
			whole = 42;
		if (strcmp(kind->name, "udp4-padded") == 0)
			whole = 46;
		for (size_t cut = 0; cut < len; cut++) {
			enum frame_verdict v = judge(kind->side, data, cut, &info);

			if (forge_is_good(kind) && passes(v) && cut < whole)
				fail_msg("%s passes with %zu of %zu bytes", kind->name, cut, len);
			if (cut < FRAME_ETH)
				assert_int_equal(v, FRAME_MALFORMED);
			frame_index(data, (uint32_t)cut);
		}
	}
}

/* With bytes behind it no IP packet passes, but what fills a short frame. */
static void test_tail(void **state)
{
	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];
		uint8_t data[FORGE_MAX + 64] = { 0 };
		struct frame_info info;
		size_t len = forge_build(kind, &parties, data);

		if (!forge_is_good(kind))
			continue;
		for (size_t more = 1; more < 64; more++) {
			if (len + more > FRAME_PADDED)
				assert_false(passes(judge(kind->side, data, len + more, &info)));
		}
	}
}

/* The right sum for the IPv4 header as it is now. */
static void fix_sum(uint8_t *ip)
{
	uint32_t sum = 0;

	ip[10] = ip[11] = 0;
	for (size_t i = 0; i < 20; i += 2)
		sum += frame_get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
}

/* May this byte of a good frame be another, and the frame still pass? Where it names what the sender may choose. */
static bool is_free(const struct forge_kind *kind, size_t at, size_t len, bool ipv6)
{
	const size_t far4 = kind->side == FORGE_CLIENT ? 30 : 26, far6 = kind->side == FORGE_CLIENT ? 38 : 22;

	if (at < FRAME_ETH)
		return false;
	if (at == 17 && !ipv6 && len <= FRAME_PADDED)
		return true; /* the length: it may be a shorter packet with padding */
	if (ipv6) /* class, flow label; next header among three; hops; the far address */
		return at == 14 || at == 15 || at == 16 || at == 17 || at == 20 || at == 21 ||
			(at >= far6 && at < far6 + 16);
	return at == 15 || at == 18 || at == 19 || at == 20 || at == 22 || at == 23 || (at >= far4 && at < far4 + 4);
}

/* The frame with each other value of the byte @at. */
static void try_byte(const struct forge_kind *kind, uint8_t *data, size_t len, size_t at)
{
	const bool ipv6 = data[12] == 0x86;
	const uint8_t was = data[at];
	struct frame_info info;

	for (unsigned value = 0; value < 256; value++) {
		data[at] = (uint8_t)value;
		if (!ipv6)
			fix_sum(data + 14);
		if (value != was && !is_free(kind, at, len, ipv6) && passes(judge(kind->side, data, len, &info)))
			fail_msg("%s passes with %u at %zu", kind->name, value, at);
	}
	data[at] = was;
	if (!ipv6)
		fix_sum(data + 14);
}

/* Every byte of every good IP frame's headers: addresses and lengths are what they must be. */
static void test_bytes(void **state)
{
	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];
		uint8_t data[FORGE_MAX];
		size_t len = forge_build(kind, &parties, data), head = data[12] == 0x86 ? FRAME_AT6 : FRAME_AT4;

		if (kind->verdict != FRAME_FLOW && kind->verdict != FRAME_ERROR)
			continue;
		if (strcmp(kind->name, "udp4-padded") == 0)
			continue; /* its length may be less */
		for (size_t at = 0; at < head; at++) {
			if (head == FRAME_AT6 || (at != 24 && at != 25)) /* the sum is made right */
				try_byte(kind, data, len, at);
		}
	}
}

/* What is said of a flow: the same for what goes out and what comes back. */
static void test_info(void **state)
{
	static const struct {
		const char *out, *in;
		uint8_t proto, flags;
		uint16_t port, payload, payload_len;
	} flows[] = { { "tcp4", "net-tcp4", 6, 2, FORGE_PORT, 58, 0 },
		{ "udp4", "net-udp4", 17, 0, FORGE_PORT, 42, 22 }, { "echo4", "net-echo4", 1, 0, 0, 42, 16 },
		{ "tcp6", "net-tcp6", 6, 2, FORGE_PORT, 78, 0 }, { "udp6", "net-udp6", 17, 0, FORGE_PORT, 62, 22 },
		{ "echo6", "net-echo6", 1, 0, 0, 62, 16 }, { "udp4", "net-unreachable", 17, 0, FORGE_PORT, 42, 22 },
		{ "tcp6", "net-too-big", 6, 2, FORGE_PORT, 78, 0 } };

	for (size_t i = 0; i < COUNT(flows); i++) {
		struct frame_info out, in;
		bool ipv6 = strchr(flows[i].out, '6') != NULL;

		for (size_t k = 0; k < forge_nkinds; k++) {
			uint8_t data[FORGE_MAX];
			size_t len = forge_build(&forge_kinds[k], &parties, data);

			if (strcmp(forge_kinds[k].name, flows[i].out) == 0)
				judge(FORGE_CLIENT, data, len, &out);
			if (strcmp(forge_kinds[k].name, flows[i].in) == 0)
				judge(FORGE_NET, data, len, &in);
		}
		assert_int_equal(out.proto, flows[i].proto);
		assert_int_equal(out.tcp_flags, flows[i].flags);
		assert_int_equal(out.ipv6, ipv6);
		assert_memory_equal(out.local, ipv6 ? parties.client.addr6 : parties.client.addr4, 16);
		assert_memory_equal(out.remote, ipv6 ? parties.far6 : parties.far4, 16);
		assert_int_equal(out.local_port, FORGE_LOCAL_PORT);
		assert_int_equal(out.remote_port, flows[i].port);
		assert_int_equal(out.payload, flows[i].payload);
		assert_int_equal(out.payload_len, flows[i].payload_len);
		assert_int_equal(in.proto, out.proto);
		assert_memory_equal(in.local, out.local, 16);
		assert_memory_equal(in.remote, out.remote, 16);
		assert_int_equal(in.local_port, out.local_port);
		assert_int_equal(in.remote_port, out.remote_port);
	}
}

/* Whom the NET VM's frames are for, and what ARP and ND ask. */
static void test_index(void **state)
{
	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];
		uint8_t data[FORGE_MAX];
		struct frame_info info;
		size_t len = forge_build(kind, &parties, data);
		enum frame_verdict v = judge(kind->side, data, len, &info);

		if (kind->side == FORGE_NET && forge_is_good(kind))
			assert_int_equal(frame_index(data, (uint32_t)len), 7);
		if (strcmp(kind->name, "arp") == 0)
			assert_memory_equal(info.remote, netplan_gateway4, 16);
		if (strcmp(kind->name, "nd") == 0)
			assert_memory_equal(info.remote, netplan_gateway6, 16);
		if (kind->side == FORGE_NET && v == FRAME_ARP)
			assert_memory_equal(info.local, parties.client.addr4, 16);
		if (kind->side == FORGE_NET && v == FRAME_ND)
			assert_memory_equal(info.local, parties.client.addr6, 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_index),
	};

	forge_parties(&parties, 7, 300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
