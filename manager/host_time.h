/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's clock as the VMs see it: a guest's own goes on from what it was
 * told, so that it is behind when the host has slept, and wrong when the host's
 * was set. Both are noticed, and every guest is told the time again.
 */
#ifndef MANAGER_HOST_TIME_H
#define MANAGER_HOST_TIME_H

#include <stdint.h>

#include <systemd/sd-event.h>

/*
 * The clock was set, or the host slept for @slept_ns of it, by @set_ns besides:
 * forwards where positive.
 */
typedef void (*host_time_fn)(int64_t slept_ns, int64_t set_ns, void *userdata);

struct host_time {
	sd_event_source *io;
	int64_t asleep_ns; /* CLOCK_BOOTTIME without CLOCK_MONOTONIC */
	int64_t ahead_ns; /* CLOCK_REALTIME without CLOCK_BOOTTIME */
	host_time_fn fn;
	void *userdata;
};

/* -errno: it is not noticed. */
int host_time_open(struct host_time *t, sd_event *event, host_time_fn fn, void *userdata);
void host_time_close(struct host_time *t);

#endif
