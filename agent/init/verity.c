/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/init/verity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONTROL "/dev/mapper/control"
#define NAME "vmos-root"
#define SECTORS (VERITY_BLOCK / 512)

struct request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char params[512];
};

static void request_init(struct request *q)
{
	memset(q, 0, sizeof(*q));
	q->head.version[0] = DM_VERSION_MAJOR;
	q->head.data_size = sizeof(*q);
	q->head.data_start = offsetof(struct request, target);
	memcpy(q->head.name, NAME, sizeof(NAME));
}

/* The kernel's Documentation/admin-guide/device-mapper/verity.rst has the parameters. */
static int request_table(struct request *q, const struct verity *v)
{
	int len = snprintf(q->params, sizeof(q->params), "1 %s %s %d %d %llu %llu sha256 %s -", v->disk, v->disk,
		VERITY_BLOCK, VERITY_BLOCK, (unsigned long long)v->blocks, (unsigned long long)v->blocks, v->hash);

	if (len < 0 || (size_t)len >= sizeof(q->params))
		return -EINVAL;
	q->head.flags = DM_READONLY_FLAG;
	q->head.target_count = 1;
	q->target.length = v->blocks * SECTORS;
	memcpy(q->target.target_type, "verity", sizeof("verity"));
	return 0;
}

static int control_ioctl(int fd, unsigned long call, struct request *q)
{
	return ioctl(fd, call, q) < 0 ? -errno : 0;
}

static int control_make(int fd, const struct verity *v)
{
	struct request q;
	int r;

	request_init(&q);
	r = control_ioctl(fd, DM_DEV_CREATE, &q);
	if (r < 0)
		return r;

	request_init(&q);
	r = request_table(&q, v);
	if (r < 0)
		return r;
	r = control_ioctl(fd, DM_TABLE_LOAD, &q);
	if (r < 0)
		return r;

	/* A suspend without its flag resumes, which makes the table live. */
	request_init(&q);
	return control_ioctl(fd, DM_DEV_SUSPEND, &q);
}

int verity_open(const struct verity *v)
{
	int fd, r;

	if (v->blocks == 0 || strlen(v->hash) != VERITY_HASH_LEN || v->hash[strspn(v->hash, "0123456789abcdef")])
		return -EINVAL;

	fd = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = control_make(fd, v);
	close(fd);
	return r;
}
