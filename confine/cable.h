/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network cards that are TAP devices: vmosd has them made, and hands the queue
 * of each to the VM's QEMU by a socket. A QEMU that can make no socket and open
 * no device is given it as an open file.
 */
#ifndef CONFINE_CABLE_H
#define CONFINE_CABLE_H

#define CABLE_PATIENCE_MS 20000 /* a little more than vmosd has with what makes the device */

/*
 * Replaces "path=" in every "-netdev tap" of @argv by "fd=": what comes by that
 * socket within @patience_ms, and stays open over exec. Replaced strings are
 * owned by nobody, as the process is about to become QEMU. -errno of the first
 * that did not work, @ret_path names its socket (borrowed): -ETIMEDOUT; -EPIPE:
 * none will come; -EBADMSG: something else came, or there is no path.
 */
int cable_netdevs(char **argv, unsigned patience_ms, const char **ret_path);

#endif
