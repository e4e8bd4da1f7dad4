/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both agents' ends of a relay over two memfds, and the test in the place of
 * vmos_relay (kernel/relay/move.c): it copies when it is told to, as the kernel
 * would, and ends when it shall.
 */
#ifndef AGENT_TESTS_FAR_STAND_H
#define AGENT_TESTS_FAR_STAND_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/ctl/far.h"

struct far_stand {
	struct far_source source;
	struct far_target target;
	int fds[2]; /* the source's region, the target's */
	uint8_t *areas[2]; /* as the host sees them */
	uint32_t generation;
	uint64_t moved;
	uint64_t end_at; /* after so many bytes it ends; UINT64_MAX: never */
	bool over;
};

/* -errno: it cannot be made. */
int far_stand_open(struct far_stand *s, uint32_t generation);
void far_stand_close(struct far_stand *s);
/* Copies what can be copied. True: that was something. */
bool far_stand_step(struct far_stand *s);
/* What the kernel writes when a relay ends. */
void far_stand_end(struct far_stand *s);

#endif
