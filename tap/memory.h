/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that outlives a vmos-tap: flows and learnt names, in a memfd that
 * vmosd keeps. Entries of fixed size, no pointers, no indexes: whoever takes it
 * up believes nothing, checks each field of each entry and builds tables of its
 * own over those that are whole (flow.h, names.h). Times are microseconds of
 * CLOCK_BOOTTIME.
 */
#ifndef TAP_MEMORY_H
#define TAP_MEMORY_H

#include <stdint.h>

#include "proto/nettarget.h"
#include "proto/tap.h"

#define MEMORY_MAGIC 0x0003706174736f6dull /* changes with the layout */
#define MEMORY_FLOWS TAP_FLOWS_MAX
#define MEMORY_NAMES 16384

struct memory_flow {
	uint32_t used; /* 1; written last */
	uint32_t index; /* the client's */
	uint8_t proto; /* enum net_proto */
	uint8_t state; /* enum flow_state */
	uint8_t answered; /* 1: the user allowed it, not a line */
	uint8_t zero;
	uint16_t local_port, port; /* host order; echo: identifier, 0 */
	uint8_t addr[NETPLAN_ADDR]; /* the far one */
	uint32_t generation, line; /* of the list that decided last */
	uint32_t name; /* names_hash() of the one it was opened by; 0: none */
	uint32_t unused; /* 0 */
	uint32_t seq_sent, seq_received; /* TCP: what follows the last byte of each direction */
	uint64_t began, last;
	uint64_t sent, received; /* bytes of the client, … */
	uint64_t kernel_sent, kernel_received; /* … and those the kernel passed, since it was told of the flow */
};

struct memory_name {
	uint32_t used; /* 1; written last */
	uint32_t index;
	uint8_t addr[NETPLAN_ADDR];
	uint64_t learnt, until;
	char name[NET_NAME_MAX + 1];
};

struct memory {
	uint64_t magic;
	struct memory_flow flows[MEMORY_FLOWS];
	struct memory_name names[MEMORY_NAMES];
};

_Static_assert(sizeof(struct memory) <= TAP_MEMORY_SIZE, "the memory of SETUP is too small");

#endif
