/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's end of a relay (proto/uapi/vmos_relay.h): an area of the ctl
 * region, into whose ring a source puts bytes and from whose ring a target
 * takes them. Never left: it ends when the host ends it, or with the session.
 */
#ifndef AGENT_COMMON_AREA_H
#define AGENT_COMMON_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/uapi/vmos_relay.h"

struct area {
	uint8_t *base; /* mapped, owned; NULL: none */
	struct vmos_relay_side *guest;
	const struct vmos_relay_side *host;
	uint8_t *ring;
	bool is_source;
	bool sleeps; /* the host has been told that we wait */
	uint32_t generation;
	uint64_t count; /* bytes put or taken: what lies in the guest's page is not read back */
};

/*
 * Maps area @nr of the region that @fd, a ctl device, stands for, and joins the
 * relay @generation. The caller rings for the host then. -ESTALE: there is no
 * such relay; -EACCES: the driver is too old to let anybody write there; -errno of mmap.
 */
int area_join(struct area *a, int fd, unsigned nr, uint32_t generation, bool is_source);
/* Unmaps it. One that was never joined is fine. */
void area_close(struct area *a);

/* Bytes that can be put, or taken, now. -ESTALE: it is over; of a target's, when it has given its last byte. */
int area_look(const struct area *a, size_t *ret_bytes);
/* Says that we wait until there are @least bytes. True: they are there meanwhile, or it is over. */
bool area_sleep(struct area *a, size_t least);
/* Where the next bytes go or lie, and how many of them before the ring ends. */
uint8_t *area_place(const struct area *a, size_t *ret_bytes);
/* @bytes have been put there, or taken. True: the host waits for that, ring for it. */
bool area_pass(struct area *a, size_t bytes);

#endif
