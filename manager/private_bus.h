/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bus to be on: the user's, or a private one that is started where there is none. */
#ifndef MANAGER_PRIVATE_BUS_H
#define MANAGER_PRIVATE_BUS_H

#include <systemd/sd-bus.h>

/* Opens the user's bus; where there is none, starts dbus-daemon at $RUN/bus. It outlives us. Errors are logged. */
int private_bus_open(const char *run, sd_bus **ret_bus);

#endif
