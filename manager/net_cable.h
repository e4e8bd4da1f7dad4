/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hands the queue of a TAP device to the QEMU it is for: vmos-confine connects
 * before it becomes QEMU, and gets one file descriptor when it is there. Ours
 * is closed then, so that the device ends with QEMU.
 */
#ifndef MANAGER_NET_CABLE_H
#define MANAGER_NET_CABLE_H

#include <systemd/sd-event.h>

#include "manager/identity.h"

/* All borrowed. */
struct net_cable_start {
	sd_event *event;
	const struct identity *identity; /* whose QEMU may connect */
	const char *path;
	int (*permit)(void *userdata); /* called before the queue goes. -errno: it does not. May be NULL */
	void *userdata;
};

struct net_cable {
	struct net_cable_start start; /* path: NULL from then on */
	sd_event_source *listening; /* may be NULL */
	int client, queue; /* that waits for the other one; -1: none */
};

#define NET_CABLE_NONE ((struct net_cable){ .client = -1, .queue = -1 })

/* Listens for a process of the VM's. -errno; -ENAMETOOLONG. */
int net_cable_open(struct net_cable *cable, const struct net_cable_start *start);
/* What is to be handed over is there; @queue is taken over, and closed where nobody may have it any more. */
void net_cable_give(struct net_cable *cable, int queue);
/* Nothing is handed over any more: who waits sees the end. */
void net_cable_close(struct net_cable *cable);

#endif
