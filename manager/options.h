/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The a{sv} options of CreateVM and Set. */
#ifndef MANAGER_OPTIONS_H
#define MANAGER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

#include "manager/pci.h"
#include "proto/manifest.h"
#include "proto/text.h"

#define OPTIONS_READY_TIMEOUT_MAX 3600

/* What was given; strings are empty and numbers 0 where not. */
struct options {
	char template[MANIFEST_WORD_MAX + 1];
	bool has_color;
	uint32_t rgb;
	uint32_t memory_mib;
	uint32_t vcpus;
	uint32_t disk_gib;
	uint32_t ready_timeout;
	char kind[8]; /* create only */
	bool has_net;
	char net[VM_NAME_MAX + 1]; /* "": it shall use none */
	bool has_net_limit;
	uint32_t net_limit;
	bool has_pci;
	char pci[PCI_LIST_MAX]; /* "": it shall have no card */
	bool has_notifications, notifications;
	bool has_volume;
	uint32_t volume;
	bool has_mute, mute;
	bool has_audio, audio;
	bool has_carrier, vsock; /* false: channel */
	bool others; /* something besides those that can change while a VM runs */
};

/*
 * Reads and checks them all; @create: DiskGiB is one of them. Ranges that the
 * host sets (memory, processors) are checked too. < 0: @ret_error says which
 * option is wrong and what it may be.
 */
int options_read(sd_bus_message *call, bool create, struct options *ret_options, sd_bus_error *ret_error);

#endif
