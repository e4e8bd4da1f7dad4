/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole packets of a conversation, both ways, as a client and the far end would send them; IPv4. */
#ifndef TESTS_NET_PACKET_H
#define TESTS_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/netplan.h"

#define PACKET_MAX 1514
#define PACKET_FIN 0x01
#define PACKET_SYN 0x02
#define PACKET_RST 0x04
#define PACKET_ACK 0x10
#define PACKET_L4 34 /* where TCP or UDP begins */

struct packet {
	uint32_t index; /* the client's */
	bool to_client;
	uint8_t proto; /* 6 or 17 */
	uint8_t flags;
	const char *far; /* address of the far end */
	uint16_t local_port, port;
	uint32_t seq, ack;
	const void *payload;
	size_t len;
};

/* The frame's length. */
size_t packet_build(const struct packet *p, uint8_t frame[PACKET_MAX]);

/* A DNS query for A of @name; its length. */
size_t packet_query(uint16_t id, const char *name, uint8_t message[512]);
/* The answer to it: @addr, an IPv4 address as text, for 60 s. */
size_t packet_answer(const uint8_t *query, size_t len, const char *addr, uint8_t message[512]);

#endif
