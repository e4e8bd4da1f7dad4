/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a VM, as start, run and shell do it. */
#ifndef CLI_START_H
#define CLI_START_H

#include <systemd/sd-bus.h>

/* Waits until the agent is ready, a line on standard error counting the seconds. Exit code. */
int start_vm(sd_bus *bus, const char *name);

#endif
