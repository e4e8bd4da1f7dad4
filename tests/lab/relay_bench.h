/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes from region to region by a relay, and as two couriers do it: a process
 * for each region, a pipe between them. Neither looks at a byte, nor do the guests.
 */
#ifndef TESTS_LAB_RELAY_BENCH_H
#define TESTS_LAB_RELAY_BENCH_H

/* Prints "WAY MIB_A_SECOND CPU_MS_A_GIB" for both, the CPU being that of whoever copies. */
void relay_bench(unsigned seconds);

#endif
