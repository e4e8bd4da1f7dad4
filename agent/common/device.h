/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A channel device of the guest's module (/dev/vmos-ctl, /dev/vmos-gui, /dev/vmos-audio): its region mapped, its doorbell and interrupts. */
#ifndef AGENT_COMMON_DEVICE_H
#define AGENT_COMMON_DEVICE_H

#include <stddef.h>
#include <stdint.h>

struct device {
	int fd; /* readable after an interrupt */
	uint32_t role;
	uint8_t *base; /* the region; zones that the host writes are read-only, gaps inaccessible */
	size_t size;
	size_t heap_off; /* == size when the role has no heap */
};

/*
 * Opens @path and maps the zones of @role's layout into one reservation.
 * -EBUSY: another agent has it; -EPROTO: the device is of another role or
 * smaller than the layout; else -errno of open, ioctl or mmap.
 */
int device_open(struct device *d, const char *path, uint32_t role);
void device_close(struct device *d);

/* Rings the host's doorbell. */
void device_kick(const struct device *d);
/* Clears the pending interrupts. */
void device_clear(const struct device *d);

#endif
