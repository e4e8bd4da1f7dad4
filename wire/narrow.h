/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WIRE_NARROW_H
#define WIRE_NARROW_H

/*
 * Gives up all that cards do not need, when the filter is loaded: what is left is CAP_NET_ADMIN, the one node of TAP
 * devices, and of bpf(2) what reads and writes tables. 0, -errno; -ENOENT: that node is not there.
 */
int narrow(void);

#endif
