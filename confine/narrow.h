/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages in which vmos-confine narrows itself. All hold over exec, so QEMU
 * starts inside them and puts its own list (-sandbox) on top.
 */
#ifndef CONFINE_NARROW_H
#define CONFINE_NARROW_H

#include <stdbool.h>

#include "confine/grants.h"

#define NARROW_QEMU "/usr/bin/qemu-system-x86_64"

/* No new privileges, no core dumps (they would hold the guest's memory). -errno. */
int narrow_start(void);

/*
 * Landlock: the files of @g and what every QEMU reads; no TCP, no abstract
 * sockets, no signals to others as far as the kernel's ABI goes. The ABI
 * (0: the kernel has none), or -errno; @ret_path (borrowed) names a grant that failed.
 */
int narrow_files(const struct grants *g, const char **ret_path);

/*
 * Seccomp: refuses (EPERM) what no QEMU needs. @probe: QEMU forks itself to
 * the background and listens on a UNIX socket, which a VM's may not. -errno.
 */
int narrow_calls(bool probe);

#endif
