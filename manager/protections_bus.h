/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protections of this vmosd: what Manager1 shows of them, and what it starts no VM without. */
#ifndef MANAGER_PROTECTIONS_BUS_H
#define MANAGER_PROTECTIONS_BUS_H

#include <systemd/sd-bus.h>

struct manager;

/* Before each start of a VM. ERROR_UNPROTECTED with cause and remedy: system mode, and one that is needed is off. */
int protections_check(struct manager *m, sd_bus_error *ret_error);
/* The property Protections, a(sbs): name, on, words. */
int protections_get(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error);

#endif
