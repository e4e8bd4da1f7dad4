/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock (landlock(7)) without a library: the three system calls, and the
 * constants of ABIs newer than the headers we may be built with. What the
 * running kernel does not know yet is left out, never refused.
 */
#ifndef BASE_LANDLOCK_H
#define BASE_LANDLOCK_H

#include <linux/landlock.h>
#include <stdint.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* ABI 2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#endif

#define LANDLOCK_FS_ALL ((1ULL << 16) - 1)
#define LANDLOCK_NET_ALL 3ULL /* ABI 4: TCP bind, connect */
#define LANDLOCK_NET_BIND 1ULL
#define LANDLOCK_SCOPE_ALL 3ULL /* ABI 6: abstract UNIX sockets, signals */

/* The kernel's ABI; 0: it has none (or it is off); else -errno. */
int landlock_abi(void);
/* A ruleset that denies @fs, @net and @scope, cut to what @abi knows. The fd, or -errno. */
int landlock_create(int abi, uint64_t fs, uint64_t net, uint64_t scope);
/* Allows @fs (cut to what @abi knows and to what a file can have) under @path. -errno; -ENOENT: no such path. */
int landlock_allow(int ruleset, int abi, const char *path, uint64_t fs);
/* Narrows this process for ever; no_new_privs must be set. The ruleset may be closed then. */
int landlock_enter(int ruleset);

#endif
