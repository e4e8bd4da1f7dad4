/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmos-notify, which runs as the VM's user, says to vmos-agent, and hears
 * from it: packets of fixed size on a SOCK_SEQPACKET socket. Both are of one
 * image, so numbers are in host order; the agent, which is root's, checks all
 * it reads. Of several that connect the last one counts.
 */
#ifndef AGENT_COMMON_NOTIFY_H
#define AGENT_COMMON_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/notification.h"

#define NOTIFY_SOCKET "/run/vmos/notify.sock"

enum notify_kind { NOTIFY_SHOW = 1, NOTIFY_BACK };

struct notify_packet {
	uint32_t kind;
	uint32_t id; /* not 0 */
	uint32_t timeout_ms, urgency; /* of SHOW, as in ctl_notify */
	struct notification text; /* of SHOW; safe to show */
};

struct notify_end {
	uint32_t id;
	uint32_t how; /* enum notification_end */
};

/* A packet as received: its length exact, every field in range. 0 or -EBADMSG. */
int notify_check_packet(const void *untrusted_packet, size_t len, struct notify_packet *ret_packet);

#endif
