/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user's Wayland display, reached by a service that may open everything. The
 * path is the user's word; what is connected to must be the user's own.
 */
#ifndef MANAGER_DISPLAY_H
#define MANAGER_DISPLAY_H

#include <sys/types.h>

#define DISPLAY_ANY_UID ((uid_t)-1)

/*
 * Connects to the socket at @path. The path may hold no symlink; the socket
 * and the process that listens at it must both be @uid's (DISPLAY_ANY_UID: of
 * one user, whoever it is). -EPERM: they are not; -EINVAL: no absolute path;
 * else -errno. The fd.
 */
int display_connect(const char *path, uid_t uid);

/* The user that the socket at @path belongs to. -errno. */
int display_owner(const char *path, uid_t *ret_uid);

#endif
