/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the relays of two guests of the benchmark lie, and a guest's ends of them. */
#ifndef TESTS_BENCH_SIDE_RELAY_H
#define TESTS_BENCH_SIDE_RELAY_H

#include "agent/common/device.h"
#include "proto/uapi/vmos_relay.h"
#include "tests/bench/side.h"

#define RELAY_AREA_OUT 0
#define RELAY_AREA_IN 1
/* Of the relay that guest @nr of the two puts into. */
#define RELAY_GENERATION(nr) ((nr) + 1)

/* Joins the relays that guest @nr of the two puts into, and takes from. -ESTALE: the host has not made them. */
int relay_open(const struct device *device, unsigned nr);
extern const struct side_bytes relay_bytes;

#endif
