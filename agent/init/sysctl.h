/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Switches of the kernel for a network device: /proc/sys/net/FAMILY/conf/DEVICE/KEY. */
#ifndef AGENT_INIT_SYSCTL_H
#define AGENT_INIT_SYSCTL_H

#include <stddef.h>

struct sysctl {
	const char *family; /* "ipv4", "ipv6" */
	const char *key, *value;
};

/* @device: a device's name, "all", or "default" for those to come. -errno of the first that failed, logged. */
int sysctl_write(const char *device, const struct sysctl *table, size_t n);

#endif
