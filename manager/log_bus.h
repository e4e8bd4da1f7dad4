/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a log's files are given to who may read it. */
#ifndef MANAGER_LOG_BUS_H
#define MANAGER_LOG_BUS_H

#include <systemd/sd-bus.h>

/* Answers OpenLog() → ah with those of @n @fds that are not -1, and closes them all. What sd-bus says. */
int log_bus_reply(sd_bus_message *call, int *fds, unsigned n);

#endif
