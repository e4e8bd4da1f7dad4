/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Relays of the kernel (proto/uapi/vmos_relay.h) between two VMs: an open
 * /dev/vmos_relay each, which ends when it is closed, and with vmosd.
 */
#ifndef MANAGER_RELAY_H
#define MANAGER_RELAY_H

#include <stdint.h>

#include "manager/identity.h"
#include "manager/region.h"

#define RELAY_RATE (1ull << 30) /* bytes a second: more than a disk takes, and less than would keep a processor busy */

/* A VM's end. All are borrowed. */
struct relay_end {
	const struct identity *identity;
	const struct region *region; /* of its ctl channel */
	unsigned area; /* VMOS_AREA() */
};

/*
 * Makes a relay that lives by the rule "courier of @from may write to the inbox
 * of @to" in the kernel. @generation is not that of an earlier one of these areas.
 * The fd, readable when it has ended by itself; -EOPNOTSUPP: in session mode there are none; -ENOENT: nor has
 * this host any; else -errno of CREATE, and of what comes before it.
 */
int relay_make(const struct relay_end *from, const struct relay_end *to, uint32_t generation);
/* 0: it goes on; else the errno it ended by. */
int relay_ended(int fd);
/* Ends it: when this returns no byte passes any more. How many have. */
uint64_t relay_close(int fd);

#endif
