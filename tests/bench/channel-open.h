/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the guest of the channel's benchmark: what is there before the first question, and the ways beside the channel. */
#ifndef VMOS_TESTS_BENCH_CHANNEL_OPEN_H
#define VMOS_TESTS_BENCH_CHANNEL_OPEN_H

#include "agent/common/device.h"
#include "tests/bench/side.h"

/* Device nodes, the console, all modules of /modules by their names; cards as eth0=ADDRESS of the kernel command line say. */
int open_machine(void);
/* Makes a side as SIDE_OPEN asks; @device is the channel's. */
int open_side(struct side *s, enum side_way way, uint64_t value, const struct device *device);

#endif
