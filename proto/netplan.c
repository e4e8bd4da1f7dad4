/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/netplan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define MAPPED 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff

const uint8_t netplan_gateway_mac[NETPLAN_MAC] = { 0x52, 0x76, 0x6d, 0xff, 0x00, 0x01 };
const uint8_t netplan_gateway4[NETPLAN_ADDR] = { MAPPED, 169, 254, 1, 1 };
const uint8_t netplan_gateway6[NETPLAN_ADDR] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x50, 0x76, 0x6d, 0xff, 0xfe, 0xff, 0,
	1 };
const uint8_t netplan_resolver4[NETPLAN_ADDR] = { MAPPED, 169, 254, 1, 53 };
const uint8_t netplan_resolver6[NETPLAN_ADDR] = { 0xfd, 0x76, 0x6d, 0x6f, 0x73, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0,
	0x53 };

static const uint8_t client_mac[4] = { 0x52, 0x76, 0x6d, 0x00 };
static const uint8_t client4[14] = { MAPPED, 10, 137 };
static const uint8_t client6[14] = { 0xfd, 0x76, 0x6d, 0x6f, 0x73 };

/* Networks that "any" does not mean. */
static const struct {
	uint8_t addr[NETPLAN_ADDR];
	uint8_t bits;
} reserved[] = {
	{ { MAPPED, 0 }, 96 + 8 },
	{ { MAPPED, 10, 0, 2 }, 96 + 24 }, /* QEMU's user-mode network: .2 is the host, its loopback too */
	{ { MAPPED, 10, 137 }, 96 + 16 },
	{ { MAPPED, 127 }, 96 + 8 },
	{ { MAPPED, 169, 254 }, 96 + 16 },
	{ { MAPPED, 224 }, 96 + 3 }, /* multicast, what is reserved above it, broadcast */
	{ { 0 }, 96 }, /* ::, ::1, IPv4-compatible */
	{ { 0xfe, 0x80 }, 10 },
	{ { 0xfe, 0xc0 }, 10 }, /* as above: QEMU's fec0::2 */
	{ { 0xff }, 8 },
	{ { 0xfd, 0x76, 0x6d, 0x6f, 0x73 }, 48 },
};

static void put_index(uint8_t at[2], uint32_t index)
{
	at[0] = (uint8_t)(index >> 8);
	at[1] = (uint8_t)index;
}

static uint32_t get_index(const uint8_t at[2])
{
	uint32_t index = (uint32_t)at[0] << 8 | at[1];

	return index <= NETPLAN_INDEX_MAX ? index : 0;
}

void netplan_mac(uint32_t index, uint8_t mac[NETPLAN_MAC])
{
	memcpy(mac, client_mac, sizeof(client_mac));
	put_index(mac + 4, index);
}

void netplan_addr4(uint32_t index, uint8_t addr[NETPLAN_ADDR])
{
	memcpy(addr, client4, sizeof(client4));
	put_index(addr + 14, index);
}

void netplan_addr6(uint32_t index, uint8_t addr[NETPLAN_ADDR])
{
	memcpy(addr, client6, sizeof(client6));
	put_index(addr + 14, index);
}

void netplan_link_local(const uint8_t mac[NETPLAN_MAC], uint8_t addr[NETPLAN_ADDR])
{
	memset(addr, 0, NETPLAN_ADDR);
	addr[0] = 0xfe;
	addr[1] = 0x80;
	memcpy(addr + 8, mac, 3);
	addr[8] ^= 2;
	addr[11] = 0xff;
	addr[12] = 0xfe;
	memcpy(addr + 13, mac + 3, 3);
}

uint32_t netplan_index_of_mac(const uint8_t mac[NETPLAN_MAC])
{
	return memcmp(mac, client_mac, sizeof(client_mac)) == 0 ? get_index(mac + 4) : 0;
}

uint32_t netplan_index_of_addr(const uint8_t addr[NETPLAN_ADDR])
{
	if (memcmp(addr, client4, sizeof(client4)) != 0 && memcmp(addr, client6, sizeof(client6)) != 0)
		return 0;
	return get_index(addr + 14);
}

bool netplan_is_ipv4(const uint8_t addr[NETPLAN_ADDR])
{
	static const uint8_t mapped[] = { MAPPED };

	return memcmp(addr, mapped, sizeof(mapped)) == 0;
}

bool netplan_is_within(const uint8_t addr[NETPLAN_ADDR], const uint8_t net[NETPLAN_ADDR], unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(addr, net, bytes) != 0)
		return false;
	return rest == 0 || (addr[bytes] ^ net[bytes]) >> (8 - rest) == 0;
}

bool netplan_is_reserved_net(const uint8_t net[NETPLAN_ADDR], unsigned bits)
{
	for (unsigned i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (bits >= reserved[i].bits && netplan_is_within(net, reserved[i].addr, reserved[i].bits))
			return true;
	}
	return false;
}

bool netplan_is_reserved(const uint8_t addr[NETPLAN_ADDR])
{
	return netplan_is_reserved_net(addr, 128);
}

void netplan_format(const uint8_t addr[NETPLAN_ADDR], char text[NETPLAN_TEXT])
{
	if (netplan_is_ipv4(addr))
		inet_ntop(AF_INET, addr + 12, text, NETPLAN_TEXT);
	else
		inet_ntop(AF_INET6, addr, text, NETPLAN_TEXT);
}

int netplan_parse(const char *text, uint8_t addr[NETPLAN_ADDR])
{
	uint8_t out[NETPLAN_ADDR] = { MAPPED };

	if (inet_pton(AF_INET, text, out + 12) != 1 && inet_pton(AF_INET6, text, out) != 1)
		return -EINVAL;
	memcpy(addr, out, sizeof(out));
	return 0;
}

void netplan_format_mac(const uint8_t mac[NETPLAN_MAC], char text[18])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < NETPLAN_MAC; i++) {
		text[3 * i] = digits[mac[i] >> 4];
		text[3 * i + 1] = digits[mac[i] & 15];
		text[3 * i + 2] = i + 1 < NETPLAN_MAC ? ':' : '\0';
	}
}
