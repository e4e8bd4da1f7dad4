/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between the kernels the driver is built for: 6.1 of Debian 12 and 6.12 of Debian 13. */
#ifndef VMOS_GUEST_COMPAT_H
#define VMOS_GUEST_COMPAT_H

#include <linux/eventfd.h>
#include <linux/mm.h>
#include <linux/version.h>

static inline void vmos_eventfd_signal(struct eventfd_ctx *event)
{
#if KERNEL_VERSION(6, 8, 0) > LINUX_VERSION_CODE
	eventfd_signal(event, 1);
#else
	eventfd_signal(event);
#endif
}

/* Before 6.3 the flags of a mapping were written as they are; its lock is held in mmap either way. */
static inline void vmos_vma_flags(struct vm_area_struct *vma, unsigned long set, unsigned long clear)
{
#if KERNEL_VERSION(6, 3, 0) > LINUX_VERSION_CODE
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#else
	vm_flags_mod(vma, set, clear);
#endif
}

#endif
