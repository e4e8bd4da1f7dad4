/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between the two modes of vmosd: the user's own, with libvirt
 * inside and everything below the user's folders, and the host's service, with
 * libvirtd and everything below /var/lib and /run.
 */
#ifndef MANAGER_MODE_H
#define MANAGER_MODE_H

#include <stdbool.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>

struct mode {
	const char *name;
	bool system;
	const char *libvirt_uri; /* NULL: the embedded driver, below $DATA/libvirt */
	const char *capabilities; /* where libvirt remembers what QEMU can do; NULL: below $DATA/libvirt */
	const char *fabric; /* of network cards, where none is chosen */
	const char *clock_socket; /* where the host's clock can be set; NULL: the host keeps its own time */
	const char *qemu_log; /* folder of what QEMU says; NULL: below $DATA/libvirt */

	/* $DATA and $RUN; the caller frees them. NULL with errno. */
	char *(*data)(void);
	char *(*run)(void);
	/* The bus to be on. Errors are logged. */
	int (*open_bus)(const char *run, sd_bus **ret_bus);
	/* A connection to the compositor that listens at @path and belongs to @uid. The fd, or -errno. */
	int (*connect_display)(const char *path, uid_t uid);
	/* The path of the user's PipeWire; NULL: this host has no sound. The caller frees it. */
	char *(*sound_server)(void);
	/* The path of the display of the environment vmosd was started in; NULL: it has none. The caller frees it. */
	char *(*own_display)(void);
};

extern const struct mode mode_session, mode_system;

#endif
