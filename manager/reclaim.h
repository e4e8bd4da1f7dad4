/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start-up: the VMs that libvirt knows, those of them that run, and what an end in the middle left behind. */
#ifndef MANAGER_RECLAIM_H
#define MANAGER_RECLAIM_H

struct manager;

/*
 * Makes a VM of each domain that carries our metadata, takes up again those
 * that run, tells helpers of those that do not to leave, and removes
 * what a creation or deletion that was cut off left: never a folder in doubt.
 * -errno: libvirt did not tell of all domains.
 */
int reclaim_vms(struct manager *m);

/* While libvirt does not answer: a VM, off, of each folder that is one's. Nothing is removed. */
void reclaim_names(struct manager *m);

#endif
