/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages in which vmos-confine narrows itself. All hold over exec, so QEMU
 * starts inside them and puts its own list (-sandbox) on top.
 */
#ifndef CONFINE_NARROW_H
#define CONFINE_NARROW_H

#include "confine/grants.h"

#define NARROW_QEMU "/usr/bin/qemu-system-x86_64"

/* No new privileges, no core dumps (they would hold the guest's memory). -errno. */
int narrow_start(void);

/*
 * Landlock: the files of @g and what every QEMU reads; no TCP (with net=user: no
 * listening), no abstract
 * sockets, no signals to others as far as the kernel's ABI goes. The ABI
 * (0: the kernel has none), or -errno; @ret_path (borrowed) names a grant that failed.
 */
int narrow_files(const struct grants *g, const char **ret_path);

/* The same for a vde_switch, whose sockets are in @dir. */
int narrow_switch_files(const char *dir);

/*
 * vm      a VM's QEMU: it makes no socket at all
 * net     that of a NET VM with QEMU's user network: sockets of IPv4 and IPv6, streams and datagrams
 * probe   QEMU forks itself to the background and listens on a UNIX socket
 * switch  a vde_switch: UNIX sockets
 */
enum narrow_profile { NARROW_VM, NARROW_NET, NARROW_PROBE, NARROW_SWITCH };

/* Seccomp: refuses (EPERM) what the profile does not need; a vsock device keeps its address. -errno. */
int narrow_calls(enum narrow_profile profile);

#endif
