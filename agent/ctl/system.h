/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest as a whole: how it is doing, its clock, its end. */
#ifndef AGENT_CTL_SYSTEM_H
#define AGENT_CTL_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/ctl.h"

/* Processor time so far, summed over all CPUs. */
struct system_cpu {
	uint64_t busy; /* clock ticks */
	uint64_t at_ms; /* monotonic */
};

/* Fills @ret from /proc and the file system of /home; what cannot be read stays 0. @cpu is taken and brought up to date. */
void system_stats(struct system_cpu *cpu, struct ctl_stats *ret);

/* Sets the clock if it is off by more than half a second. -errno. */
int system_set_time(uint64_t realtime_ns);

/* Asks PID 1 to stop everything and power off: SIGTERM for vmos-init, SIGRTMIN+4 for systemd. -errno. */
int system_power_off(void);

/* True once the compositor listens, or where there is no gui channel, or no compositor. */
bool system_has_windows(void);

#endif
