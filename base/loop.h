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

/* A timer of the monotonic clock that is off, made before the sandbox. @accuracy in us, 0: 250 ms. -errno. */
int loop_timer(sd_event *event, sd_event_source **ret, uint64_t accuracy, sd_event_time_handler_t handle, void *data);
/* Lets it go off once, at @usec. */
void loop_timer_set(sd_event_source *timer, uint64_t usec);

#endif
