/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/mode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/display.h"
#include "manager/private_bus.h"
#include "proto/clock.h"

#define SYSTEM_DATA "/var/lib/vmos"
#define SYSTEM_RUN "/run/vmos"

static int connect_own(const char *path, uid_t uid)
{
	return fd_unix_connect(path, SOCK_STREAM);
}

static char *session_display(void)
{
	const char *name = getenv("WAYLAND_DISPLAY"), *dir = getenv("XDG_RUNTIME_DIR");

	if (name && name[0] == '/')
		return strdup(name);
	return name && name[0] && dir ? paths_join(dir, name, NULL) : NULL;
}

/* As PipeWire's own clients find it: pipewire(1), PIPEWIRE_RUNTIME_DIR and PIPEWIRE_REMOTE. */
static char *session_sound_server(void)
{
	const char *dir = getenv("PIPEWIRE_RUNTIME_DIR"), *name = getenv("PIPEWIRE_REMOTE");

	if (name && name[0] == '/')
		return strdup(name);
	dir = dir && dir[0] ? dir : getenv("XDG_RUNTIME_DIR");
	return dir && dir[0] ? paths_join(dir, name && name[0] ? name : "pipewire-0", NULL) : NULL;
}

static char *system_data(void)
{
	return strdup(SYSTEM_DATA);
}

static char *system_run(void)
{
	return strdup(SYSTEM_RUN);
}

static int system_bus(const char *run, sd_bus **ret_bus)
{
	int r = sd_bus_open_system(ret_bus);

	if (r < 0)
		log_error("The system bus does not answer: %s. Start dbus.service.", strerror(-r));
	return r < 0 ? r : 0;
}

/* A service is started by no user. */
static char *system_display(void)
{
	return NULL;
}

const struct mode mode_session = {
	.name = "session",
	.fabric = "vde",
	.data = paths_data,
	.run = paths_runtime,
	.open_bus = private_bus_open,
	.connect_display = connect_own,
	.own_display = session_display,
	.sound_server = session_sound_server,
};

const struct mode mode_system = {
	.name = "system",
	.system = true,
	.fabric = "kernel",
	.libvirt_uri = "qemu:///system",
	.capabilities = "/var/cache/libvirt/qemu/capabilities",
	.clock_socket = CLOCK_SOCKET,
	.qemu_log = "/var/log/libvirt/qemu",
	.data = system_data,
	.run = system_run,
	.open_bus = system_bus,
	.connect_display = display_connect,
	.own_display = system_display,
};
