/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main loop of a helper. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * Runs @event until it is told to exit, and counts in @wakeups how often the
 * wait returned: several events of one return are one. The exit code that was
 * given to sd_event_exit(), or -errno.
 */
int loop_run(sd_event *event, uint64_t *wakeups);

#endif
