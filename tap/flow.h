/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows: what a client has begun and may go on with, and what the far end may
 * answer. A table of TAP_FLOWS_MAX over the memory, with a hash index and a list
 * per client of our own. Nothing is allocated.
 */
#ifndef TAP_FLOW_H
#define TAP_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/tap.h"
#include "tap/memory.h"

/*
 *	HALF	TCP: the client spoke, no answer yet; also a segment in the middle, after a restart	30 s
 *	OPEN	TCP: both have spoken		2 h		never makes room for another of its client
 *	HALFWAY	TCP: one end has said FIN	10 min
 *	CLOSING	TCP: both said FIN, or one RST	20 s		a new SYN begins anew
 *	LONE	UDP: not answered yet		60 s
 *	PAIR	UDP: answered			180 s		never makes room
 *	ECHO	ICMP echo			30 s
 */
enum flow_state { FLOW_HALF = 1, FLOW_OPEN, FLOW_HALFWAY, FLOW_CLOSING, FLOW_LONE, FLOW_PAIR, FLOW_ECHO };

#define FLOW_TCP_FIN 0x01
#define FLOW_TCP_SYN 0x02
#define FLOW_TCP_RST 0x04
#define FLOW_TCP_ACK 0x10

#define FLOW_SECOND 1000000ull /* µs */
#define FLOW_BUCKETS 16384

/* Hashed and compared as 32 bytes: none is left unset. */
struct flow_key {
	uint8_t addr[NETPLAN_ADDR];
	uint32_t index;
	uint16_t local_port, port;
	uint8_t proto;
	uint8_t zero[7];
};

struct flows {
	struct memory_flow *at; /* borrowed: MEMORY_FLOWS */
	uint64_t secret[2]; /* of the hash: a client chooses ports and addresses */
	uint32_t count;
	/* Numbers of entries, each one more than its place; 0: none. */
	uint16_t head[FLOW_BUCKETS], next[MEMORY_FLOWS];
	uint16_t first[NETPLAN_INDEX_MAX + 1], after[MEMORY_FLOWS], before[MEMORY_FLOWS]; /* of a client */
	uint16_t free_first; /* through after[] */
	uint16_t held[NETPLAN_INDEX_MAX + 1]; /* how many of a client */
	uint16_t hand; /* where flows_expire() goes on */
};

/* What one packet tells about its flow. */
struct flow_packet {
	bool sent; /* by the client */
	uint8_t tcp_flags;
	uint32_t seq; /* TCP: the number that follows this packet */
	uint32_t bytes;
	uint64_t now;
};

/* What the kernel has seen of a flow since it was told of it. */
struct flow_seen {
	uint64_t sent, received; /* bytes */
	uint64_t last; /* as of struct memory_flow */
	bool did_send, did_receive;
	uint8_t flags_sent, flags_received; /* TCP: all of them */
	uint32_t seq_sent, seq_received;
};

/* Takes up what stands in @at: whole entries stay, others are wiped, also a second one of a key. */
void flows_open(struct flows *f, struct memory_flow *at, const uint64_t secret[2], uint64_t now);

struct flow_key flow_key_of(const struct memory_flow *flow);
struct memory_flow *flows_find(const struct flows *f, const struct flow_key *key);

/* How many flows each of @clients may have. */
uint32_t flows_share(uint32_t clients);
/*
 * Who must go before client @index can have one more: NULL and *ret_full false:
 * nobody; NULL and true: there is no room. Within the client's share and in a
 * full table that is a flow of the client with most, else its own longest idle
 * one that is not OPEN or PAIR.
 */
struct memory_flow *flows_victim(const struct flows *f, uint32_t index, uint32_t clients, bool *ret_full);
/* A new flow of a key that is not there, HALF, LONE or ECHO. NULL: the table is full. */
struct memory_flow *flows_add(struct flows *f, const struct flow_key *key, uint64_t now);
void flows_remove(struct flows *f, struct memory_flow *flow);

void flow_track(struct memory_flow *flow, const struct flow_packet *packet);
void flow_merge(struct memory_flow *flow, const struct flow_seen *seen);
/* The kernel is to count from 0 again. */
void flow_settle(struct memory_flow *flow);
bool flow_is_over(const struct memory_flow *flow, uint64_t now);

/* A flow of @index after @flow (NULL: the first); removing the one returned before is allowed only after this call. */
struct memory_flow *flows_of(const struct flows *f, uint32_t index, const struct memory_flow *flow);
/* The next of at most *@budget entries that is over; NULL: none among them. Goes round the table. */
struct memory_flow *flows_expired(struct flows *f, uint64_t now, uint32_t *budget);

#endif
