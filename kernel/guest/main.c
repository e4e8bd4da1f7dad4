// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The PCI side of a channel. QEMU's docs/specs/ivshmem-spec.rst describes the
 * device: BAR 0 registers, BAR 1 MSI-X, BAR 2 the shared memory.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "kernel/guest/compat.h"
#include "kernel/guest/vmos_guest.h"

#define CREATE_TRACE_POINTS
#include "kernel/guest/trace.h"

#define VMOS_PCI_VENDOR 0x1af4
#define VMOS_PCI_DEVICE 0x1110
#define VMOS_PCI_REVISION 1

#define VMOS_BAR_REGS 0
#define VMOS_BAR_MEMORY 2

#define VMOS_REG_POSITION 0x08
#define VMOS_REG_DOORBELL 0x0c
#define VMOS_REGS_LEN 0x10

/* A role is served by one device: bit N is taken by role N. */
static unsigned long vmos_roles;

void vmos_channel_kick(struct vmos_channel *ch)
{
	/* writel() comes after every earlier write to memory, those to the rings included. */
	writel(VMOS_PEER_HOST << 16, ch->regs + VMOS_REG_DOORBELL);
	trace_vmos_doorbell(ch->name, atomic64_inc_return(&ch->kicks));
}

void vmos_channel_leave(struct vmos_channel *ch)
{
	struct vmos_idx *hdr = ch->base + VMOS_HDR_GUEST_OFF;

	/* After all that the agent wrote, so the host finds that complete. */
	smp_store_release(&hdr->epoch, 0);
	vmos_channel_kick(ch);
}

void vmos_channel_ring(struct vmos_channel *ch)
{
	unsigned long flags;

	atomic64_inc(&ch->count);
	spin_lock_irqsave(&ch->event_lock, flags);
	if (ch->event)
		vmos_eventfd_signal(ch->event);
	spin_unlock_irqrestore(&ch->event_lock, flags);
	wake_up_interruptible(&ch->wait);
}

static irqreturn_t vmos_handle_irq(int irq, void *data)
{
	struct vmos_channel *ch = data;

	trace_vmos_irq(ch->name, atomic64_read(&ch->count) + 1);
	vmos_channel_ring(ch);
	return IRQ_HANDLED;
}

static const char *vmos_role_name(u32 role)
{
	switch (role) {
	case VMOS_ROLE_CTL:
		return "vmos-ctl";
	case VMOS_ROLE_GUI:
		return "vmos-gui";
	case VMOS_ROLE_AUDIO:
		return "vmos-audio";
	default:
		return NULL;
	}
}

/*
 * Copies the host's header once and checks the copy against @size, the length
 * of the BAR. -ENODEV: no channel of vmOS; -EPROTO: one that we do not know.
 */
static int vmos_layout_read(const void *base, u64 size, struct vmos_layout *ret)
{
	struct vmos_hdr_host hdr;
	u64 blobs_end;

	memcpy(&hdr, base + VMOS_HDR_HOST_OFF, sizeof(hdr));
	barrier_data(&hdr);

	/* Another use of such a device: not ours, and no fault. */
	if (hdr.magic != VMOS_REGION_MAGIC)
		return -ENODEV;
	if (hdr.major != VMOS_REGION_MAJOR)
		return -EPROTO;
	if (!vmos_role_name(hdr.role) || hdr.ring_len != VMOS_RING_LEN)
		return -EPROTO;
	if ((u64)hdr.region_pages * VMOS_PAGE_SIZE != size)
		return -EPROTO;
	if (!hdr.blob_len || !PAGE_ALIGNED(hdr.blob_len) || !PAGE_ALIGNED(hdr.heap_off))
		return -EPROTO;

	blobs_end = VMOS_BLOB_OFF + 2 * (u64)hdr.blob_len;
	if (hdr.heap_off < blobs_end || hdr.heap_off > size)
		return -EPROTO;

	ret->size = size;
	ret->heap_off = hdr.heap_off;
	ret->role = hdr.role;
	ret->blob_len = hdr.blob_len;
	return 0;
}

/*
 * Firmware likes to put the memory below 4 GiB, where its MTRRs say uncached
 * and no write-back mapping can be had. The kernel itself prefers the window
 * above 4 GiB for 64-bit BARs: have it choose again. It falls back to the old
 * place when there is no such window.
 */
static void vmos_bar_raise(struct pci_dev *pdev)
{
	struct resource *res = &pdev->resource[VMOS_BAR_MEMORY];

	if (!(res->flags & IORESOURCE_MEM_64) || res->start > U32_MAX || !res->parent)
		return;

	pci_release_resource(pdev, VMOS_BAR_MEMORY);
	if (pci_assign_resource(pdev, VMOS_BAR_MEMORY))
		dev_err(&pdev->dev, "the memory BAR could not be placed again\n");
}

static int vmos_map(struct vmos_channel *ch)
{
	struct pci_dev *pdev = ch->pdev;
	u64 size = pci_resource_len(pdev, VMOS_BAR_MEMORY);
	int ret;

	if (pci_resource_len(pdev, VMOS_BAR_REGS) < VMOS_REGS_LEN || size < VMOS_BLOB_OFF)
		return -ENODEV;

	ch->phys = pci_resource_start(pdev, VMOS_BAR_MEMORY);
	ch->regs = pci_iomap(pdev, VMOS_BAR_REGS, VMOS_REGS_LEN);
	if (!ch->regs)
		return -ENOMEM;

	ch->base = memremap(ch->phys, size, MEMREMAP_WB);
	if (!ch->base) {
		dev_err(&pdev->dev, "%pR cannot be mapped write-back: boot by SeaBIOS, not by UEFI\n",
			&pdev->resource[VMOS_BAR_MEMORY]);
		ret = -ENOMEM;
		goto unmap_regs;
	}

	ret = vmos_layout_read(ch->base, size, &ch->layout);
	if (ret) {
		if (ret == -EPROTO)
			dev_err(&pdev->dev, "a channel of another version of vmOS: use the host's\n");
		goto unmap_base;
	}
	return 0;

unmap_base:
	memunmap(ch->base);
unmap_regs:
	pci_iounmap(pdev, ch->regs);
	return ret;
}

static void vmos_unmap(struct vmos_channel *ch)
{
	memunmap(ch->base);
	pci_iounmap(ch->pdev, ch->regs);
}

static int vmos_irq_start(struct vmos_channel *ch)
{
	struct pci_dev *pdev = ch->pdev;
	int ret;

	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSIX);
	if (ret < 0)
		return ret;

	ret = request_irq(pci_irq_vector(pdev, 0), vmos_handle_irq, 0, ch->name, ch);
	if (ret)
		pci_free_irq_vectors(pdev);
	return ret;
}

static void vmos_irq_stop(struct vmos_channel *ch)
{
	free_irq(pci_irq_vector(ch->pdev, 0), ch);
	pci_free_irq_vectors(ch->pdev);
}

void vmos_channel_free(struct kref *ref)
{
	kfree(container_of(ref, struct vmos_channel, ref));
}

static struct vmos_channel *vmos_channel_new(struct pci_dev *pdev)
{
	struct vmos_channel *ch = kzalloc(sizeof(*ch), GFP_KERNEL);

	if (!ch)
		return NULL;

	kref_init(&ch->ref);
	ch->pdev = pdev;
	init_rwsem(&ch->lock);
	mutex_init(&ch->open_lock);
	init_waitqueue_head(&ch->wait);
	spin_lock_init(&ch->event_lock);
	return ch;
}

/* Takes the role and makes the device node, root's alone: who may use it is init's to say. */
static int vmos_register(struct vmos_channel *ch)
{
	int ret;

	if (test_and_set_bit(ch->layout.role, &vmos_roles))
		return -EEXIST;

	ch->misc.minor = MISC_DYNAMIC_MINOR;
	ch->misc.name = ch->name;
	ch->misc.fops = &vmos_file_ops;
	ch->misc.parent = &ch->pdev->dev;
	ch->misc.mode = 0600;
	ret = misc_register(&ch->misc);
	if (ret)
		clear_bit(ch->layout.role, &vmos_roles);
	return ret;
}

static void vmos_unregister(struct vmos_channel *ch)
{
	misc_deregister(&ch->misc);
	clear_bit(ch->layout.role, &vmos_roles);
}

static int vmos_channel_start(struct vmos_channel *ch)
{
	int ret;

	ret = vmos_map(ch);
	if (ret)
		return ret;

	strscpy(ch->name, vmos_role_name(ch->layout.role), sizeof(ch->name));
	ch->mib_s = vmos_measure(ch);
	vmos_channel_leave(ch);

	ret = vmos_irq_start(ch);
	if (ret)
		goto unmap;
	ret = vmos_register(ch);
	if (ret)
		goto stop_irq;
	return 0;

stop_irq:
	vmos_irq_stop(ch);
unmap:
	vmos_unmap(ch);
	return ret;
}

static int vmos_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct vmos_channel *ch;
	int ret;

	if (pdev->revision != VMOS_PCI_REVISION)
		return -ENODEV;

	vmos_bar_raise(pdev);
	ret = pci_enable_device(pdev);
	if (ret)
		return ret;
	ret = pci_request_regions(pdev, KBUILD_MODNAME);
	if (ret)
		goto disable;

	ret = -ENOMEM;
	ch = vmos_channel_new(pdev);
	if (!ch)
		goto release;

	/* MSI-X messages are writes of the device. */
	pci_set_master(pdev);
	ret = vmos_channel_start(ch);
	if (ret)
		goto put;

	pci_set_drvdata(pdev, ch);
	device_init_wakeup(dev, true);
	dev_info(dev, "%s: %llu MiB, %u MiB/s\n", ch->name, ch->layout.size >> 20, ch->mib_s);
	return 0;

put:
	kref_put(&ch->ref, vmos_channel_free);
release:
	pci_release_regions(pdev);
disable:
	pci_disable_device(pdev);
	return ret;
}

static void vmos_remove(struct pci_dev *pdev)
{
	struct vmos_channel *ch = pci_get_drvdata(pdev);

	device_init_wakeup(&pdev->dev, false);
	vmos_unregister(ch);

	down_write(&ch->lock);
	vmos_channel_leave(ch);
	ch->gone = true;
	up_write(&ch->lock);

	vmos_irq_stop(ch);
	wake_up_interruptible(&ch->wait);
	vmos_file_revoke(ch);
	vmos_unmap(ch);
	pci_release_regions(pdev);
	pci_disable_device(pdev);
	kref_put(&ch->ref, vmos_channel_free);
}

/* clang-format off */
static const struct pci_device_id vmos_ids[] = {
	{ PCI_DEVICE(VMOS_PCI_VENDOR, VMOS_PCI_DEVICE) },
	{ }
};

/* clang-format on */
MODULE_DEVICE_TABLE(pci, vmos_ids);

static struct pci_driver vmos_driver = {
	.name = KBUILD_MODNAME,
	.id_table = vmos_ids,
	.probe = vmos_probe,
	.remove = vmos_remove,
	.driver.pm = pm_sleep_ptr(&vmos_pm_ops),
};
module_pci_driver(vmos_driver);

MODULE_DESCRIPTION("vmOS channels of a guest");
MODULE_LICENSE("GPL");
