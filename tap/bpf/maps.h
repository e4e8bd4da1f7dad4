/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's program and tap/tc.c share: the maps' keys and values. */
#ifndef TAP_BPF_MAPS_H
#define TAP_BPF_MAPS_H

#include <stdint.h>

#include "tap/frame.h"

#define TC_INDEX_MAX 4000 /* NETPLAN_INDEX_MAX */
#define TC_FLOWS_MAX 8192 /* TAP_FLOWS_MAX */
#define TC_RING_SIZE (2u << 20) /* bytes: some 1,300 frames that wait for user space */
#define TC_NET 0 /* the index of the NET VM's own side */
#define TC_MARK 0x766d6f73 /* a frame of ours: the host itself has nothing to say on these devices */

/* One for all. */
struct tc_config {
	uint64_t alive_until; /* CLOCK_MONOTONIC, ns: until then flows pass; then all goes to user space */
};

struct tc_client {
	struct frame_client c; /* of TC_NET: nothing */
	uint16_t zero;
	uint32_t ifindex; /* 0: there is none of this index */
	uint32_t ns_per_kib; /* what it may send, and what it may be sent; 0: as much as there is */
};

/* Of the limit: when the next frame is due, each way (generic cell rate algorithm, ITU-T I.371). */
struct tc_rate {
	uint64_t due[2];
};

#define TC_BURST_NS 200000000u /* so much of its time a client may use at once */

struct tc_key {
	uint32_t index; /* of the client */
	uint16_t local_port, remote_port;
	uint8_t remote[16];
	uint8_t proto; /* as of struct frame_info */
	uint8_t zero[3];
};

struct tc_flow {
	uint64_t sent, received; /* bytes behind the headers */
	uint64_t last; /* CLOCK_MONOTONIC, ns; up to some ms late; 0: nothing came yet */
	uint32_t flags_sent, flags_received; /* of TCP, all that were seen; and TC_SEEN */
	uint32_t seq_sent, seq_received; /* TCP: what follows the last byte of each direction, once there was one */
};

#define TC_SEEN 0x100 /* something came that way */

/* Per client; TC_NET: what came from the NET VM and may not be. */
struct tc_counters {
	uint64_t verdicts[FRAME_VERDICTS]; /* frames, as the filter said */
	uint64_t sent, received, sent_bytes, received_bytes; /* what the kernel passed on by itself */
	uint64_t lost, limited; /* dropped: while the ring was full, over the limit */
};

/* A frame for user space. */
struct tc_event {
	uint32_t index;
	uint8_t from_client, verdict; /* 1, 0; enum frame_verdict, FRAME_FLOW to FRAME_DHCP */
	uint16_t zero;
	uint32_t len, have; /* of the frame, and what of it is here: less only of what would be cut (GSO) */
	struct frame_info info;
	uint8_t data[FRAME_MAX];
};

#endif
