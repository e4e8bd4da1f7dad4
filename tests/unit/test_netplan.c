/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "proto/netplan.h"
#include "tap/frame.h"
#include "tests/unit/unit.h"

static void expect(const uint8_t addr[NETPLAN_ADDR], const char *text)
{
	char shown[NETPLAN_TEXT];
	uint8_t back[NETPLAN_ADDR];

	netplan_format(addr, shown);
	assert_string_equal(shown, text);
	assert_int_equal(netplan_parse(text, back), 0);
	assert_memory_equal(back, addr, NETPLAN_ADDR);
}

static bool is_reserved(const char *text)
{
	uint8_t addr[NETPLAN_ADDR];

	assert_int_equal(netplan_parse(text, addr), 0);
	return netplan_is_reserved(addr);
}

static bool is_reserved_net(const char *text, unsigned bits)
{
	uint8_t addr[NETPLAN_ADDR];

	assert_int_equal(netplan_parse(text, addr), 0);
	return netplan_is_reserved_net(addr, bits);
}

static void test_gateway(void **state)
{
	uint8_t link_local[NETPLAN_ADDR];

	expect(netplan_gateway4, NETPLAN_GATEWAY4);
	expect(netplan_gateway6, NETPLAN_GATEWAY6);
	expect(netplan_resolver4, NETPLAN_RESOLVER4);
	expect(netplan_resolver6, NETPLAN_RESOLVER6);
	netplan_link_local(netplan_gateway_mac, link_local);
	assert_memory_equal(link_local, netplan_gateway6, NETPLAN_ADDR);
}

static void test_client(void **state)
{
	uint8_t mac[NETPLAN_MAC], addr[NETPLAN_ADDR];
	char text[18];

	netplan_mac(4000, mac);
	netplan_format_mac(mac, text);
	assert_string_equal(text, "52:76:6d:00:0f:a0");
	netplan_link_local(mac, addr);
	expect(addr, "fe80::5076:6dff:fe00:fa0");
	netplan_addr4(4000, addr);
	expect(addr, "10.137.15.160");
	netplan_addr6(4000, addr);
	expect(addr, "fd76:6d6f:7300::fa0");
	netplan_addr4(1, addr);
	expect(addr, "10.137.0.1");
}

/* There and back for each client; what is just beside is none. */
static void test_index(void **state)
{
	uint8_t mac[NETPLAN_MAC], addr[NETPLAN_ADDR];

	for (uint32_t i = 1; i <= NETPLAN_INDEX_MAX; i++) {
		netplan_mac(i, mac);
		assert_int_equal(netplan_index_of_mac(mac), i);
		netplan_addr4(i, addr);
		assert_int_equal(netplan_index_of_addr(addr), i);
		assert_true(netplan_is_ipv4(addr) && netplan_is_reserved(addr));
		netplan_addr6(i, addr);
		assert_int_equal(netplan_index_of_addr(addr), i);
		assert_true(!netplan_is_ipv4(addr) && netplan_is_reserved(addr));
	}
	netplan_mac(NETPLAN_INDEX_MAX + 1, mac);
	assert_int_equal(netplan_index_of_mac(mac), 0);
	netplan_addr4(0, addr);
	assert_int_equal(netplan_index_of_addr(addr), 0);
	assert_int_equal(netplan_index_of_mac(netplan_gateway_mac), 0);
	assert_int_equal(netplan_index_of_addr(netplan_resolver6), 0);
	assert_int_equal(netplan_index_of_addr(netplan_gateway4), 0);
}

static void test_reserved(void **state)
{
	static const char *const yes[] = { "0.0.0.0", "10.0.2.2", "10.0.2.255", "10.137.255.255", "127.0.0.1",
		"169.254.169.254", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "::1", "::10.0.0.1", "fe80::1",
		"febf::1", "fec0::2", "feff::", "ff02::1", "fd76:6d6f:7300:ffff::53", "fd76:6d6f:7300::1" };
	static const char *const no[] = { "1.0.0.0", "10.0.1.255", "10.0.3.0", "10.136.255.255", "10.138.0.0",
		"126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "223.255.255.255", "192.168.1.1",
		"0:0:0:0:1::", "2001:db8::1", "fe7f::1", "fe00::", "fd76:6d6f:7301::1", "fd76:6d6f:72ff::1" };

	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true(is_reserved(yes[i]));
	for (size_t i = 0; i < COUNT(no); i++)
		assert_false(is_reserved(no[i]));
	assert_true(is_reserved_net("10.0.2.0", 96 + 24));
	assert_true(is_reserved_net("10.0.2.2", 128));
	assert_true(is_reserved_net("224.0.0.0", 96 + 3));
	assert_false(is_reserved_net("10.0.2.0", 96 + 23));
	assert_false(is_reserved_net("0.0.0.0", 96));
	assert_false(is_reserved_net("::", 0));
	assert_false(is_reserved_net("fe80::", 9));
}

static void test_text(void **state)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "::1%lo",
		":::", "1:2:3:4:5:6:7:8:9", "g::1", "[::1]", "example.org" };
	uint8_t addr[NETPLAN_ADDR] = { 7 };

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(netplan_parse(bad[i], addr), -EINVAL);
	assert_int_equal(addr[0], 7);
	assert_int_equal(netplan_parse("2001:DB8:0::1", addr), 0);
	expect(addr, "2001:db8::1");
}

/* tap/frame.h has its own copies of these, for the kernel. */
static void test_frame(void **state)
{
	static const uint8_t none[6];
	uint8_t mac[NETPLAN_MAC], addr[NETPLAN_ADDR], other[NETPLAN_ADDR];

	assert_true(frame_is_gateway(netplan_gateway_mac));
	assert_false(frame_is_client(netplan_gateway_mac));
	assert_false(frame_is_gateway(none));
	assert_true(frame_is_dhcp_server(netplan_gateway4 + 12));
	assert_false(frame_is_dhcp_server(netplan_resolver4 + 12));
	assert_false(frame_is_peer(netplan_resolver6, true));
	assert_false(frame_is_peer(netplan_resolver4, false));
	assert_false(frame_is_peer(netplan_gateway6, true));
	assert_false(frame_is_peer(netplan_gateway4, false));
	for (uint32_t i = 1; i <= NETPLAN_INDEX_MAX; i++) {
		netplan_mac(i, mac);
		assert_true(frame_is_client(mac) && !frame_is_gateway(mac));
		netplan_link_local(mac, addr);
		assert_true(frame_is_peer(addr, true));
		netplan_addr6(i, addr);
		assert_true(frame_is_peer(addr, true));
		netplan_addr4(i, addr);
		assert_true(frame_is_peer(addr, false));
		frame_map4(other, addr + 12);
		assert_memory_equal(addr, other, NETPLAN_ADDR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
