/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A transfer, watched to its end. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <systemd/sd-bus.h>

/*
 * Shows how the transfer @path gets on until it is over, and what it came to.
 * SIGINT and SIGTERM cancel it. Where vmosd ends meanwhile, the next one is
 * started and asked: *@bus may be another one then. Exit code: CLI_REFUSED
 * where it was denied or cancelled.
 */
int watch_transfer(sd_bus **bus, const char *path);

#endif
