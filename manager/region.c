/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/region.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/channel.h"
#include "proto/uapi/vmos_channel.h"

static const char *region_name(uint32_t role)
{
	switch (role) {
	case VMOS_ROLE_GUI:
		return "vmos-gui";
	case VMOS_ROLE_AUDIO:
		return "vmos-audio";
	default:
		return "vmos-ctl";
	}
}

void region_init(struct region *region, uint32_t role)
{
	*region = (struct region){ .role = role, .memory = -1, .notify_guest = -1, .notify_host = -1 };
}

/* The memory is fresh: no guest has written to it yet. */
static int region_format(const struct region *region)
{
	struct channel channel;
	void *base = mmap(NULL, region->size, PROT_READ | PROT_WRITE, MAP_SHARED, region->memory, 0);
	int r;

	if (base == MAP_FAILED)
		return -errno;
	r = channel_host_open(&channel, base, region->size, region->role, 1);
	if (r == 0)
		channel_host_close(&channel);
	munmap(base, region->size);
	return r;
}

int region_create(struct region *region, const struct identity *identity)
{
	enum label_kind kind = region->role == VMOS_ROLE_GUI ? LABEL_GUI : LABEL_IMAGE;
	int r;

	region->size = channel_region_size(region->role);
	region->memory = fd_memfd_sealed(region_name(region->role), region->size);
	region->notify_guest = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	region->notify_host = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (region->memory < 0)
		r = region->memory;
	else if (region->notify_guest < 0 || region->notify_host < 0)
		r = -errno;
	else
		r = region_format(region);
	if (r == 0)
		r = identity_label_fd(identity, region->memory, kind);
	if (r < 0)
		region_finish(region);
	return r;
}

int region_adopt(struct region *region, const int fds[3], uint64_t size)
{
	int r;

	if (size != channel_region_size(region->role))
		return -EBADFD;
	r = fd_check_sealed(fds[0], (size_t)size);
	if (r < 0)
		return r;
	region_finish(region);
	region->size = (size_t)size;
	region->memory = fds[0];
	region->notify_guest = fds[1];
	region->notify_host = fds[2];
	return 0;
}

void region_finish(struct region *region)
{
	int fds[] = { region->memory, region->notify_guest, region->notify_host };

	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	region_init(region, region->role);
}

bool region_is_open(const struct region *region)
{
	return region->memory >= 0;
}
