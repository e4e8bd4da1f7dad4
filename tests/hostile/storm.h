/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a guest, valid ones with values at their boundaries, from a model of what the host knows. */
#ifndef TESTS_HOSTILE_STORM_H
#define TESTS_HOSTILE_STORM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/gui.h"

#define STORM_WINDOWS 40
#define STORM_SLOTS 64
#define STORM_SLOT_PAGES 512

struct storm_window {
	uint32_t id; /* 0: none */
	uint8_t role;
	uint32_t serial; /* last CONFIGURE seen */
	unsigned title_parts, app_parts;
};

struct storm {
	uint64_t rng;
	bool greeted;
	uint32_t next_id;
	struct storm_window window[STORM_WINDOWS];
	uint32_t held[STORM_SLOTS]; /* pages of a slot that the host holds, 0: none */
};

void storm_reset(struct storm *s);
/* The next message: one that the host must accept. */
void storm_next(struct storm *s, struct gui_msg *ret);
/* Learns from a message of the host. */
void storm_answer(struct storm *s, const struct gui_msg *m);

uint64_t storm_random(uint64_t *rng);
/* Any 32 bits, but often 0, 1, a power of two or its neighbour, or all ones. */
uint32_t storm_boundary(uint64_t *rng);

#endif
