/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of Smack labels. A VM NAME has "vmos.NAME.KIND", one a kind; what
 * is not of one VM has a name with one dot only, so that no VM can be called
 * so that it gets one of these. Two VMs never share a label: KIND has no dot.
 */
#ifndef MANAGER_LABELS_H
#define MANAGER_LABELS_H

#define LABEL_MANAGER "vmos.manager" /* vmosd */
#define LABEL_LIBVIRT "vmos.libvirt" /* libvirtd */
#define LABEL_WIRE "vmos.wire" /* vmos-wire and its sockets */
#define LABEL_TUN "vmos.tun" /* the node of TAP devices, and so the queue of each card */
#define LABEL_RELAY "vmos.relay" /* the node of relays, which vmosd opens with a courier's label */
#define LABEL_VSOCK "vmos.vsock" /* the node of vhost-vsock, and so what libvirt hands to each QEMU */
#define LABEL_ROOT "vmos.root" /* the templates' files, which every VM may read */
#define LABEL_LOG "vmos.log" /* the audit log, which the host may read and no VM */
#define LABEL_OFF "vmos.off" /* no rule ever names it: what carries it is closed to all */
#define LABEL_HOST "_" /* the rest of the host */
#define LABEL_ANY "@" /* the kernel's own: a socket that whoever is given it may receive */

/*
 * qemu     the QEMU process
 * image    private disk, folder, sockets and console of the VM, and its control channel
 * gui      the memory of its windows
 * courier  the vmos-courier process and its sockets
 * desktop  the vmos-desktop process and its sockets
 * inbox    the pipes by which files come to the VM
 */
enum label_kind { LABEL_QEMU, LABEL_IMAGE, LABEL_GUI, LABEL_COURIER, LABEL_DESKTOP, LABEL_INBOX, LABEL_KINDS };

/* The label of @vm, at most SMACK_LABEL_MAX bytes, into @ret_label. -EINVAL: that is no VM name. */
int label_of(const char *vm, enum label_kind kind, char *ret_label);

#endif
