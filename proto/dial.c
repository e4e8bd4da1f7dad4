/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/dial.h"

#include <errno.h>

#include "proto/netplan.h"

#define CID_BASE 0x40000000u
#define INDEX_BITS 12
#define INDEX_MASK ((1u << INDEX_BITS) - 1)
#define UID_MASK 0x3ffffu
#define ERRNO_MAX 4095

_Static_assert(NETPLAN_INDEX_MAX <= INDEX_MASK, "a number has its bits to itself");
_Static_assert((UID_MASK << INDEX_BITS) < CID_BASE, "and so has a user");

uint32_t dial_cid(uint32_t uid, uint32_t net_index)
{
	return CID_BASE | (uid & UID_MASK) << INDEX_BITS | net_index;
}

static bool is_cid(uint32_t cid)
{
	uint32_t index = cid & INDEX_MASK;

	return cid >> 30 == CID_BASE >> 30 && index >= 1 && index <= NETPLAN_INDEX_MAX;
}

bool dial_may(uint32_t uid, uint32_t cid)
{
	return is_cid(cid) && (uid == 0 || (uid <= UID_MASK && dial_cid(uid, cid & INDEX_MASK) == cid));
}

int dial_check_request(const struct dial_request *m, size_t len)
{
	return len == sizeof(*m) && m->zero == 0 && is_cid(m->cid) ? 0 : -EBADMSG;
}

int dial_check_answer(const struct dial_answer *m, size_t len, unsigned nfds)
{
	if (len != sizeof(*m) || m->zero != 0 || m->error > 0 || m->error < -ERRNO_MAX)
		return -EBADMSG;
	return nfds == (m->error == 0) ? 0 : -EBADMSG;
}
