/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of both sides. The first two bytes say which side and how long the
 * frame claims to be beyond what is there. What passes is of and for the
 * client, whole, and nothing behind the head is read.
 */
#include "proto/netplan.h"
#include "tap/frame.h"
#include "tests/fuzz/fuzz.h"

static const uint8_t zero[16];

static void check_flow(const struct frame_info *info, const struct frame_client *c, uint32_t len, bool inner)
{
	require(memcmp(info->local, info->ipv6 ? c->addr6 : c->addr4, 16) == 0);
	require(netplan_is_ipv4(info->remote) == !info->ipv6);
	require(netplan_index_of_addr(info->remote) == 0);
	require(info->proto == 1 || info->proto == 6 || info->proto == 17);
	require(info->proto == 1 ? info->remote_port == 0 : info->remote_port != 0 && info->local_port != 0);
	require((uint32_t)info->payload + info->payload_len <= len);
	require(info->payload >= (info->ipv6 ? 62 : 42));
	require(inner || info->proto != 17 ||
		(info->remote_port != 67 && info->remote_port != 68 && info->local_port != 67 &&
			info->local_port != 68));
}

/* What every frame that passes is, by looking at it in another way. */
static void check_frame(const uint8_t *data, uint32_t len, const struct frame_client *c, bool from_client)
{
	const uint8_t *near = data + (from_client ? 6 : 0), *far = data + (from_client ? 0 : 6);

	require(len >= 42 && len <= FRAME_MAX);
	if (from_client)
		require(memcmp(near, c->mac, 6) == 0 && netplan_index_of_mac(far) == 0);
	else
		require(memcmp(far, netplan_gateway_mac, 6) == 0 && (near[0] & 1 || memcmp(near, c->mac, 6) == 0));
	require(data[12] == 8 ? data[13] == 0 || data[13] == 6 : data[12] == 0x86 && data[13] == 0xdd);
	if (data[12] == 8 && data[13] == 0)
		require(data[14] == 0x45 && (data[20] & 0xbf) == 0 && data[21] == 0);
	if (data[12] == 0x86)
		require(data[20] == 6 || data[20] == 17 || data[20] == 58);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_client c;
	struct frame_info info;
	enum frame_verdict v;
	uint8_t *copy;
	uint32_t len;
	bool from_client;

	if (size < 2)
		return 0;
	netplan_mac(7, c.mac);
	netplan_addr4(7, c.addr4);
	netplan_addr6(7, c.addr6);
	netplan_link_local(c.mac, c.link_local);
	from_client = data[0] & 1;
	size -= 2;
	len = (uint32_t)(size + (size >= FRAME_HEAD ? data[1] * 8u : 0));
	copy = fuzz_copy(data + 2, size < FRAME_HEAD ? size : FRAME_HEAD);
	memset(&info, 0xa5, sizeof(info));
	v = (from_client ? frame_from_client : frame_to_client)(copy, len, &c, &info);
	require((unsigned)v < FRAME_VERDICTS);
	if (v <= FRAME_DHCP)
		check_frame(copy, len, &c, from_client);
	if (v == FRAME_FLOW)
		check_flow(&info, &c, len, false);
	if (v == FRAME_ERROR) {
		require(!from_client);
		check_flow(&info, &c, len, true);
	}
	if (v <= FRAME_DHCP && !from_client)
		require(frame_index(copy, len) == 7);
	if ((v == FRAME_ARP || v == FRAME_ND) && from_client)
		require(memcmp(info.local, zero, 16) == 0 || memcmp(copy + 6, c.mac, 6) == 0);
	free(copy);
	return 0;
}
