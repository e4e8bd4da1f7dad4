/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the resolver answered: address -> names, per client. A name counts for
 * new flows while its TTL lasts; it is forgotten only when its place is needed,
 * as a flow that runs keeps the names it began with.
 */
#ifndef TAP_NAMES_H
#define TAP_NAMES_H

#include <stdint.h>

#include "tap/memory.h"

#define NAMES_TTL_MIN 60 /* seconds */
#define NAMES_TTL_MAX 86400
#define NAMES_SHARE_MAX 2048 /* of one client */
#define NAMES_EACH_MAX 16 /* of one address of a client: an older one makes room */
#define NAMES_BUCKETS 16384

struct names {
	struct memory_name *at; /* borrowed: MEMORY_NAMES */
	uint64_t secret[2];
	uint32_t count;
	/* As in struct flows. */
	uint16_t head[NAMES_BUCKETS], next[MEMORY_NAMES];
	uint16_t first[NETPLAN_INDEX_MAX + 1], after[MEMORY_NAMES], before[MEMORY_NAMES];
	uint16_t free_first;
	uint16_t held[NETPLAN_INDEX_MAX + 1];
};

struct names_answer {
	uint32_t index;
	const uint8_t *addr;
	const char *name; /* net_name_is_valid() */
	uint32_t ttl; /* seconds, as answered */
};

void names_open(struct names *t, struct memory_name *at, const uint64_t secret[2], uint64_t now);

/* 1: it is new, 0: it was known and lasts longer, -ENOSPC. @clients share the table. */
int names_learn(struct names *t, const struct names_answer *a, uint32_t clients, uint64_t now);
/* Names of @addr that were good at @when, the last one learnt first; borrowed until the next names_learn(). How many. */
unsigned names_find(const struct names *t, uint32_t index, const uint8_t *addr, uint64_t when,
	const char *ret_names[NAMES_EACH_MAX]);
/* FNV-1a, never 0: tells apart what one client has asked, or the names of one address. */
uint32_t names_hash(const char *name);
/* Those of a client that are good at @now. */
uint32_t names_count(const struct names *t, uint32_t index, uint64_t now);
void names_forget(struct names *t, uint32_t index);

#endif
