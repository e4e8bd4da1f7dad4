/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets QEMU would connect to, connected for it. A QEMU that can make no
 * socket can reach neither the user's session bus nor the compositor, which
 * Landlock does not stop: connecting to a UNIX socket is no file access to it.
 */
#ifndef CONFINE_CONNECT_H
#define CONFINE_CONNECT_H

/*
 * Replaces "path=" in every "-chardev socket" of @argv that is a client by
 * "fd=", a connected socket that stays open over exec. Replaced strings are
 * owned by nobody: the process is about to become QEMU.
 * -errno of the first socket that nobody serves; @ret_path names it (borrowed).
 */
int connect_chardevs(char **argv, const char **ret_path);

#endif
