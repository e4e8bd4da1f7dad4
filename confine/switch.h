/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Becoming a vde_switch. It reads every frame of a guest, so it is narrowed as
 * a QEMU is, to less: its own folder, UNIX sockets. These it must connect,
 * which Landlock does not judge; so it also gets a root folder in which there
 * is nothing but itself, where the host lets an ordinary user make one.
 */
#ifndef CONFINE_SWITCH_H
#define CONFINE_SWITCH_H

#define SWITCH_PROGRAM "/usr/bin/vde_switch"

/* @dir: the folder of its sockets, which is there. Comes back only when that failed, with the exit code. */
int switch_main(const char *dir);

#endif
