/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmosd asks of vmos-clock, the one program of vmOS that may set the host's
 * clock: one request on a connection, one answer to it. Both are on the same
 * machine and of one build; every field is checked all the same.
 */
#ifndef PROTO_CLOCK_H
#define PROTO_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_SOCKET \
	"/run/vmos/clock.sock" /* in system mode: systemd listens, and starts a vmos-clock for each connection */
#define CLOCK_SLEW_MAX 500000000ll /* nsec */
#define CLOCK_STEP_MAX (100ll * 366 * 86400 * 1000000000) /* a century */

enum clock_type {
	CLOCK_SLEW =
		1, /* offset: the clock runs a little faster or slower until it has gained that; as adjtime(3), by 500 ppm */
	CLOCK_STEP, /* offset: the clock is set so much forwards, backwards where it is negative */
	CLOCK_DONE = 0x81,
};

struct clock_msg {
	uint32_t type; /* enum clock_type */
	int32_t error; /* of DONE: 0 or -errno; -ERANGE: it would be before vmOS was made. Else 0 */
	int64_t offset_ns; /* not 0; of DONE: 0 */
};

/* 0, or -EBADMSG. */
int clock_check_request(const struct clock_msg *m, size_t len);
int clock_check_reply(const struct clock_msg *m, size_t len);

#endif
