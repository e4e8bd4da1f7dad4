/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The licence of a transfer: a page of memory that vmosd shares with the two
 * couriers, so that a rule taken back stops a transfer at the next chunk,
 * without a message that might wait behind the bytes.
 */
#ifndef PROTO_LICENCE_H
#define PROTO_LICENCE_H

#include <stdbool.h>
#include <stdint.h>

#define LICENCE_SIZE 4096

struct licence {
	uint32_t allowed; /* 1: may pass; 0: no more. vmosd writes, couriers read */
};

static inline bool licence_holds(const struct licence *l)
{
	return __atomic_load_n(&l->allowed, __ATOMIC_ACQUIRE) == 1;
}

#endif
