/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/private_bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/userbus.h"
#include "manager/spawn.h"

#define STEP_NS 10000000 /* between two looks at a bus that is starting */
#define STEPS 500

static int start_daemon(const char *path, sd_bus **ret_bus)
{
	char *address cleanup_free = NULL;
	char *argv[] = { "dbus-daemon", "--session", "--nofork", "--nopidfile", NULL, NULL };
	int r;

	if (asprintf(&address, "--address=unix:path=%s", path) < 0) {
		address = NULL;
		return -ENOMEM;
	}
	argv[4] = address;
	unlink(path); /* nobody serves it */
	r = spawn_daemon(argv);
	for (unsigned i = 0; r == 0 && i < STEPS; i++) {
		const struct timespec step = { .tv_nsec = STEP_NS };

		if (userbus_open_private(path, ret_bus) == 0)
			return 0;
		nanosleep(&step, NULL);
	}
	return r < 0 ? r : -ETIMEDOUT;
}

int private_bus_open(const char *run, sd_bus **ret_bus)
{
	char *path cleanup_free = paths_join(run, "bus", NULL);
	int r;

	if (!path)
		return -ENOMEM;
	r = userbus_open(path, ret_bus);
	if (r == 0)
		return 0;
	log_info("There is no session bus: a private one is started at %s", path);
	r = start_daemon(path, ret_bus);
	if (r < 0)
		log_error("No D-Bus: there is no session bus, and a private one does not start at %s (%s). Install the "
			  "package dbus.",
			path, strerror(-r));
	return r;
}
