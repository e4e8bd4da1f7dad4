/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends ("plugs") of VDE switches, opened by libvdeplug for who may make no
 * socket himself. A plug is two: frames pass by the data socket (datagrams),
 * and it lasts as long as the control socket is open.
 */
#ifndef CONFINE_PLUG_H
#define CONFINE_PLUG_H

#define PLUG_FD 3 /* where plug_main() is born with its socket */

struct plug {
	int data, ctl;
};

/*
 * Opens a plug of the switch whose folder is @dir, which has @patience_ms to
 * come up. Both sockets are close-on-exec. -EINVAL: no path libvdeplug could
 * read; -ENOENT and the like: nobody serves there.
 */
int plug_open(const char *dir, unsigned patience_ms, struct plug *ret_plug);
void plug_close(struct plug *plug);

/*
 * Replaces every "-netdev vde,id=ID,sock=DIR" of @argv by a "dgram" with a plug
 * that stays open over exec. Replaced strings are owned by nobody, as the
 * process is about to become QEMU. -EBADMSG: no ID, or one that is no plain
 * word; @ret_dir: the argument or the folder that failed (borrowed).
 */
int plug_netdevs(char **argv, const char **ret_dir);

/* For vmosd: opens a plug of @dir, sends both sockets (data first) on @sock and is done. The exit code. */
int plug_main(const char *dir, int sock);

#endif
