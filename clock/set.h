/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's clock, moved as one request says. */
#ifndef CLOCK_SET_H
#define CLOCK_SET_H

#include <stdint.h>

#include "proto/clock.h"

/*
 * Whether the clock may be moved so that it shows @now + @offset (nsec): not to
 * before @epoch, when vmOS was made, but that it may come nearer to it from
 * before; not to where the kernel's time ends. 0 or -ERANGE.
 */
int set_check(int64_t now_ns, int64_t offset_ns, int64_t epoch_ns);

/* A request that was checked. -errno. */
int set_clock(const struct clock_msg *request);

#endif
