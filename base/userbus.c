/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/userbus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A bus connects lazily: only a unique name shows that a daemon answered. */
static int userbus_hello(sd_bus *bus)
{
	const char *unique;

	return sd_bus_get_unique_name(bus, &unique);
}

static int userbus_open_session(sd_bus **ret_bus)
{
	sd_bus *bus = NULL;
	int r = sd_bus_open_user(&bus);

	if (r >= 0)
		r = userbus_hello(bus);
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	*ret_bus = bus;
	return 0;
}

/* The path in D-Bus's address syntax: every byte that is not plainly allowed becomes %xx. */
static char *userbus_address(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.";
	static const char prefix[] = "unix:path=";
	size_t cap = sizeof(prefix) + 3 * strlen(path);
	char *address = malloc(cap);
	size_t at = sizeof(prefix) - 1;

	if (!address)
		return NULL;
	memcpy(address, prefix, sizeof(prefix));
	for (; *path; path++) {
		if (strchr(plain, *path))
			address[at++] = *path;
		else
			at += (size_t)snprintf(address + at, cap - at, "%%%02x", (unsigned char)*path);
	}
	address[at] = '\0';
	return address;
}

int userbus_open_private(const char *private_path, sd_bus **ret_bus)
{
	char *address cleanup_free = userbus_address(private_path);
	sd_bus *bus = NULL;
	int r;

	if (!address)
		return -ENOMEM;
	r = sd_bus_new(&bus);
	if (r < 0)
		return r;
	r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, 1);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = userbus_hello(bus);
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	*ret_bus = bus;
	return 0;
}

int userbus_open(const char *private_path, sd_bus **ret_bus)
{
	if (userbus_open_session(ret_bus) == 0)
		return 0;
	if (userbus_open_private(private_path, ret_bus) == 0)
		return 0;
	return -ENOENT;
}
