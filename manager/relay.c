/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/smack.h"
#include "proto/uapi/vmos_relay.h"

#define DEVICE "/dev/vmos_relay"

/* Who opens the device lends it his label: a thread of its own, which cannot come back from that one. */
struct opener {
	char label[SMACK_LABEL_MAX + 1];
	int fd; /* or -errno */
};

static void *handle_thread(void *userdata)
{
	struct opener *o = userdata;

	o->fd = smack_self_set(o->label);
	if (o->fd < 0)
		return NULL;
	o->fd = open(DEVICE, O_RDONLY | O_CLOEXEC);
	if (o->fd < 0)
		o->fd = -errno;
	return NULL;
}

/* Waits for it: it does nothing that takes any time. */
static int open_as_courier(const struct identity *identity)
{
	struct opener o = { .fd = -ENOENT };
	pthread_t thread;
	int r = label_of(identity->vm, LABEL_COURIER, o.label);

	if (r == 0)
		r = -pthread_create(&thread, NULL, handle_thread, &o);
	if (r == 0)
		r = -pthread_join(thread, NULL);
	return r < 0 ? r : o.fd;
}

/* Nobody reads or writes it; the kernel asks who may. */
static int make_gate(const struct identity *to)
{
	int fd cleanup_fd = fd_memfd_sealed("vmos-gate", 1);
	int r = fd < 0 ? fd : identity_label_fd(to, fd, LABEL_INBOX);

	return r < 0 ? r : steal_fd(&fd);
}

static struct vmos_relay_end end_of(const struct relay_end *end)
{
	return (struct vmos_relay_end){
		.region = end->region->memory,
		.kick = end->region->notify_host,
		.call = end->region->notify_guest,
		.len = VMOS_AREA_RING,
		.offset = VMOS_AREA(end->area),
	};
}

int relay_make(const struct relay_end *from, const struct relay_end *to, uint32_t generation)
{
	struct vmos_relay_create create = { .generation = generation, .rate = RELAY_RATE };
	int fd cleanup_fd = -1, gate cleanup_fd = -1;

	if (!from->identity->apart || !to->identity->apart)
		return -EOPNOTSUPP;
	if (!region_is_open(from->region) || !region_is_open(to->region))
		return -ENOTCONN;
	fd = open_as_courier(from->identity);
	if (fd < 0)
		return steal_fd(&fd);
	gate = make_gate(to->identity);
	if (gate < 0)
		return steal_fd(&gate);
	create.source = end_of(from);
	create.target = end_of(to);
	create.gate = gate;
	if (ioctl(fd, VMOS_RELAY_IOC_CREATE, &create) < 0)
		return -errno;
	return steal_fd(&fd);
}

int relay_ended(int fd)
{
	struct vmos_relay_state state = { 0 };

	if (ioctl(fd, VMOS_RELAY_IOC_STATE, &state) < 0)
		return errno;
	return state.ended;
}

uint64_t relay_close(int fd)
{
	struct vmos_relay_state state = { 0 };

	/* The close alone would not end it at once: a child that has not come to its exec has the file open, too. */
	(void)ioctl(fd, VMOS_RELAY_IOC_REVOKE);
	(void)ioctl(fd, VMOS_RELAY_IOC_STATE, &state);
	close(fd);
	return state.moved;
}
