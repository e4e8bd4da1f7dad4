/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter: what an Ethernet frame on a link is, and whether it may be there
 * at all. One source for two engines: vmos-tap compiles it, and so does the
 * kernel's eBPF program (tap/bpf/). So: no calls out, no loop without a bound,
 * no memory but the frame's first FRAME_HEAD bytes and the result's, every
 * access after a check of @len. All offsets are constants, because IP options
 * and extension headers never pass.
 *
 * Nothing is learnt from a frame: who has which address stands in
 * proto/netplan.h, and the constants here are those of it.
 */
#ifndef TAP_FRAME_H
#define TAP_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __bpf__
#define FRAME_FN static inline __attribute__((always_inline))
#else
#define FRAME_FN static inline
#endif

#define FRAME_MAX 1514 /* bytes, without the checksum; no VLAN tag */
#define FRAME_HEAD 128 /* what is read of a frame, at most */

/* The kernel's engine also sees what a card would cut into frames (GSO): up to an IP packet's longest. */
#ifndef FRAME_LIMIT
#define FRAME_LIMIT FRAME_MAX
#endif

enum frame_verdict {
	/* may go on */
	FRAME_FLOW, /* TCP, UDP or ICMP echo: the flow decides */
	FRAME_ERROR, /* ICMP error of the NET VM's side: the flow inside it decides */
	FRAME_ARP, /* a request that the TAP system answers itself */
	FRAME_ND, /* the same of IPv6 */
	FRAME_DHCP, /* client to server, or back */
	/* may not */
	FRAME_MALFORMED, /* lengths, versions, checksums of headers that do not fit */
	FRAME_SPOOFED, /* an address that is not the sender's */
	FRAME_PEER, /* to another client */
	FRAME_FOREIGN, /* what never passes: VLAN, fragment, option, extension header, other protocol, RA, MLD … */
};

#define FRAME_VERDICTS (FRAME_FOREIGN + 1)

/* Who is at the client's end, in network byte order. */
struct frame_client {
	uint8_t mac[6], addr4[16], addr6[16], link_local[16];
};

struct frame_info {
	uint8_t proto; /* 6, 17, 1 (ICMP and ICMPv6 echo) */
	uint8_t tcp_flags;
	uint8_t ipv6;
	uint8_t local[16], remote[16]; /* addresses: the client's, the far one; of an ERROR: of the packet inside it */
	uint16_t local_port, remote_port; /* host order; echo: its identifier, 0 */
	uint16_t payload; /* offset of what follows the TCP, UDP or ICMP header in the frame, … */
	uint16_t payload_len; /* … and its length, by the IP header */
};

enum {
	FRAME_ETH = 14, /* bytes of each header */
	FRAME_IP4 = 20,
	FRAME_IP6 = 40,
	FRAME_AT4 = FRAME_ETH + FRAME_IP4, /* where TCP, UDP or ICMP begins */
	FRAME_AT6 = FRAME_ETH + FRAME_IP6,
	FRAME_PADDED = 60, /* up to here an Ethernet card fills a short frame (IEEE 802.3, 4.2.3.3) */
	FRAME_DHCP_MIN = 240, /* RFC 2131: up to and with the cookie */
};

/* Whom the destination MAC names. */
enum frame_target { FRAME_TO_OTHER, FRAME_TO_GATEWAY, FRAME_TO_CLIENT, FRAME_TO_ALL, FRAME_TO_ND };

/* What an IP header says: the protocol, where its header begins and how long it is with what follows. */
struct frame_ip {
	uint32_t proto, at, len, hops;
};

FRAME_FN uint32_t frame_get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

FRAME_FN bool frame_same(const uint8_t *a, const uint8_t *b, uint32_t n)
{
	uint8_t differ = 0;

	for (uint32_t i = 0; i < n; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

FRAME_FN bool frame_is_zero(const uint8_t *p, uint32_t n)
{
	uint8_t any = 0;

	for (uint32_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

FRAME_FN void frame_map4(uint8_t addr[16], const uint8_t *p)
{
	for (uint32_t i = 0; i < 10; i++)
		addr[i] = 0;
	addr[10] = addr[11] = 0xff;
	for (uint32_t i = 0; i < 4; i++)
		addr[12 + i] = p[i];
}

/* The plan: 52:76:6d:ff:00:01. */
FRAME_FN bool frame_is_gateway(const uint8_t *mac)
{
	return mac[0] == 0x52 && mac[1] == 0x76 && mac[2] == 0x6d && mac[3] == 0xff && mac[4] == 0 && mac[5] == 1;
}

/* A client's MAC, this one or another. */
FRAME_FN bool frame_is_client(const uint8_t *mac)
{
	return mac[0] == 0x52 && mac[1] == 0x76 && mac[2] == 0x6d && mac[3] == 0;
}

FRAME_FN bool frame_is_broadcast(const uint8_t *mac)
{
	return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

FRAME_FN enum frame_target frame_target(const uint8_t *mac, const struct frame_client *c)
{
	if (frame_is_gateway(mac))
		return FRAME_TO_GATEWAY;
	if (frame_same(mac, c->mac, 6))
		return FRAME_TO_CLIENT;
	if (frame_is_broadcast(mac))
		return FRAME_TO_ALL;
	return mac[0] == 0x33 && mac[1] == 0x33 && mac[2] == 0xff ? FRAME_TO_ND : FRAME_TO_OTHER; /* RFC 4291 2.7.1 */
}

/* Addresses that no host beyond a link has: "this" network, loopback, multicast, and IPv4 in the clothes of IPv6. */
FRAME_FN bool frame_is_nowhere(const uint8_t addr[16], bool ipv6)
{
	if (ipv6)
		return addr[0] == 0xff || frame_is_zero(addr, 8);
	return addr[12] == 0 || addr[12] == 127 || addr[12] >= 224;
}

/* A client's address: 10.137/16; fd76:6d6f:7300::/48 but for the resolver; fe80:: of a client's MAC. */
FRAME_FN bool frame_is_peer(const uint8_t addr[16], bool ipv6)
{
	if (!ipv6)
		return addr[12] == 10 && addr[13] == 137;
	if (addr[0] == 0xfe && addr[1] == 0x80)
		return addr[8] == 0x50 && addr[9] == 0x76 && addr[10] == 0x6d && addr[11] == 0xff && addr[12] == 0xfe &&
			addr[13] == 0;
	if (addr[0] != 0xfd || addr[1] != 0x76 || addr[2] != 0x6d || addr[3] != 0x6f || addr[4] != 0x73 || addr[5] != 0)
		return false;
	return addr[6] != 0xff || addr[7] != 0xff || !frame_is_zero(addr + 8, 7) || addr[15] != 0x53;
}

/* May a packet of @total bytes be in a frame of @len? With nothing behind it but what a card would add. */
FRAME_FN bool frame_fits(uint32_t total, uint32_t len)
{
	return FRAME_ETH + total == len || (FRAME_ETH + total < len && len <= FRAME_PADDED);
}

/* RFC 1071: with its checksum the header's words sum to all ones. */
FRAME_FN bool frame_sums(const uint8_t *header)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < FRAME_IP4; i += 2)
		sum += frame_get16(header + i);
	sum = (sum & 0xffff) + (sum >> 16);
	return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

/* FRAME_FLOW: a whole packet without options. @src and @dst have its addresses. */
FRAME_FN enum frame_verdict frame_ip4(
	const uint8_t *data, uint32_t len, uint8_t src[16], uint8_t dst[16], struct frame_ip *ret)
{
	const uint8_t *ip = data + FRAME_ETH;
	uint32_t total;

	if (len < FRAME_AT4 || ip[0] >> 4 != 4 || (ip[0] & 15) < 5)
		return FRAME_MALFORMED;
	frame_map4(src, ip + 12);
	frame_map4(dst, ip + 16);
	if (ip[0] != 0x45)
		return FRAME_FOREIGN; /* options, source routing among them */
	total = frame_get16(ip + 2);
	if (total < FRAME_IP4 || !frame_fits(total, len) || !frame_sums(ip))
		return FRAME_MALFORMED;
	if (frame_get16(ip + 6) & 0xbfff)
		return FRAME_FOREIGN; /* a fragment, or the bit that nobody may set */
	ret->proto = ip[9];
	ret->hops = ip[8];
	ret->at = FRAME_AT4;
	ret->len = total - FRAME_IP4;
	return FRAME_FLOW;
}

FRAME_FN enum frame_verdict frame_ip6(
	const uint8_t *data, uint32_t len, uint8_t src[16], uint8_t dst[16], struct frame_ip *ret)
{
	const uint8_t *ip = data + FRAME_ETH;

	if (len < FRAME_AT6 || ip[0] >> 4 != 6)
		return FRAME_MALFORMED;
	for (uint32_t i = 0; i < 16; i++) {
		src[i] = ip[8 + i];
		dst[i] = ip[24 + i];
	}
	ret->proto = ip[6];
	ret->hops = ip[7];
	ret->at = FRAME_AT6;
	ret->len = frame_get16(ip + 4);
	return frame_fits(FRAME_IP6 + ret->len, len) ? FRAME_FLOW : FRAME_MALFORMED;
}

/* TCP, UDP, an echo request of the client or a reply to it; @l4 is its header. */
FRAME_FN enum frame_verdict frame_flow(
	const uint8_t *l4, const struct frame_ip *ip, bool from_client, struct frame_info *ret)
{
	uint32_t head = 8, near, far;

	if (ip->len < 8)
		return FRAME_MALFORMED;
	near = frame_get16(l4 + (from_client ? 0 : 2));
	far = frame_get16(l4 + (from_client ? 2 : 0));
	ret->proto = (uint8_t)ip->proto;
	if (ip->proto == 6) {
		if (ip->len < 20)
			return FRAME_MALFORMED;
		head = (l4[12] >> 4) * 4u;
		if (head < 20 || head > ip->len)
			return FRAME_MALFORMED;
		ret->tcp_flags = l4[13];
	} else if (ip->proto == 17) {
		if (frame_get16(l4 + 4) != ip->len)
			return FRAME_MALFORMED;
	} else {
		const uint8_t request = ret->ipv6 ? 128 : 8, reply = ret->ipv6 ? 129 : 0;

		if (ip->proto != (ret->ipv6 ? 58 : 1) || l4[0] != (from_client ? request : reply) || l4[1] != 0)
			return FRAME_FOREIGN;
		ret->proto = 1;
		near = frame_get16(l4 + 4);
		far = 0;
	}
	if (ret->proto != 1 && (near == 0 || far == 0))
		return FRAME_MALFORMED;
	ret->local_port = (uint16_t)near;
	ret->remote_port = (uint16_t)far;
	ret->payload = (uint16_t)(ip->at + head);
	ret->payload_len = (uint16_t)(ip->len - head);
	return FRAME_FLOW;
}

/* Ports of DHCP and DHCPv6: no flow has them. */
FRAME_FN bool frame_is_dhcp_port(uint32_t port)
{
	return port == 67 || port == 68 || port == 546 || port == 547;
}

FRAME_FN bool frame_is_dhcp(const uint8_t *data, uint32_t len, const struct frame_ip *ip)
{
	const uint8_t *udp = data + ip->at;

	if (ip->proto != 17 || len < ip->at + 8 || ip->len < 8)
		return false;
	return frame_is_dhcp_port(frame_get16(udp)) || frame_is_dhcp_port(frame_get16(udp + 2));
}

/* A message of the client (@op 1) or to it (2), of RFC 2131, without a relay. @data to @data + FRAME_AT4 is checked. */
FRAME_FN enum frame_verdict frame_dhcp(
	const uint8_t *data, uint32_t ip_len, const struct frame_client *c, bool from_client)
{
	const uint8_t *udp = data + FRAME_AT4, *bootp = udp + 8;

	if (frame_get16(udp) != (from_client ? 68 : 67) || frame_get16(udp + 2) != (from_client ? 67 : 68))
		return FRAME_FOREIGN;
	if (frame_get16(udp + 4) != ip_len || ip_len < 8 + FRAME_DHCP_MIN)
		return FRAME_MALFORMED;
	if (bootp[0] != (from_client ? 1 : 2) || bootp[1] != 1 || bootp[2] != 6 || !frame_is_zero(bootp + 24, 4))
		return FRAME_FOREIGN;
	if (!frame_same(bootp + 28, c->mac, 6))
		return FRAME_SPOOFED;
	if (!frame_is_zero(bootp + 12, 4) && !frame_same(bootp + 12, c->addr4 + 12, 4))
		return FRAME_SPOOFED;
	if (!frame_is_zero(bootp + 16, 4) && (from_client || !frame_same(bootp + 16, c->addr4 + 12, 4)))
		return FRAME_SPOOFED; /* the address it gives */
	return FRAME_DHCP;
}

/* Whom a client may ask for its address: everyone, or the gateway. No list judges this, so it must not lead further. */
FRAME_FN bool frame_is_dhcp_server(const uint8_t *addr4)
{
	if (addr4[0] == 169 && addr4[1] == 254 && addr4[2] == 1 && addr4[3] == 1)
		return true;
	return (addr4[0] & addr4[1] & addr4[2] & addr4[3]) == 0xff;
}

/* An ARP message as Ethernet and IPv4 have them (RFC 826): its operation, 0: none. */
FRAME_FN uint32_t frame_arp(const uint8_t *data, uint32_t len)
{
	const uint8_t *arp = data + FRAME_ETH;

	if (len < FRAME_ETH + 28 || len > FRAME_PADDED)
		return 0;
	if (frame_get16(arp) != 1 || frame_get16(arp + 2) != 0x0800 || arp[4] != 6 || arp[5] != 4)
		return 0;
	return frame_get16(arp + 6);
}

/* @ret->remote: the address that is asked for. */
FRAME_FN enum frame_verdict frame_arp_from_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret)
{
	uint32_t op = frame_arp(data, len);
	const uint8_t *arp = data + FRAME_ETH;

	if (op == 0)
		return FRAME_MALFORMED;
	frame_map4(ret->local, arp + 14);
	frame_map4(ret->remote, arp + 24);
	if (!frame_same(arp + 8, c->mac, 6))
		return FRAME_SPOOFED;
	if (!frame_same(ret->local, c->addr4, 16) && !frame_is_zero(arp + 14, 4)) /* 0.0.0.0: a probe, RFC 5227 */
		return FRAME_SPOOFED;
	return op == 1 ? FRAME_ARP : FRAME_FOREIGN; /* nobody asks it, so it has nothing to answer */
}

FRAME_FN enum frame_verdict frame_arp_to_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret)
{
	uint32_t op = frame_arp(data, len);
	const uint8_t *arp = data + FRAME_ETH;

	if (op == 0)
		return FRAME_MALFORMED;
	frame_map4(ret->remote, arp + 14);
	frame_map4(ret->local, arp + 24);
	if (!frame_is_gateway(arp + 8) || !frame_same(ret->local, c->addr4, 16))
		return FRAME_SPOOFED;
	return op == 1 ? FRAME_ARP : FRAME_FOREIGN;
}

/* Neighbour discovery (RFC 4861): a solicitation is answered, all else of it never passes. */
FRAME_FN enum frame_verdict frame_nd(const uint8_t *data, const struct frame_ip *ip, const uint8_t *mac)
{
	const uint8_t *nd = data + FRAME_AT6;

	if (nd[0] != 135 && nd[0] != 136)
		return FRAME_FOREIGN;
	if (ip->hops != 255 || nd[1] != 0 || ip->len < 24 || ip->len % 8 != 0)
		return FRAME_MALFORMED;
	/* The option that says whose MAC it is; first, as the RFC's only one for this. Those behind it are not read. */
	if (ip->len >= 32 && nd[25] == 0)
		return FRAME_MALFORMED;
	if (ip->len >= 32 && (nd[24] == 1 || nd[24] == 2) && !frame_same(nd + 26, mac, 6))
		return FRAME_SPOOFED;
	return FRAME_ND;
}

FRAME_FN bool frame_is_nd(const uint8_t *data, const struct frame_ip *ip)
{
	return ip->proto == 58 && ip->len >= 8 && data[FRAME_AT6] >= 133 && data[FRAME_AT6] <= 137;
}

FRAME_FN enum frame_verdict frame_nd_from_client(
	const uint8_t *data, const struct frame_ip *ip, const struct frame_client *c, struct frame_info *ret)
{
	enum frame_verdict v = frame_nd(data, ip, c->mac);
	const uint8_t *target = data + FRAME_AT6 + 8;
	bool own;

	if (v != FRAME_ND)
		return v;
	own = frame_same(target, c->addr6, 16) || frame_same(target, c->link_local, 16);
	if (data[FRAME_AT6] == 136)
		return own ? FRAME_FOREIGN : FRAME_SPOOFED;
	if (frame_is_zero(ret->local, 16) && !own)
		return FRAME_SPOOFED; /* it would make sure of an address that it has not */
	for (uint32_t i = 0; i < 16; i++)
		ret->remote[i] = target[i];
	return FRAME_ND;
}

FRAME_FN enum frame_verdict frame_nd_to_client(
	const uint8_t *data, const struct frame_ip *ip, const struct frame_client *c, struct frame_info *ret)
{
	const uint8_t gateway[6] = { 0x52, 0x76, 0x6d, 0xff, 0x00, 0x01 }, *target = data + FRAME_AT6 + 8;
	enum frame_verdict v = frame_nd(data, ip, gateway);

	if (v != FRAME_ND)
		return v;
	if (data[FRAME_AT6] == 136)
		return FRAME_FOREIGN;
	if (!frame_same(target, c->addr6, 16) && !frame_same(target, c->link_local, 16))
		return FRAME_SPOOFED;
	for (uint32_t i = 0; i < 16; i++)
		ret->local[i] = target[i];
	return FRAME_ND;
}

FRAME_FN void frame_begin(struct frame_info *ret, bool ipv6)
{
	ret->proto = 0;
	ret->tcp_flags = 0;
	ret->ipv6 = ipv6;
	ret->local_port = ret->remote_port = ret->payload = ret->payload_len = 0;
}

FRAME_FN enum frame_verdict frame_ip4_from_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret)
{
	enum frame_target to = frame_target(data, c);
	struct frame_ip ip = { 0 };
	enum frame_verdict v = frame_ip4(data, len, ret->local, ret->remote, &ip);
	bool own = frame_same(ret->local, c->addr4, 16);

	if (v == FRAME_MALFORMED)
		return v;
	if (v == FRAME_FLOW && frame_is_dhcp(data, len, &ip)) {
		if (!own && !frame_is_zero(ret->local + 12, 4))
			return FRAME_SPOOFED;
		if (frame_is_peer(ret->remote, false))
			return FRAME_PEER;
		return frame_is_dhcp_server(ret->remote + 12) ? frame_dhcp(data, ip.len, c, true) : FRAME_FOREIGN;
	}
	if (!own)
		return FRAME_SPOOFED;
	if (frame_is_peer(ret->remote, false))
		return FRAME_PEER;
	if (v != FRAME_FLOW || frame_is_nowhere(ret->remote, false) || to != FRAME_TO_GATEWAY)
		return FRAME_FOREIGN;
	return frame_flow(data + FRAME_AT4, &ip, true, ret);
}

FRAME_FN enum frame_verdict frame_ip6_from_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret)
{
	enum frame_target to = frame_target(data, c);
	struct frame_ip ip = { 0 };
	enum frame_verdict v = frame_ip6(data, len, ret->local, ret->remote, &ip);
	bool own = frame_same(ret->local, c->addr6, 16);

	if (v != FRAME_FLOW)
		return v;
	if (!own && !frame_same(ret->local, c->link_local, 16) && !frame_is_zero(ret->local, 16))
		return FRAME_SPOOFED;
	if (frame_is_nd(data, &ip))
		return frame_nd_from_client(data, &ip, c, ret);
	if (frame_is_peer(ret->remote, true))
		return FRAME_PEER;
	if (!own || frame_is_nowhere(ret->remote, true) || to != FRAME_TO_GATEWAY || frame_is_dhcp(data, len, &ip))
		return FRAME_FOREIGN;
	return frame_flow(data + FRAME_AT6, &ip, true, ret);
}

/*
 * Judges a frame that came from the client @c, or goes to it. @len is the whole
 * frame's length, of which the first FRAME_HEAD bytes of @data may be read.
 * FLOW and ERROR fill @ret, ARP and ND @ret->remote (to a client: @ret->local)
 * with the address that is asked for; the others may leave it half filled.
 */
FRAME_FN enum frame_verdict frame_from_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret)
{
	enum frame_target to;
	uint32_t type;

	if (len < FRAME_ETH || len > FRAME_LIMIT)
		return FRAME_MALFORMED;
	if (!frame_same(data + 6, c->mac, 6))
		return FRAME_SPOOFED;
	to = frame_target(data, c);
	if (to == FRAME_TO_CLIENT || (to == FRAME_TO_OTHER && frame_is_client(data)))
		return FRAME_PEER;
	type = frame_get16(data + 12);
	frame_begin(ret, type == 0x86dd);
	if (to == FRAME_TO_OTHER || (to == FRAME_TO_ND && type != 0x86dd) || (to == FRAME_TO_ALL && type == 0x86dd))
		return FRAME_FOREIGN;
	if (type == 0x0806)
		return frame_arp_from_client(data, len, c, ret);
	if (type == 0x0800)
		return frame_ip4_from_client(data, len, c, ret);
	if (type == 0x86dd)
		return frame_ip6_from_client(data, len, c, ret);
	return FRAME_FOREIGN;
}

/*
 * What is inside an ICMP error: the begin of a packet that the client sent, at
 * least up to its ports. Its lengths and sums are those of the packet as it was.
 */
FRAME_FN enum frame_verdict frame_error(
	const uint8_t *data, const struct frame_ip *ip, const struct frame_client *c, struct frame_info *ret)
{
	const bool ipv6 = ret->ipv6;
	const uint32_t head = ipv6 ? FRAME_IP6 : FRAME_IP4;
	const uint8_t *inner = data + (ipv6 ? FRAME_AT6 : FRAME_AT4) + 8, *l4 = inner + (ipv6 ? FRAME_IP6 : FRAME_IP4);
	uint32_t proto;

	if (ip->len < 8 + head + 8 || inner[0] >> 4 != (ipv6 ? 6 : 4))
		return FRAME_MALFORMED;
	if (ipv6) {
		proto = inner[6];
		for (uint32_t i = 0; i < 16; i++) {
			ret->local[i] = inner[8 + i];
			ret->remote[i] = inner[24 + i];
		}
	} else {
		proto = inner[9];
		frame_map4(ret->local, inner + 12);
		frame_map4(ret->remote, inner + 16);
		if (inner[0] != 0x45 || frame_get16(inner + 6) & 0xbfff)
			return FRAME_FOREIGN;
	}
	if (!frame_same(ret->local, ipv6 ? c->addr6 : c->addr4, 16))
		return FRAME_SPOOFED;
	if (frame_is_peer(ret->remote, ipv6))
		return FRAME_PEER;
	if (frame_is_nowhere(ret->remote, ipv6))
		return FRAME_FOREIGN;
	if (proto == 6 || proto == 17) {
		ret->proto = (uint8_t)proto;
		ret->local_port = (uint16_t)frame_get16(l4);
		ret->remote_port = (uint16_t)frame_get16(l4 + 2);
		if (ret->local_port == 0 || ret->remote_port == 0)
			return FRAME_MALFORMED;
	} else if (proto == (ipv6 ? 58 : 1) && l4[0] == (ipv6 ? 128 : 8)) {
		ret->proto = 1;
		ret->local_port = (uint16_t)frame_get16(l4 + 4);
	} else {
		return FRAME_FOREIGN;
	}
	ret->payload = (uint16_t)(ip->at + 8);
	ret->payload_len = (uint16_t)(ip->len - 8);
	return FRAME_ERROR;
}

/* Unreachable and time exceeded (RFC 792); those and packet too big (RFC 4443). */
FRAME_FN bool frame_is_error(const uint8_t *l4, const struct frame_ip *ip, bool ipv6)
{
	if (ip->proto != (ipv6 ? 58 : 1) || ip->len < 8)
		return false;
	return ipv6 ? l4[0] >= 1 && l4[0] <= 3 : l4[0] == 3 || l4[0] == 11;
}

FRAME_FN enum frame_verdict frame_ip4_to_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret)
{
	enum frame_target to = frame_target(data, c);
	struct frame_ip ip = { 0 };
	enum frame_verdict v = frame_ip4(data, len, ret->remote, ret->local, &ip);
	bool own = frame_same(ret->local, c->addr4, 16);

	if (v == FRAME_MALFORMED)
		return v;
	if (frame_is_peer(ret->remote, false))
		return FRAME_PEER;
	if (v != FRAME_FLOW || frame_is_nowhere(ret->remote, false))
		return FRAME_FOREIGN;
	if (frame_is_dhcp(data, len, &ip))
		return own || frame_get16(ret->local + 12) + frame_get16(ret->local + 14) == 2 * 0xffff
			? frame_dhcp(data, ip.len, c, false)
			: FRAME_SPOOFED;
	if (!own)
		return FRAME_SPOOFED;
	if (to != FRAME_TO_CLIENT)
		return FRAME_FOREIGN;
	if (frame_is_error(data + FRAME_AT4, &ip, false))
		return frame_error(data, &ip, c, ret);
	return frame_flow(data + FRAME_AT4, &ip, false, ret);
}

FRAME_FN enum frame_verdict frame_ip6_to_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret)
{
	enum frame_target to = frame_target(data, c);
	struct frame_ip ip = { 0 };
	enum frame_verdict v = frame_ip6(data, len, ret->remote, ret->local, &ip);

	if (v != FRAME_FLOW)
		return v;
	if (frame_is_peer(ret->remote, true))
		return FRAME_PEER;
	if (frame_is_nd(data, &ip))
		return frame_nd_to_client(data, &ip, c, ret);
	if (frame_is_nowhere(ret->remote, true))
		return FRAME_FOREIGN;
	if (!frame_same(ret->local, c->addr6, 16))
		return frame_same(ret->local, c->link_local, 16) ? FRAME_FOREIGN : FRAME_SPOOFED;
	if (to != FRAME_TO_CLIENT || frame_is_dhcp(data, len, &ip))
		return FRAME_FOREIGN;
	if (frame_is_error(data + FRAME_AT6, &ip, true))
		return frame_error(data, &ip, c, ret);
	return frame_flow(data + FRAME_AT6, &ip, false, ret);
}

FRAME_FN enum frame_verdict frame_to_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret)
{
	enum frame_target to;
	uint32_t type;

	if (len < FRAME_ETH || len > FRAME_LIMIT)
		return FRAME_MALFORMED;
	if (!frame_is_gateway(data + 6))
		return FRAME_SPOOFED;
	to = frame_target(data, c);
	type = frame_get16(data + 12);
	frame_begin(ret, type == 0x86dd);
	if (to == FRAME_TO_OTHER || to == FRAME_TO_GATEWAY)
		return FRAME_FOREIGN;
	if ((to == FRAME_TO_ND && type != 0x86dd) || (to == FRAME_TO_ALL && type == 0x86dd))
		return FRAME_FOREIGN;
	if (type == 0x0806)
		return frame_arp_to_client(data, len, c, ret);
	if (type == 0x0800)
		return frame_ip4_to_client(data, len, c, ret);
	if (type == 0x86dd)
		return frame_ip6_to_client(data, len, c, ret);
	return FRAME_FOREIGN;
}

/* A client's number by the last two bytes of its MAC or address; the plan has 4000. */
FRAME_FN uint32_t frame_number(const uint8_t *last)
{
	uint32_t index = frame_get16(last);

	return index <= 4000 ? index : 0;
}

/*
 * Which client a frame of the NET VM's side is for, before it is judged: by its
 * MAC, or by whom it asks for (ARP, ND) or answers (DHCP) where it goes to all.
 * 0: none.
 */
FRAME_FN uint32_t frame_index(const uint8_t *data, uint32_t len)
{
	uint32_t type;

	if (len < FRAME_ETH)
		return 0;
	if (frame_is_client(data))
		return frame_number(data + 4);
	type = frame_get16(data + 12);
	if (type == 0x0806 && len >= FRAME_ETH + 28 && data[38] == 10 && data[39] == 137)
		return frame_number(data + 40);
	if (type == 0x0800 && len >= FRAME_AT4 + 8 + FRAME_DHCP_MIN && frame_is_client(data + FRAME_AT4 + 8 + 28))
		return frame_number(data + FRAME_AT4 + 8 + 28 + 4);
	if (type == 0x86dd && len >= FRAME_AT6 + 24 && frame_is_peer(data + FRAME_AT6 + 8, true))
		return frame_number(data + FRAME_AT6 + 8 + 14);
	return 0;
}

#endif
