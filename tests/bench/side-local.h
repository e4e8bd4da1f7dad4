/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a message's way is made of, measured inside one program: alike in the guest and on the host. */
#ifndef VMOS_TESTS_BENCH_SIDE_LOCAL_H
#define VMOS_TESTS_BENCH_SIDE_LOCAL_H

#include <stdint.h>

/* Copies @count blocks of @size bytes, at most SIDE_BLOCK_MAX: nanoseconds. */
uint64_t local_copy_ns(uint32_t size, uint32_t count);
/* @count messages into a ring and out of it again, one by one, each side sleeping by the rules but without a bell. */
int local_ring_ns(uint32_t count, uint64_t *ret_ns);

#endif
