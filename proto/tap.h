/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmosd says to vmos-tap, the TAP system of one NET VM, and it to vmosd:
 * fixed-size messages on a SOCK_SEQPACKET socket, as proto/helper.h has them,
 * and for the same reasons every field is checked on both sides.
 *
 * vmos-tap is born with the socket as fd 3 and told SETUP. It outlives vmosd:
 * on end of file it accepts one connection at a time on the listening socket of
 * SETUP, and answers ADOPT by STATE with the memory's fd and then a HAVE for
 * each link; vmosd then sends lists anew. Links that a vmosd does not confirm by
 * a LIST within 30 s are closed. Without a vmosd what would be asked is refused.
 *
 * Frames move on one of two fabrics. VDE: vmosd gives plugs of switches. KERNEL
 * (tap/tc.h): TAP devices and eBPF, which vmos-wire makes and loads for vmosd
 * (proto/wire.h): vmos-tap gets fds by SETUP, and has no privilege. The network
 * namespace of each NET VM holds its cards and nothing else, so that a vmos-tap
 * that was taken over reaches no other device by its packet socket or by the
 * tables. A card is told by NET or LINK when vmos-wire has put the filter on it
 * and it is up; after UNLINK it comes down. tc_keep(), tc_limit() and tc_flow_*()
 * are vmos-tap's alone.
 */
#ifndef PROTO_TAP_H
#define PROTO_TAP_H

#include <stddef.h>
#include <stdint.h>

#include "proto/nettarget.h"
#include "proto/text.h"

#define TAP_FD 3
#define TAP_KERNEL_FDS 7 /* TC_FDS of tap/tc.h */
#define TAP_FDS_MAX (2 + TAP_KERNEL_FDS)
#define TAP_LINKS_MAX 250 /* clients of one NET VM */
#define TAP_LINES_MAX 16384 /* targets of one link */
#define TAP_FLOWS_MAX 8192 /* of one NET VM */
#define TAP_WAITING_MAX 50 /* flows of one link that wait for an answer */
#define TAP_TEXT_MAX 96

enum tap_type {
	/* vmosd to vmos-tap */
	TAP_SETUP = 1, /* fds: memory (TAP_MEMORY_SIZE, sealed memfd), listener; KERNEL: those of tc_share() */
	TAP_NET, /* the NET VM's inside NIC; replaces an earlier one. VDE: fds: plug's data socket, its control socket */
	TAP_LINK, /* as NET: a client; it is dead until its first list is complete */
	TAP_UNLINK,
	TAP_LIST, /* begins a list: the COUNT messages TAP_LINE of it follow */
	TAP_LINE, /* the last one makes the list count, whole; flows are decided anew */
	TAP_ANSWER, /* to a QUESTION */
	TAP_FLOWS, /* answered by FLOW of each and FLOWS_END */
	TAP_QUERY, /* answered by STATS of each link */
	TAP_ADOPT,
	TAP_QUIT,
	/* vmos-tap to vmosd */
	TAP_UP = 0x81, /* sandboxed, ready */
	TAP_STATE, /* fd: memory */
	TAP_HAVE, /* ADOPT's answer: a link that is there; nfds 0 */
	TAP_QUESTION,
	TAP_WITHDRAW, /* the question's flow is gone */
	TAP_FLOW, /* to FLOWS */
	TAP_FLOWS_END,
	TAP_LOG, /* a flow began, ended or was refused; at most 20 a second and link, the rest are counted */
	TAP_STATS,
	TAP_FAILED, /* the last word */
};

enum tap_event { TAP_EVENT_OPEN = 1, TAP_EVENT_CLOSE, TAP_EVENT_DENY, TAP_EVENT_CUT, TAP_EVENT_NAME };
enum tap_reason { TAP_REASON_INTERNAL = 1, TAP_REASON_SETUP, TAP_REASON_PROTOCOL };

enum tap_fabric { TAP_FABRIC_VDE, TAP_FABRIC_KERNEL };

struct tap_setup {
	char net[VM_NAME_MAX + 1]; /* the NET VM's name, for the log */
	uint32_t fabric; /* enum tap_fabric; STATE: 0 */
};

struct tap_link {
	uint32_t index; /* the client's, of netplan.h: names the link in all messages; NET: 0 */
	uint32_t rate_kib; /* a second, each way; 0: no limit; NET: 0 */
	uint32_t ifindex; /* KERNEL: the TAP device; VDE: 0 */
};

struct tap_list {
	uint32_t index;
	uint32_t generation; /* of the list: comes back in QUESTION, FLOW and LOG */
	uint32_t count; /* of the LINEs that follow, 0 … TAP_LINES_MAX; 0: the list counts at once */
	uint32_t fallback; /* enum net_action */
};

struct tap_line {
	uint32_t index, generation;
	uint32_t number; /* 0 …, in order */
	struct net_target target;
};

/* A flow; what is asked, listed and logged. */
struct tap_flow {
	uint32_t index, generation;
	uint32_t id; /* of the question, not 0; FLOW and LOG: 0 */
	uint32_t event; /* enum tap_event; only of LOG */
	uint32_t line; /* the target's number; UINT32_MAX: the fallback */
	uint8_t proto, action; /* enum net_proto, enum net_action */
	uint16_t local_port, port;
	uint8_t addr[NETPLAN_ADDR];
	uint32_t more; /* of LOG: events of the kind that were not told before this one */
	uint32_t age, idle; /* seconds */
	uint64_t sent, received; /* bytes, of the client */
	char name[NET_NAME_MAX +
		1]; /* what it was opened by; of a QUESTION or refusal the last one learnt for the address; "" none */
};

struct tap_answer {
	uint32_t index, id;
	uint32_t allow; /* 0, 1 */
};

struct tap_stats {
	uint32_t index; /* 0: the NET VM's own side */
	uint32_t flows, waiting, names;
	uint64_t sent, received; /* frames of the client that passed */
	uint64_t sent_bytes, received_bytes;
	uint64_t malformed, spoofed, refused, limited, full; /* frames that did not */
};

struct tap_fail {
	uint32_t reason; /* enum tap_reason */
	char text[TAP_TEXT_MAX];
};

struct tap_id {
	uint32_t index, id; /* UNLINK and HAVE: id 0 */
};

struct tap_msg {
	uint32_t type;
	uint32_t nfds; /* beside it */
	union {
		struct tap_setup setup;
		struct tap_link link; /* NET, LINK */
		struct tap_list list;
		struct tap_line line;
		struct tap_flow flow; /* QUESTION, FLOW, LOG */
		struct tap_answer answer;
		struct tap_stats stats;
		struct tap_fail fail;
		struct tap_id id; /* UNLINK, HAVE, WITHDRAW */
		uint8_t raw[512];
	};
};

/* Bytes of the memory that SETUP brings: flows and learnt names (tap/memory.h). */
#define TAP_MEMORY_SIZE (8u << 20)

/* Checks a message as received: @len exact, type known in that direction, @nfds right, fields in range, texts NUL
 * terminated; names as net_name_is_valid() or "". 0 or -EBADMSG. */
int tap_check_request(const struct tap_msg *m, size_t len, unsigned nfds); /* vmosd to vmos-tap */
int tap_check_report(const struct tap_msg *m, size_t len, unsigned nfds); /* vmos-tap to vmosd */

#endif
