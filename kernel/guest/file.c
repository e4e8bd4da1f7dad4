// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device file of a channel, for one process at a time. The pages are
 * mapped when touched, so that a device which goes away can take them back.
 */
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "kernel/guest/compat.h"
#include "kernel/guest/trace.h"
#include "kernel/guest/vmos_guest.h"
#include "proto/uapi/vmos_relay.h"

/* Pages put in place at one fault, where the mapping has them: a page table's worth. */
#define FILE_FAULT_LEN PMD_SIZE

static struct vmos_channel *file_channel(struct file *file)
{
	return file->private_data;
}

static int file_open(struct inode *inode, struct file *file)
{
	struct miscdevice *misc = file->private_data;
	struct vmos_channel *ch = container_of(misc, struct vmos_channel, misc);
	int ret = 0;

	mutex_lock(&ch->open_lock);
	if (ch->file) {
		ret = -EBUSY;
	} else {
		kref_get(&ch->ref);
		ch->file = file;
		file->private_data = ch;
		atomic64_set(&ch->count, 0);
	}
	mutex_unlock(&ch->open_lock);

	return ret ? ret : stream_open(inode, file);
}

static void file_set_event(struct vmos_channel *ch, struct eventfd_ctx *event)
{
	struct eventfd_ctx *old;

	spin_lock_irq(&ch->event_lock);
	old = ch->event;
	ch->event = event;
	/* What came before the eventfd did must wake its owner too. */
	if (event && atomic64_read(&ch->count))
		vmos_eventfd_signal(event);
	spin_unlock_irq(&ch->event_lock);

	if (old)
		eventfd_ctx_put(old);
}

static int file_release(struct inode *inode, struct file *file)
{
	struct vmos_channel *ch = file_channel(file);

	file_set_event(ch, NULL);

	down_read(&ch->lock);
	if (!ch->gone)
		vmos_channel_leave(ch);
	up_read(&ch->lock);

	mutex_lock(&ch->open_lock);
	ch->file = NULL;
	mutex_unlock(&ch->open_lock);

	kref_put(&ch->ref, vmos_channel_free);
	return 0;
}

static bool file_has_news(struct vmos_channel *ch)
{
	return atomic64_read(&ch->count) || READ_ONCE(ch->gone);
}

static ssize_t file_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct vmos_channel *ch = file_channel(file);
	u64 count;

	if (len < sizeof(count))
		return -EINVAL;

	while (!(count = atomic64_xchg(&ch->count, 0))) {
		if (READ_ONCE(ch->gone))
			return -ENODEV;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		trace_vmos_sleep(ch->name, 0);
		if (wait_event_interruptible(ch->wait, file_has_news(ch)))
			return -ERESTARTSYS;
	}

	if (copy_to_user(buf, &count, sizeof(count))) {
		atomic64_add(count, &ch->count);
		return -EFAULT;
	}
	trace_vmos_wake(ch->name, count);
	return sizeof(count);
}

static __poll_t file_poll(struct file *file, poll_table *table)
{
	struct vmos_channel *ch = file_channel(file);

	poll_wait(file, &ch->wait, table);
	if (READ_ONCE(ch->gone))
		return EPOLLERR | EPOLLHUP;
	if (atomic64_read(&ch->count))
		return EPOLLIN | EPOLLRDNORM;
	trace_vmos_sleep(ch->name, 0);
	return 0;
}

static long file_ioctl_info(struct vmos_channel *ch, void __user *arg)
{
	struct vmos_info info = {
		.size = ch->layout.size,
		.role = ch->layout.role,
		.mib_s = ch->mib_s,
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long file_ioctl_kick(struct vmos_channel *ch)
{
	long ret = 0;

	down_read(&ch->lock);
	if (ch->gone)
		ret = -ENODEV;
	else
		vmos_channel_kick(ch);
	up_read(&ch->lock);
	return ret;
}

static long file_ioctl_eventfd(struct vmos_channel *ch, const __s32 __user *arg)
{
	struct eventfd_ctx *event = NULL;
	__s32 fd;

	if (get_user(fd, arg))
		return -EFAULT;
	if (fd < -1)
		return -EBADF;

	if (fd >= 0) {
		event = eventfd_ctx_fdget(fd);
		if (IS_ERR(event))
			return PTR_ERR(event);
	}
	file_set_event(ch, event);
	return 0;
}

static long file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vmos_channel *ch = file_channel(file);

	switch (cmd) {
	case VMOS_IOC_INFO:
		return file_ioctl_info(ch, (void __user *)arg);
	case VMOS_IOC_KICK:
		return file_ioctl_kick(ch);
	case VMOS_IOC_EVENTFD:
		return file_ioctl_eventfd(ch, (const __s32 __user *)arg);
	default:
		return -ENOTTY;
	}
}

/*
 * Whether [@start, @end) lies inside what the guest writes of one area of a
 * relay: its page, or the ring, into which it puts bytes or not.
 */
static bool file_is_area(const struct vmos_layout *l, u64 start, u64 end)
{
	u64 area, in_start, in_end;

	if (l->role != VMOS_ROLE_CTL || start < VMOS_AREA_OFF)
		return false;
	area = div_u64(start - VMOS_AREA_OFF, VMOS_AREA_SIZE);
	if (area >= VMOS_AREAS)
		return false;
	in_start = start - VMOS_AREA(area);
	in_end = end - VMOS_AREA(area);
	return in_end <= VMOS_RELAY_GUEST_OFF + VMOS_PAGE_SIZE ||
		(in_start >= VMOS_RELAY_DATA_OFF && in_end <= VMOS_AREA_SIZE);
}

/* Whether [@start, @end) lies inside one zone that the guest writes. */
static bool file_may_write(const struct vmos_layout *l, u64 start, u64 end)
{
	const struct {
		u64 start, end;
	} zones[] = {
		{ VMOS_HDR_GUEST_OFF, VMOS_HDR_GUEST_OFF + VMOS_PAGE_SIZE },
		{ VMOS_G2H_OFF, VMOS_G2H_OFF + VMOS_RING_LEN * VMOS_MSG_SIZE },
		{ VMOS_BLOB_OFF, VMOS_BLOB_OFF + (u64)l->blob_len },
		{ l->heap_off, l->size },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(zones); i++)
		if (start >= zones[i].start && end <= zones[i].end)
			return true;
	return file_is_area(l, start, end);
}

/* Maps the pages around the fault, as far as the mapping and one page table reach. */
static vm_fault_t file_fault_pages(struct vmos_channel *ch, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long table = ALIGN_DOWN(vmf->address, FILE_FAULT_LEN);
	unsigned long start = max(table, vma->vm_start);
	unsigned long end = min(table + FILE_FAULT_LEN, vma->vm_end);
	unsigned long pfn = PHYS_PFN(ch->phys) + vma->vm_pgoff;
	unsigned long addr;
	vm_fault_t ret;

	ret = vmf_insert_pfn(vma, vmf->address, pfn + PHYS_PFN(vmf->address - vma->vm_start));
	if (ret != VM_FAULT_NOPAGE)
		return ret;

	/* The page asked for is there, whatever becomes of its neighbours. */
	for (addr = start; addr < end && ret == VM_FAULT_NOPAGE; addr += PAGE_SIZE)
		ret = vmf_insert_pfn(vma, addr, pfn + PHYS_PFN(addr - vma->vm_start));
	return VM_FAULT_NOPAGE;
}

static vm_fault_t file_fault(struct vm_fault *vmf)
{
	struct vmos_channel *ch = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&ch->lock);
	if (!ch->gone)
		ret = file_fault_pages(ch, vmf);
	up_read(&ch->lock);
	return ret;
}

static const struct vm_operations_struct file_vm_ops = {
	.fault = file_fault,
};

static int file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vmos_channel *ch = file_channel(file);
	u64 start = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 end = start + vma_pages(vma) * PAGE_SIZE;

	if (vma->vm_pgoff > PHYS_PFN(ch->layout.size) || end > ch->layout.size)
		return -EINVAL;
	/* A private mapping would give copies, which no peer sees. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;

	if (!file_may_write(&ch->layout, start, end)) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		vmos_vma_flags(vma, 0, VM_MAYWRITE);
	}

	/* vm_page_prot stays as it is: write-back. */
	vmos_vma_flags(vma, VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP, 0);
	vma->vm_private_data = ch;
	vma->vm_ops = &file_vm_ops;
	return 0;
}

void vmos_file_revoke(struct vmos_channel *ch)
{
	mutex_lock(&ch->open_lock);
	if (ch->file)
		unmap_mapping_range(ch->file->f_mapping, 0, 0, 1);
	mutex_unlock(&ch->open_lock);
}

const struct file_operations vmos_file_ops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.read = file_read,
	.poll = file_poll,
	.unlocked_ioctl = file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = file_mmap,
};
