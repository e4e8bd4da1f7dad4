/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmosd asks of vmos-dial, the one program of vmOS that may bind the ports
 * by which a guest's agent knows the host: one request, one answer, with the
 * connection beside it. Both are on the same machine and of one build; every
 * field is checked all the same.
 */
#ifndef PROTO_DIAL_H
#define PROTO_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAL_SOCKET \
	"/run/vmos/dial.sock" /* in system mode: systemd listens, and starts a vmos-dial for each connection */

/*
 * The CID of the VM with this number in the network, 1 … NETPLAN_INDEX_MAX, of
 * the vmosd of user @uid: another one for each two of them (of users whose ids
 * differ in their last 18 bits), and none that libvirt comes to by itself.
 */
uint32_t dial_cid(uint32_t uid, uint32_t net_index);
/* Whether the user @uid may be connected to @cid: root to any VM of vmOS, others to their own. */
bool dial_may(uint32_t uid, uint32_t cid);

struct dial_request {
	uint32_t cid; /* of a VM of vmOS */
	uint32_t zero;
};

struct dial_answer {
	int32_t error; /* 0: an fd is beside it; else -errno, and none is */
	uint32_t zero;
};

/* 0, or -EBADMSG. */
int dial_check_request(const struct dial_request *m, size_t len);
int dial_check_answer(const struct dial_answer *m, size_t len, unsigned nfds);

#endif
