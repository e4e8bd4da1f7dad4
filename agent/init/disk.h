/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The private disk: all that a VM keeps. A blank one is formatted; one that
 * holds something else is never touched.
 */
#ifndef AGENT_INIT_DISK_H
#define AGENT_INIT_DISK_H

/*
 * Mounts the private disk with /home and /usr/local from it, with a home for
 * the user at the first start. 0, or -errno with the reason logged: there is
 * no disk, it is not ours, or it is broken.
 */
int disk_start(void);

/* Unmounts it, or makes it read-only where somebody still uses it. */
void disk_stop(void);

#endif
