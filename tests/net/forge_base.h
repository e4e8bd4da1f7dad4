/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lists of forged frames are written with: the good frames they begin as, and the changes. */
#ifndef TESTS_NET_FORGE_BASE_H
#define TESTS_NET_FORGE_BASE_H

#include "tests/net/forge.h"

/* A frame that is being made. */
struct forge_at {
	const struct forge_parties *p;
	uint8_t *data; /* FORGE_MAX bytes */
	size_t len;
};

enum forge_op { EDIT_NONE, EDIT_SET, EDIT_PUT, EDIT_INSERT, EDIT_LENGTH };

/* Whose address; in the order of their lengths: 6, 4, 16 bytes. */
enum forge_who {
	CLIENT_MAC,
	PEER_MAC,
	GATEWAY_MAC,
	ALL_MAC,
	CLIENT4,
	PEER4,
	GATEWAY4,
	RESOLVER4,
	CLIENT6,
	CLIENT_LL,
	PEER6,
	PEER_LL,
	GATEWAY6,
	RESOLVER6,
};

/* Lengths and sums are set right after the changes, but for: */
enum { KEEP_LENGTH = 1, KEEP_INSIDE = 2, WRONG_SUM = 4 };

#define SET(offset, text)                                                                \
	{                                                                                \
		.op = EDIT_SET, .at = (offset), .len = sizeof(text) - 1, .bytes = (text) \
	}
#define PUT(offset, whose)                                     \
	{                                                      \
		.op = EDIT_PUT, .at = (offset), .who = (whose) \
	}
#define INSERT(offset, text)                                                                \
	{                                                                                   \
		.op = EDIT_INSERT, .at = (offset), .len = sizeof(text) - 1, .bytes = (text) \
	}
#define LENGTH(bytes_)                            \
	{                                         \
		.op = EDIT_LENGTH, .at = (bytes_) \
	}

static inline void put16(uint8_t *at, uint32_t n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

/* Of a client. */
void base_arp(struct forge_at *f); /* asks for the gateway */
void base_solicit(struct forge_at *f); /* the same of IPv6, with its own MAC as an option */
void base_dhcp(struct forge_at *f); /* DISCOVER */
void base_tcp4(struct forge_at *f); /* SYN */
void base_udp4(struct forge_at *f);
void base_echo4(struct forge_at *f);
void base_tcp6(struct forge_at *f);
void base_udp6(struct forge_at *f);
void base_echo6(struct forge_at *f);

/* Of a NET VM. */
void base_net_arp(struct forge_at *f); /* asks for the client */
void base_net_solicit(struct forge_at *f);
void base_net_dhcp(struct forge_at *f); /* OFFER, to all */
void base_net_tcp4(struct forge_at *f); /* SYN and ACK */
void base_net_udp4(struct forge_at *f);
void base_net_echo4(struct forge_at *f);
void base_net_tcp6(struct forge_at *f);
void base_net_udp6(struct forge_at *f);
void base_net_echo6(struct forge_at *f);
void base_net_error4(struct forge_at *f); /* port unreachable, to udp4 */
void base_net_error6(struct forge_at *f); /* packet too big, to tcp6 */

#endif
