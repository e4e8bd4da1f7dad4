/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest's commands (vmos-send, vmos-open) say to vmos-agent, by a
 * SOCK_SEQPACKET socket that the user and root may connect to: one packet with
 * the request, then the agent's packets on how it stands until the last one.
 * To hang up is to give up. Both are of one image, so numbers are in host
 * order; the agent, which is root's, checks all it reads.
 */
#ifndef AGENT_COMMON_ASK_H
#define AGENT_COMMON_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ctl.h"

#define ASK_FOLDER "/run/vmos"
#define ASK_SOCKET ASK_FOLDER "/agent.sock"
#define ASK_MAX 8 /* requests at a time, as many as the host takes: HELPER_REQUESTS_MAX */

struct ask_request {
	uint32_t kind; /* enum ctl_request_kind */
	uint32_t files; /* 0: not known */
	uint64_t bytes; /* 0: not known */
	uint32_t len; /* of the blob behind: see ctl_request_check() */
	uint32_t zero;
};

#define ASK_PACKET_MAX (sizeof(struct ask_request) + CTL_ARGS_MAX)

struct ask_answer {
	uint32_t status; /* enum ctl_answer_status */
	uint32_t reason; /* enum xfer_reason */
	uint64_t done, total; /* bytes */
};

/* A packet as received: its length exact, every field and string in range. 0 or -EBADMSG. */
int ask_check_request(const uint8_t *untrusted_packet, size_t len, struct ask_request *ret_request);
/* For the commands: the agent's packet. -EBADMSG. */
int ask_check_answer(const struct ask_answer *a, size_t len);
bool ask_is_final(const struct ask_answer *a);

#endif
