/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/common/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proto/channel.h"

struct zone {
	size_t off, len;
	bool writable;
};

static int device_map_zone(struct device *d, const struct zone *zone)
{
	int prot = zone->writable ? PROT_READ | PROT_WRITE : PROT_READ;

	if (zone->len == 0)
		return 0;
	if (mmap(d->base + zone->off, zone->len, prot, MAP_SHARED | MAP_FIXED, d->fd, (off_t)zone->off) == MAP_FAILED)
		return -errno;
	return 0;
}

static int device_map(struct device *d)
{
	size_t blob = channel_blob_len(d->role);
	size_t blobs_end = VMOS_BLOB_OFF + 2 * blob;
	size_t ring = (size_t)VMOS_RING_LEN * VMOS_MSG_SIZE;
	const struct zone zones[] = {
		{ VMOS_HDR_HOST_OFF, VMOS_PAGE_SIZE, false },
		{ VMOS_HDR_GUEST_OFF, VMOS_PAGE_SIZE, true },
		{ VMOS_IDX_HOST_OFF, VMOS_PAGE_SIZE, false },
		{ VMOS_G2H_OFF, ring, true },
		{ VMOS_H2G_OFF, ring, false },
		{ VMOS_BLOB_OFF, blob, true },
		{ VMOS_BLOB_OFF + blob, blob, false },
		{ blobs_end, d->role == VMOS_ROLE_GUI ? d->size - blobs_end : 0, true },
	};

	if (d->size <= blobs_end)
		return -EPROTO;
	d->heap_off = d->role == VMOS_ROLE_GUI ? blobs_end : d->size;
	d->base = mmap(NULL, d->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (d->base == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		int r = device_map_zone(d, &zones[i]);

		if (r < 0) {
			munmap(d->base, d->size);
			return r;
		}
	}
	return 0;
}

int device_open(struct device *d, const char *path, uint32_t role)
{
	struct vmos_info info = { 0 };
	int fd cleanup_fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, VMOS_IOC_INFO, &info) < 0)
		return -errno;
	if (info.role != role)
		return -EPROTO;
	*d = (struct device){ .fd = fd, .role = role, .size = info.size };
	r = device_map(d);
	if (r < 0)
		return r;
	steal_fd(&fd);
	return 0;
}

void device_close(struct device *d)
{
	munmap(d->base, d->size);
	close(d->fd);
	d->fd = -1;
}

void device_kick(const struct device *d)
{
	ioctl(d->fd, VMOS_IOC_KICK);
}

void device_clear(const struct device *d)
{
	uint64_t count;

	while (read(d->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}
