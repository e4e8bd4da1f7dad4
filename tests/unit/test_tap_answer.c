/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that vmos-tap makes are judged by its own filter, as if the far end had sent them. */
#include <string.h>

#include "tap/answer.h"
#include "tap/frame.h"
#include "tests/net/forge.h"
#include "tests/unit/unit.h"

static struct forge_parties parties;

/* A good frame of the client by its name. */
static uint32_t build(const char *name, uint8_t frame[FORGE_MAX])
{
	for (size_t i = 0; i < forge_nkinds; i++)
		if (strcmp(forge_kinds[i].name, name) == 0)
			return (uint32_t)forge_build(&forge_kinds[i], &parties, frame);
	fail_msg("no frame %s", name);
	return 0;
}

static uint32_t sum(uint32_t total, const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		total += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total;
}

/* All ones, where the checksum of what follows the IP header is right. */
static uint32_t check(const uint8_t *frame, uint32_t len)
{
	bool ipv6 = frame[12] == 0x86;
	uint32_t l4 = ipv6 ? FRAME_AT6 : FRAME_AT4, proto = frame[ipv6 ? 20 : 23], total = 0;

	if (proto != 1) {
		total = len - l4 + proto;
		total = sum(total, frame + (ipv6 ? 22 : 26), ipv6 ? 32 : 8);
	}
	return sum(total, frame + l4, len - l4);
}

static enum frame_verdict judge(const uint8_t *frame, uint32_t len, struct frame_info *info)
{
	return frame_to_client(frame, len, &parties.client, info);
}

static void test_arp(void **state)
{
	uint8_t request[FORGE_MAX], reply[ANSWER_MAX];

	build("arp", request);
	assert_int_equal(answer_arp(request, netplan_gateway_mac, reply), 42);
	assert_memory_equal(reply, parties.client.mac, 6);
	assert_memory_equal(reply + 6, netplan_gateway_mac, 6);
	assert_int_equal(reply[21], 2);
	assert_memory_equal(reply + 22, netplan_gateway_mac, 6);
	assert_memory_equal(reply + 28, request + 38, 4);
	assert_memory_equal(reply + 32, parties.client.mac, 6);
	assert_memory_equal(reply + 38, parties.client.addr4 + 12, 4);
}

static void test_nd(void **state)
{
	uint8_t request[FORGE_MAX], reply[ANSWER_MAX];

	build("nd", request);
	assert_int_equal(answer_nd(request, netplan_gateway_mac, true, reply), 86);
	assert_memory_equal(reply, parties.client.mac, 6);
	assert_int_equal(reply[21], 255);
	assert_memory_equal(reply + 22, request + FRAME_AT6 + 8, 16);
	assert_memory_equal(reply + 38, request + 22, 16);
	assert_int_equal(reply[54], 136);
	assert_int_equal(reply[58], 0xe0);
	assert_memory_equal(reply + 62, request + FRAME_AT6 + 8, 16);
	assert_memory_equal(reply + 80, netplan_gateway_mac, 6);
	assert_int_equal(check(reply, 86), 0xffff);
	memset(request + 22, 0, 16); /* from nobody: duplicate address detection */
	assert_int_equal(answer_nd(request, netplan_gateway_mac, true, reply), 0);
}

static void check_reset(const char *name)
{
	uint8_t segment[FORGE_MAX], reply[ANSWER_MAX];
	uint32_t len = build(name, segment), n, l4;
	struct frame_info info, sent;

	assert_int_equal(frame_from_client(segment, len, &parties.client, &sent), FRAME_FLOW);
	n = answer_reset(segment, len, reply);
	assert_int_equal(judge(reply, n, &info), FRAME_FLOW);
	assert_int_equal(check(reply, n), 0xffff);
	assert_int_equal(info.local_port, sent.local_port);
	assert_int_equal(info.remote_port, sent.remote_port);
	assert_memory_equal(info.remote, sent.remote, 16);
	assert_int_equal(info.payload_len, 0);
	l4 = sent.ipv6 ? FRAME_AT6 : FRAME_AT4;
	assert_int_equal(info.tcp_flags & 4, 4);
	if (sent.tcp_flags & 0x10)
		assert_memory_equal(reply + l4 + 4, segment + l4 + 8, 4);
	segment[l4 + 13] |= 4; /* nobody answers a RST */
	assert_int_equal(answer_reset(segment, len, reply), 0);
}

static void test_reset(void **state)
{
	check_reset("tcp4");
	check_reset("tcp6");
}

static void check_prohibited(const char *name)
{
	uint8_t packet[FORGE_MAX], reply[ANSWER_MAX];
	uint32_t len = build(name, packet), n;
	struct frame_info info, sent;

	assert_int_equal(frame_from_client(packet, len, &parties.client, &sent), FRAME_FLOW);
	n = answer_prohibited(packet, len, reply);
	assert_int_equal(judge(reply, n, &info), FRAME_ERROR);
	assert_int_equal(check(reply, n), 0xffff);
	assert_int_equal(info.local_port, sent.local_port);
	assert_int_equal(info.remote_port, sent.remote_port);
	assert_memory_equal(info.remote, sent.remote, 16);
}

static void test_prohibited(void **state)
{
	check_prohibited("udp4");
	check_prohibited("udp6");
	check_prohibited("echo4");
}

static void test_udp(void **state)
{
	static const char *const names[] = { "udp4", "udp6" };
	uint8_t packet[FORGE_MAX], reply[ANSWER_MAX];

	for (unsigned i = 0; i < COUNT(names); i++) {
		struct frame_info info;
		uint32_t n;

		build(names[i], packet);
		n = answer_udp(packet, (const uint8_t *)"hello", 5, reply);
		assert_int_equal(judge(reply, n, &info), FRAME_FLOW);
		assert_int_equal(check(reply, n), 0xffff);
		assert_int_equal(info.payload_len, 5);
		assert_memory_equal(reply + info.payload, "hello", 5);
		assert_int_equal(answer_udp(packet, packet, ANSWER_MAX, reply), 0);
	}
}

static void test_cut(void **state)
{
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		struct answer_cut cut = { .ipv6 = ipv6,
			.client_port = 1000,
			.far_port = 443,
			.seq_sent = 0x11223344,
			.seq_received = 0x55667788 };
		uint32_t n, l4 = ipv6 ? FRAME_AT6 : FRAME_AT4;
		uint8_t frame[ANSWER_MAX];
		struct frame_info info;

		memcpy(cut.client_mac, parties.client.mac, 6);
		memcpy(cut.client, ipv6 ? parties.client.addr6 : parties.client.addr4, 16);
		memcpy(cut.far, ipv6 ? parties.far6 : parties.far4, 16);
		n = answer_cut(&cut, true, frame);
		assert_int_equal(judge(frame, n, &info), FRAME_FLOW);
		assert_int_equal(check(frame, n), 0xffff);
		assert_int_equal(info.local_port, 1000);
		assert_int_equal(frame[l4 + 4], 0x55);
		n = answer_cut(&cut, false, frame);
		assert_int_equal(frame_from_client(frame, n, &parties.client, &info), FRAME_FLOW);
		assert_int_equal(check(frame, n), 0xffff);
		assert_int_equal(info.remote_port, 443);
		assert_int_equal(frame[l4 + 4], 0x11);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_nd),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_prohibited),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_cut),
	};

	forge_parties(&parties, 7, 300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
