/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/answer.h"

#include <string.h>

#include "tap/frame.h"

#define IPV4 0x0800
#define ARP 0x0806
#define IPV6 0x86dd
#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ICMPV6 58
#define TCP_HEADER 20
#define UDP_HEADER 8
#define ICMP_HEADER 8
#define QUOTE_MAX 128 /* bytes of the refused packet in an ICMP error: its headers */
#define HOPS 64
#define HOPS_ND 255 /* RFC 4861 7.1.2 */

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* From whom to whom; addresses as netplan.h has them. */
struct ends {
	uint8_t from_mac[NETPLAN_MAC], to_mac[NETPLAN_MAC];
	uint8_t from[NETPLAN_ADDR], to[NETPLAN_ADDR];
	bool ipv6;
	uint8_t proto, hops;
};

static void put_u16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_u32(uint8_t *at, uint32_t value)
{
	put_u16(at, value >> 16);
	put_u16(at + 2, value);
}

static uint32_t get_u16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t get_u32(const uint8_t *at)
{
	return get_u16(at) << 16 | get_u16(at + 2);
}

/* RFC 1071. */
static uint32_t sum(uint32_t total, const uint8_t *data, uint32_t len)
{
	for (; len > 1; len -= 2, data += 2)
		total += get_u16(data);
	return len ? total + (uint32_t)data[0] * 256 : total;
}

static uint32_t fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return ~total & 0xffff;
}

static bool is_ipv6(const uint8_t *frame)
{
	return get_u16(frame + 12) == IPV6;
}

static uint32_t l4_of(bool ipv6)
{
	return ipv6 ? FRAME_AT6 : FRAME_AT4;
}

static void map4(uint8_t ret[NETPLAN_ADDR], const uint8_t *four)
{
	memset(ret, 0, 10);
	memset(ret + 10, 0xff, 2);
	memcpy(ret + 12, four, 4);
}

/* The way back of a frame. */
static struct ends back_of(const uint8_t *frame)
{
	struct ends e = { .ipv6 = is_ipv6(frame), .hops = HOPS };

	memcpy(e.from_mac, frame, NETPLAN_MAC);
	memcpy(e.to_mac, frame + NETPLAN_MAC, NETPLAN_MAC);
	if (e.ipv6) {
		memcpy(e.from, frame + FRAME_ETH + 24, NETPLAN_ADDR);
		memcpy(e.to, frame + FRAME_ETH + 8, NETPLAN_ADDR);
		e.proto = frame[FRAME_ETH + 6];
	} else {
		map4(e.from, frame + FRAME_ETH + 16);
		map4(e.to, frame + FRAME_ETH + 12);
		e.proto = frame[FRAME_ETH + 9];
	}
	return e;
}

static void put_ether(uint8_t *frame, const struct ends *e, uint32_t type)
{
	memcpy(frame, e->to_mac, NETPLAN_MAC);
	memcpy(frame + NETPLAN_MAC, e->from_mac, NETPLAN_MAC);
	put_u16(frame + 12, type);
}

static void put_ipv4(uint8_t *ip, const struct ends *e, uint32_t len)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put_u16(ip + 2, 20 + len);
	ip[6] = 0x40; /* do not fragment */
	ip[8] = e->hops;
	ip[9] = e->proto;
	memcpy(ip + 12, e->from + 12, 4);
	memcpy(ip + 16, e->to + 12, 4);
	put_u16(ip + 10, fold(sum(0, ip, 20)));
}

static void put_ipv6(uint8_t *ip, const struct ends *e, uint32_t len)
{
	memset(ip, 0, 40);
	ip[0] = 0x60;
	put_u16(ip + 4, len);
	ip[6] = e->proto;
	ip[7] = e->hops;
	memcpy(ip + 8, e->from, NETPLAN_ADDR);
	memcpy(ip + 24, e->to, NETPLAN_ADDR);
}

/*
 * Puts the headers before @len bytes that stand at l4_of(), and the checksum at @check of them, which is 0. ICMP's alone
 * has no pseudo header. The frame's length.
 */
static uint32_t finish(uint8_t *frame, const struct ends *e, uint32_t len, uint32_t check)
{
	uint32_t l4 = l4_of(e->ipv6), total = 0;

	put_ether(frame, e, e->ipv6 ? IPV6 : IPV4);
	if (e->ipv6)
		put_ipv6(frame + FRAME_ETH, e, len);
	else
		put_ipv4(frame + FRAME_ETH, e, len);
	if (e->proto != PROTO_ICMP) {
		total = sum(len + e->proto, e->ipv6 ? e->from : e->from + 12, e->ipv6 ? 16 : 4);
		total = sum(total, e->ipv6 ? e->to : e->to + 12, e->ipv6 ? 16 : 4);
	}
	total = fold(sum(total, frame + l4, len));
	put_u16(frame + l4 + check, total || e->proto != PROTO_UDP ? total : 0xffff);
	return l4 + len;
}

uint32_t answer_arp(const uint8_t *request, const uint8_t mac[NETPLAN_MAC], uint8_t ret[ANSWER_MAX])
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 2 }; /* Ethernet, IPv4, reply */
	const uint8_t *asks = request + FRAME_ETH;
	uint8_t *arp = ret + FRAME_ETH;

	memcpy(ret, request + NETPLAN_MAC, NETPLAN_MAC);
	memcpy(ret + NETPLAN_MAC, mac, NETPLAN_MAC);
	put_u16(ret + 12, ARP);
	memcpy(arp, head, sizeof(head));
	memcpy(arp + 8, mac, NETPLAN_MAC);
	memcpy(arp + 14, asks + 24, 4);
	memcpy(arp + 18, asks + 8, NETPLAN_MAC + 4);
	return FRAME_ETH + 28;
}

uint32_t answer_nd(const uint8_t *request, const uint8_t mac[NETPLAN_MAC], bool router, uint8_t ret[ANSWER_MAX])
{
	static const uint8_t nobody[NETPLAN_ADDR];
	struct ends e = back_of(request);
	uint8_t *nd = ret + FRAME_AT6;

	if (memcmp(e.to, nobody, sizeof(nobody)) == 0)
		return 0;
	memcpy(e.from_mac, mac, NETPLAN_MAC);
	memcpy(e.from, request + FRAME_AT6 + 8, NETPLAN_ADDR); /* the target */
	e.hops = HOPS_ND;
	memset(nd, 0, 32);
	nd[0] = 136;
	nd[4] = router ? 0xe0 : 0x60; /* router, solicited, override */
	memcpy(nd + 8, e.from, NETPLAN_ADDR);
	nd[24] = 2; /* target link-layer address */
	nd[25] = 1;
	memcpy(nd + 26, mac, NETPLAN_MAC);
	return finish(ret, &e, 32, 2);
}

static void put_tcp(uint8_t *tcp, uint32_t ports, uint32_t seq, uint32_t ack, uint8_t flags)
{
	memset(tcp, 0, TCP_HEADER);
	put_u32(tcp, ports);
	put_u32(tcp + 4, seq);
	put_u32(tcp + 8, ack);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = flags;
}

/* Bytes of the IP packet behind @l4, by its header, but not more than are there. */
static uint32_t l4_len(const uint8_t *frame, uint32_t len, bool ipv6)
{
	uint32_t n = get_u16(frame + FRAME_ETH + (ipv6 ? 4 : 2)), there = len - l4_of(ipv6);

	if (!ipv6)
		n = n > 20 ? n - 20 : 0;
	return n < there ? n : there;
}

uint32_t answer_reset(const uint8_t *frame, uint32_t len, uint8_t ret[ANSWER_MAX])
{
	struct ends e = back_of(frame);
	const uint8_t *tcp = frame + l4_of(e.ipv6);
	uint32_t ports, seq = 0, ack = 0, data;

	if (len < l4_of(e.ipv6) + TCP_HEADER || (tcp[13] & TCP_RST))
		return 0;
	ports = get_u16(tcp + 2) << 16 | get_u16(tcp);
	data = l4_len(frame, len, e.ipv6);
	data -= (uint32_t)(tcp[12] >> 4) * 4 < data ? (uint32_t)(tcp[12] >> 4) * 4 : data;
	if (tcp[13] & TCP_ACK)
		seq = get_u32(tcp + 8);
	else
		ack = get_u32(tcp + 4) + data + !!(tcp[13] & TCP_SYN) + !!(tcp[13] & TCP_FIN);
	put_tcp(ret + l4_of(e.ipv6), ports, seq, ack, (uint8_t)(tcp[13] & TCP_ACK ? TCP_RST : TCP_RST | TCP_ACK));
	return finish(ret, &e, TCP_HEADER, 16);
}

uint32_t answer_prohibited(const uint8_t *frame, uint32_t len, uint8_t ret[ANSWER_MAX])
{
	struct ends e = back_of(frame);
	uint8_t *icmp = ret + l4_of(e.ipv6);
	uint32_t quote = len - FRAME_ETH < QUOTE_MAX ? len - FRAME_ETH : QUOTE_MAX;

	memcpy(e.from, e.ipv6 ? netplan_gateway6 : netplan_gateway4, NETPLAN_ADDR);
	e.proto = e.ipv6 ? PROTO_ICMPV6 : PROTO_ICMP;
	memset(icmp, 0, ICMP_HEADER);
	icmp[0] = e.ipv6 ? 1 : 3;
	icmp[1] = e.ipv6 ? 1 : 13;
	memcpy(icmp + ICMP_HEADER, frame + FRAME_ETH, quote);
	return finish(ret, &e, ICMP_HEADER + quote, 2);
}

uint32_t answer_udp(const uint8_t *frame, const uint8_t *payload, uint32_t len, uint8_t ret[ANSWER_MAX])
{
	struct ends e = back_of(frame);
	uint8_t *udp = ret + l4_of(e.ipv6);

	if (len == 0 || len > ANSWER_MAX - FRAME_AT6 - UDP_HEADER)
		return 0;
	memcpy(udp, frame + l4_of(e.ipv6) + 2, 2);
	memcpy(udp + 2, frame + l4_of(e.ipv6), 2);
	put_u16(udp + 4, UDP_HEADER + len);
	put_u16(udp + 6, 0);
	memcpy(udp + UDP_HEADER, payload, len);
	return finish(ret, &e, UDP_HEADER + len, 6);
}

uint32_t answer_cut(const struct answer_cut *cut, bool to_client, uint8_t ret[ANSWER_MAX])
{
	struct ends e = { .ipv6 = cut->ipv6, .proto = PROTO_TCP, .hops = HOPS };
	uint32_t client = cut->client_port, far = cut->far_port;

	memcpy(e.from_mac, to_client ? netplan_gateway_mac : cut->client_mac, NETPLAN_MAC);
	memcpy(e.to_mac, to_client ? cut->client_mac : netplan_gateway_mac, NETPLAN_MAC);
	memcpy(e.from, to_client ? cut->far : cut->client, NETPLAN_ADDR);
	memcpy(e.to, to_client ? cut->client : cut->far, NETPLAN_ADDR);
	if (to_client)
		put_tcp(ret + l4_of(e.ipv6), far << 16 | client, cut->seq_received, cut->seq_sent, TCP_RST | TCP_ACK);
	else
		put_tcp(ret + l4_of(e.ipv6), client << 16 | far, cut->seq_sent, cut->seq_received, TCP_RST | TCP_ACK);
	return finish(ret, &e, TCP_HEADER, 16);
}
