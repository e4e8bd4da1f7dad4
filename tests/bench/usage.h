/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What processes have used: a QEMU's virtual CPUs are the guest, all other threads are the host. */
#ifndef VMOS_TESTS_BENCH_USAGE_H
#define VMOS_TESTS_BENCH_USAGE_H

#include <stdint.h>

#define USAGE_PIDS_MAX 16

struct usage {
	uint64_t guest_ns, host_ns; /* CPU */
	uint64_t guest_wakeups, host_wakeups; /* times that a thread slept and went on */
};

/* Adds all threads of a process; one that has ended counts nothing. */
void usage_add(struct usage *u, int pid);

#endif
