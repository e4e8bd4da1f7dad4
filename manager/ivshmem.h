/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server of QEMU's ivshmem protocol (QEMU: docs/specs/ivshmem-spec) for one device of one VM. */
#ifndef MANAGER_IVSHMEM_H
#define MANAGER_IVSHMEM_H

#include <systemd/sd-event.h>

#include "manager/identity.h"
#include "manager/region.h"

struct ivshmem {
	const struct region *region; /* borrowed */
	const struct identity *identity; /* whose QEMU may connect; borrowed */
	sd_event_source *listening; /* may be NULL */
	int client; /* QEMU, or -1 */
};

/* Listens at @path for the one QEMU that may have the region's fds; @server names both. -errno; -ENAMETOOLONG. */
int ivshmem_init(struct ivshmem *server, sd_event *event, const char *path);
/* Ends it; one that was never begun must have client = -1 and listening = NULL. */
void ivshmem_finish(struct ivshmem *server);

#endif
