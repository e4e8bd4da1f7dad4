/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/net/forge_base.h"

#include <string.h>

static void put(struct forge_at *f, const void *bytes, size_t len)
{
	memcpy(f->data + f->len, bytes, len);
	f->len += len;
}

static void put_byte(struct forge_at *f, unsigned byte)
{
	f->data[f->len++] = (uint8_t)byte;
}

static void put_word(struct forge_at *f, uint32_t word)
{
	put16(f->data + f->len, word);
	f->len += 2;
}

static void put_zero(struct forge_at *f, size_t len)
{
	memset(f->data + f->len, 0, len);
	f->len += len;
}

static void ethernet(struct forge_at *f, const uint8_t *to, const uint8_t *from, uint32_t type)
{
	put(f, to, 6);
	put(f, from, 6);
	put_word(f, type);
}

/* Length and sum are set in the end. */
static void ip4(struct forge_at *f, const uint8_t *from, const uint8_t *to, unsigned proto)
{
	static const uint8_t head[8] = { 0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0 };

	put(f, head, sizeof(head));
	put_byte(f, 64);
	put_byte(f, proto);
	put_word(f, 0);
	put(f, from + 12, 4);
	put(f, to + 12, 4);
}

static void ip6(struct forge_at *f, const uint8_t *from, const uint8_t *to, unsigned next)
{
	static const uint8_t head[6] = { 0x60 };

	put(f, head, sizeof(head));
	put_byte(f, next);
	put_byte(f, next == 58 ? 255 : 64);
	put(f, from, 16);
	put(f, to, 16);
}

static void tcp(struct forge_at *f, uint32_t from, uint32_t to, unsigned flags)
{
	put_word(f, from);
	put_word(f, to);
	put_zero(f, 8);
	put_byte(f, 6 << 4);
	put_byte(f, flags);
	put_word(f, 64240);
	put_zero(f, 4);
	put(f, "\2\4\5\xb4", 4); /* its longest segment: 1460 */
}

static void udp(struct forge_at *f, uint32_t from, uint32_t to, const void *payload, size_t len)
{
	put_word(f, from);
	put_word(f, to);
	put_word(f, (uint32_t)len + 8);
	put_word(f, 0);
	put(f, payload, len);
}

static void echo(struct forge_at *f, unsigned type)
{
	put_byte(f, type);
	put_zero(f, 3);
	put_word(f, FORGE_LOCAL_PORT);
	put_word(f, 1);
	put(f, "0123456789abcdef", 16);
}

static void client4(struct forge_at *f, unsigned proto)
{
	ethernet(f, netplan_gateway_mac, f->p->client.mac, 0x0800);
	ip4(f, f->p->client.addr4, f->p->far4, proto);
}

static void client6(struct forge_at *f, unsigned next)
{
	ethernet(f, netplan_gateway_mac, f->p->client.mac, 0x86dd);
	ip6(f, f->p->client.addr6, f->p->far6, next);
}

static void net4(struct forge_at *f, unsigned proto)
{
	ethernet(f, f->p->client.mac, netplan_gateway_mac, 0x0800);
	ip4(f, f->p->far4, f->p->client.addr4, proto);
}

static void net6(struct forge_at *f, unsigned next)
{
	ethernet(f, f->p->client.mac, netplan_gateway_mac, 0x86dd);
	ip6(f, f->p->far6, f->p->client.addr6, next);
}

static void arp(struct forge_at *f, const uint8_t *mac, const uint8_t *from, const uint8_t *target)
{
	static const uint8_t head[8] = { 0, 1, 8, 0, 6, 4, 0, 1 }, all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	ethernet(f, all, mac, 0x0806);
	put(f, head, sizeof(head));
	put(f, mac, 6);
	put(f, from + 12, 4);
	put_zero(f, 6);
	put(f, target + 12, 4);
}

static void solicit(struct forge_at *f, const uint8_t *mac, const uint8_t *from, const uint8_t *target)
{
	uint8_t to[16] = { 0xff, 2, [11] = 1, [12] = 0xff }, to_mac[6] = { 0x33, 0x33, 0xff };

	memcpy(to + 13, target + 13, 3);
	memcpy(to_mac + 3, target + 13, 3);
	ethernet(f, to_mac, mac, 0x86dd);
	ip6(f, from, to, 58);
	put_byte(f, 135);
	put_zero(f, 7);
	put(f, target, 16);
	put(f, "\1\1", 2);
	put(f, mac, 6);
}

static void dhcp(struct forge_at *f, bool offer)
{
	uint8_t bootp[300] = { offer ? 2 : 1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78 };

	if (offer)
		memcpy(bootp + 16, f->p->client.addr4 + 12, 4);
	memcpy(bootp + 28, f->p->client.mac, 6);
	memcpy(bootp + 236, offer ? "\x63\x82\x53\x63\x35\1\2\xff" : "\x63\x82\x53\x63\x35\1\1\xff", 8);
	udp(f, offer ? 67 : 68, offer ? 68 : 67, bootp, sizeof(bootp));
}

void base_arp(struct forge_at *f)
{
	arp(f, f->p->client.mac, f->p->client.addr4, netplan_gateway4);
}

void base_solicit(struct forge_at *f)
{
	solicit(f, f->p->client.mac, f->p->client.addr6, netplan_gateway6);
}

void base_dhcp(struct forge_at *f)
{
	static const uint8_t none[16], all[16] = { [12] = 255, 255, 255, 255 };

	ethernet(f, all + 10, f->p->client.mac, 0x0800);
	memset(f->data, 0xff, 6);
	ip4(f, none, all, 17);
	dhcp(f, false);
}

void base_tcp4(struct forge_at *f)
{
	client4(f, 6);
	tcp(f, FORGE_LOCAL_PORT, FORGE_PORT, 2);
}

void base_udp4(struct forge_at *f)
{
	client4(f, 17);
	udp(f, FORGE_LOCAL_PORT, FORGE_PORT, "a question of a client", 22);
}

void base_echo4(struct forge_at *f)
{
	client4(f, 1);
	echo(f, 8);
}

void base_tcp6(struct forge_at *f)
{
	client6(f, 6);
	tcp(f, FORGE_LOCAL_PORT, FORGE_PORT, 2);
}

void base_udp6(struct forge_at *f)
{
	client6(f, 17);
	udp(f, FORGE_LOCAL_PORT, FORGE_PORT, "a question of a client", 22);
}

void base_echo6(struct forge_at *f)
{
	client6(f, 58);
	echo(f, 128);
}

void base_net_arp(struct forge_at *f)
{
	arp(f, netplan_gateway_mac, netplan_gateway4, f->p->client.addr4);
}

void base_net_solicit(struct forge_at *f)
{
	solicit(f, netplan_gateway_mac, netplan_gateway6, f->p->client.addr6);
}

void base_net_dhcp(struct forge_at *f)
{
	static const uint8_t all[16] = { [12] = 255, 255, 255, 255 };

	ethernet(f, f->p->client.mac, netplan_gateway_mac, 0x0800);
	memset(f->data, 0xff, 6);
	ip4(f, netplan_gateway4, all, 17);
	dhcp(f, true);
}

void base_net_tcp4(struct forge_at *f)
{
	net4(f, 6);
	tcp(f, FORGE_PORT, FORGE_LOCAL_PORT, 0x12);
}

void base_net_udp4(struct forge_at *f)
{
	net4(f, 17);
	udp(f, FORGE_PORT, FORGE_LOCAL_PORT, "an answer to it", 15);
}

void base_net_echo4(struct forge_at *f)
{
	net4(f, 1);
	echo(f, 0);
}

void base_net_tcp6(struct forge_at *f)
{
	net6(f, 6);
	tcp(f, FORGE_PORT, FORGE_LOCAL_PORT, 0x12);
}

void base_net_udp6(struct forge_at *f)
{
	net6(f, 17);
	udp(f, FORGE_PORT, FORGE_LOCAL_PORT, "an answer to it", 15);
}

void base_net_echo6(struct forge_at *f)
{
	net6(f, 58);
	echo(f, 129);
}

void base_net_error4(struct forge_at *f)
{
	net4(f, 1);
	put(f, "\3\3\0\0\0\0\0\0", 8);
	ip4(f, f->p->client.addr4, f->p->far4, 17);
	put16(f->data + f->len - 18, 50);
	udp(f, FORGE_LOCAL_PORT, FORGE_PORT, "a question of a client", 22);
}

void base_net_error6(struct forge_at *f)
{
	net6(f, 58);
	put(f, "\2\0\0\0\0\0\5\0", 8);
	ip6(f, f->p->client.addr6, f->p->far6, 6);
	put16(f->data + f->len - 36, 24);
	tcp(f, FORGE_LOCAL_PORT, FORGE_PORT, 2);
}
