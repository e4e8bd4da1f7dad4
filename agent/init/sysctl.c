/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/init/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

static int write_one(const char *device, const struct sysctl *s)
{
	char path[160];
	int fd cleanup_fd = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", s->family, device, s->key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd_write_all(fd, s->value, strlen(s->value));
}

int sysctl_write(const char *device, const struct sysctl *table, size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n; i++) {
		int r = write_one(device, &table[i]);

		if (r < 0)
			log_error("%s %s of %s: %s", table[i].family, table[i].key, device, strerror(-r));
		if (r < 0 && ret == 0)
			ret = r;
	}
	return ret;
}
