/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmosd asks of vmos-wire, which makes the network cards of VMs as TAP
 * devices of the kernel: fixed-size messages on a SOCK_SEQPACKET socket. Each
 * request is answered by one DONE, in order.
 *
 * A connection is a process of its own, in a network namespace of its own that
 * holds nothing but the cards made in it or given to it. vmosd has one for each
 * NET VM that runs (OPEN with filter: the eBPF program of tap/tc.h stands on
 * every card that is up there), and one without a filter, in which cards wait
 * that no link leads to: these are down, always.
 *
 * A card is a TAP device without a header, checksum or segment offload; it lives
 * as long as somebody holds its queue: QEMU. It is named by the index of its VM
 * (netplan.h), 0 is the inside of a NET VM. It is down until TAKE has put the
 * filter on it, and comes down before it is given away.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_SOCKET "/run/vmos/wire.sock" /* system mode: systemd starts a vmos-wire for each connection */
#define WIRE_FDS_MAX 7 /* TC_FDS of tap/tc.h */
#define WIRE_TEXT_MAX 96
#define WIRE_NAME_MAX 15

enum wire_type {
	WIRE_OPEN = 1, /* the first one, once; DONE's fd: the network namespace */
	WIRE_MAKE, /* a card that is down; DONE's fd: its queue, whole frames by read(2) and write(2), non-blocking */
	WIRE_GIVE, /* fd: the network namespace that the card moves to; its flows end, it is down there */
	WIRE_TAKE, /* a card that was made here or given: filtered, then up. Also if it is. DONE: ifindex */
	WIRE_DROP, /* its flows end, it is down; it stays */
	WIRE_HAS, /* whether the card is here: DONE with ifindex, or error -ENODEV */
	WIRE_SHARE, /* DONE's fds: those of tc_share(), for SETUP of proto/tap.h; only with filter */
	WIRE_DONE = 0x81,
};

struct wire_msg {
	uint32_t type; /* enum wire_type */
	uint32_t nfds; /* beside it */
	uint32_t index; /* of MAKE … HAS: 0 … NETPLAN_INDEX_MAX; else 0. DONE: that of the request */
	uint32_t filter; /* of OPEN: 0, 1; else 0 */
	uint32_t ifindex; /* of DONE: of TAKE and HAS, not 0; else 0 */
	int32_t error; /* of DONE: 0 or -errno; else 0 */
	char text[WIRE_TEXT_MAX]; /* of DONE with an error: what did not work, in our own words; else "" */
};

/* Whether every field is as above and @nfds are as many as belong beside it. 0, or -EBADMSG. */
int wire_check_request(const struct wire_msg *m, size_t len, unsigned nfds);
int wire_check_reply(const struct wire_msg *m, uint32_t request, size_t len, unsigned nfds);

/* "vmos12", "inside": the name of a card's device. */
void wire_name(uint32_t index, char name[WIRE_NAME_MAX + 1]);

#endif
