/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three fds of a channel: its memory and the eventfds of both directions. vmosd makes them and never looks inside. */
#ifndef MANAGER_REGION_H
#define MANAGER_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manager/identity.h"

struct region {
	uint32_t role; /* VMOS_ROLE_* */
	size_t size; /* 0: there is none */
	int memory;
	int notify_guest; /* writing it interrupts the guest */
	int notify_host; /* the guest's doorbell */
};

void region_init(struct region *region, uint32_t role);

/*
 * Makes the fds of a fresh region of the VM @identity, with a header that names its role and no
 * session, so that the guest's driver knows what it found before a helper
 * opens one. -errno; on failure nothing is left.
 */
int region_create(struct region *region, const struct identity *identity);

/* Takes over the fds a helper gave back; checks that they are what they should be. On success all of @fds are owned. */
int region_adopt(struct region *region, const int fds[3], uint64_t size);

/* Closes the fds. A region without fds is fine. */
void region_finish(struct region *region);

bool region_is_open(const struct region *region);

#endif
