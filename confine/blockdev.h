/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images that a QEMU only reads, without a lock. Where Smack rules let a VM
 * read the image that all VMs share, they do not let it lock it: a lock is
 * something that others notice. libvirt has no word for that, so it is added
 * to QEMU's arguments here.
 */
#ifndef CONFINE_BLOCKDEV_H
#define CONFINE_BLOCKDEV_H

/*
 * Adds "locking":"off" to each file that a "-blockdev {…}" of @argv opens
 * read-only, or that a read-only node stands on (libvirt before 10.2 says it
 * only there). Replaced strings are owned by nobody: the process is about to
 * become QEMU. -EBADMSG: not the JSON of an object; -ENOMEM.
 */
int blockdev_unlock(char **argv);

#endif
