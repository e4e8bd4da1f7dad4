/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's driver for a channel: an ivshmem-doorbell device whose memory
 * is laid out as proto/uapi/vmos_channel.h says.
 *
 * main.c	the PCI device: probe, the check of the header, remove
 * file.c	/dev/vmos-ctl, /dev/vmos-gui and /dev/vmos-audio
 * measure.c	bandwidth of the memory, told at probe
 * power.c	sleep of the guest
 * trace.h	trace points
 * compat.h	what differs between kernels
 */
#ifndef VMOS_GUEST_H
#define VMOS_GUEST_H

#include <linux/eventfd.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "proto/uapi/vmos_channel.h"

/* What the host's header said, copied once and checked: the shared page is not read again. */
struct vmos_layout {
	u64 size;
	u64 heap_off;
	u32 role;
	u32 blob_len;
};

struct vmos_channel {
	struct kref ref; /* the PCI device holds one, the open file another */
	struct pci_dev *pdev;
	struct miscdevice misc;
	char name[16];
	struct vmos_layout layout;
	phys_addr_t phys;
	void *base;
	void __iomem *regs;
	u32 mib_s;
	bool wakes; /* the guest sleeps, and its interrupt ends that */

	/* Guards gone. Held for reading while regs, base or the pages are used. */
	struct rw_semaphore lock;
	bool gone;

	struct mutex open_lock; /* guards file */
	struct file *file; /* may be NULL */

	atomic64_t count; /* interrupts since the last read */
	atomic64_t kicks; /* of the host, since probe */
	wait_queue_head_t wait;
	spinlock_t event_lock; /* guards event, in interrupts too */
	struct eventfd_ctx *event; /* may be NULL */
};

/* main.c */
void vmos_channel_free(struct kref *ref);
/* Rings the host's doorbell. The caller holds @lock and has seen that the channel is not gone. */
void vmos_channel_kick(struct vmos_channel *ch);
/* What an interrupt does: counts, and wakes the agent. */
void vmos_channel_ring(struct vmos_channel *ch);
/* Says that no agent has joined, and rings the host's. Same condition as of kick. */
void vmos_channel_leave(struct vmos_channel *ch);

/* file.c */
extern const struct file_operations vmos_file_ops;
/* Takes the pages away from the process that mapped them. After @gone is set. */
void vmos_file_revoke(struct vmos_channel *ch);

/* measure.c */
/* Writes to the guest's own blob zone: MiB/s, or 0 when an agent may be using the zone. */
u32 vmos_measure(struct vmos_channel *ch);

/* power.c */
extern const struct dev_pm_ops vmos_pm_ops;

#endif
