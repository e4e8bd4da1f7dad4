// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that sleeps. Its programs are frozen by then, and the PCI core saves
 * and restores the BARs and the MSI-X table; what it cannot restore is said here.
 */
#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/pm.h>

#include "kernel/guest/vmos_guest.h"

/* A guest that is idle wakes by the host's ring: nothing else could reach it. See power/wakeup of the device. */
static int vmos_suspend(struct device *dev)
{
	struct vmos_channel *ch = dev_get_drvdata(dev);

	ch->wakes = device_may_wakeup(dev) && !enable_irq_wake(pci_irq_vector(ch->pdev, 0));
	return 0;
}

/*
 * The host rings once when it passes wake_at and not again. A ring from while
 * the vector was masked or the device reset is lost, so each resume counts as one.
 */
static int vmos_resume(struct device *dev)
{
	struct vmos_channel *ch = dev_get_drvdata(dev);

	if (ch->wakes)
		disable_irq_wake(pci_irq_vector(ch->pdev, 0));
	ch->wakes = false;
	vmos_channel_ring(ch);
	return 0;
}

/*
 * An image on a disk would wake up in another VM's channel: the host's indices
 * and session are new, the agent's are old, and both may have the same number.
 */
static int vmos_freeze(struct device *dev)
{
	dev_err(dev, "a VM with channels cannot hibernate: switch it off, or have the host pause it\n");
	return -EOPNOTSUPP;
}

const struct dev_pm_ops vmos_pm_ops = {
	.suspend = pm_sleep_ptr(vmos_suspend),
	.resume = pm_sleep_ptr(vmos_resume),
	.freeze = pm_sleep_ptr(vmos_freeze),
};
