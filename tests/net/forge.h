/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that a client, or a NET VM, could send: forged and malformed ones by
 * name, and good ones to tell a filter that works from a cable that is cut.
 * Each is whole and has the right sums, but for what its name says.
 */
#ifndef TESTS_NET_FORGE_H
#define TESTS_NET_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/netplan.h"
#include "tap/frame.h"

#define FORGE_MAX 9014 /* bytes of the longest */
#define FORGE_LOCAL_PORT 40007 /* of the flows, at the client */
#define FORGE_PORT 443 /* the far one; of ECHO the identifier is FORGE_LOCAL_PORT */
#define FORGE_EDITS 5

enum forge_side { FORGE_CLIENT, FORGE_NET };

struct forge_parties {
	struct frame_client client, peer; /* who sends, or is sent to, and a neighbour */
	uint8_t far4[NETPLAN_ADDR], far6[NETPLAN_ADDR]; /* the host of the world that flows are with */
};

struct forge_at;

/* A change of a good frame. */
struct forge_edit {
	uint8_t op, who; /* of forge.c */
	uint16_t at, len;
	const char *bytes;
};

struct forge_kind {
	const char *name;
	enum forge_side side; /* who sends it */
	enum frame_verdict verdict; /* what the filter says; up to FRAME_DHCP: it is a good one */
	unsigned flags; /* of forge.c */
	void (*base)(struct forge_at *f);
	struct forge_edit edits[FORGE_EDITS];
};

extern const struct forge_kind forge_kinds[];
extern const size_t forge_nkinds;

/* The kind of that name; there must be one. */
const struct forge_kind *forge_find(const char *name);

/* Clients @index and @peer of the plan; the far host is 198.51.100.7 and 2001:db8::7. */
void forge_parties(struct forge_parties *ret, uint32_t index, uint32_t peer);

/* Writes the frame; its length. A TAP device refuses those below 14 bytes (EINVAL). */
size_t forge_build(const struct forge_kind *kind, const struct forge_parties *p, uint8_t data[FORGE_MAX]);

static inline int forge_is_good(const struct forge_kind *kind)
{
	return kind->verdict <= FRAME_DHCP;
}

#endif
