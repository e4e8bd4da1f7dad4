/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter: what an Ethernet frame on a link is, and whether it may be there
 * at all. One source for two engines: vmos-tap compiles it, and so does the
 * kernel's eBPF program (tap/bpf/). So: no calls, no loops without a bound, no
 * memory but the frame's and the result's, every access after a check of @len.
 */
#ifndef TAP_FRAME_H
#define TAP_FRAME_H

#include <stdint.h>

#define FRAME_MAX 1514 /* bytes, without the checksum; no VLAN tag */

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

/*
 * Judges a frame that came from the client @c, or goes to it. @len bytes of
 * @data may be read. FLOW and ERROR fill @ret; the others may leave it half
 * filled. In the eBPF program these are inlined.
 */
FRAME_FN enum frame_verdict frame_from_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret);
FRAME_FN enum frame_verdict frame_to_client(
	const uint8_t *data, uint32_t len, const struct frame_client *c, struct frame_info *ret);

#endif
