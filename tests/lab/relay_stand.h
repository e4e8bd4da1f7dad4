/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A relay between two guests that a program plays, see relay_guest.h. What
 * cannot be had of the machine ends the program.
 */
#ifndef TESTS_LAB_RELAY_STAND_H
#define TESTS_LAB_RELAY_STAND_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lab/relay_guest.h"

#define RELAY_DEVICE "/dev/vmos_relay"
#define STAND_OFFSET VMOS_RELAY_AREA_MIN /* of the source's area */

/* @total: bytes that are to pass; @wrong: of those that came, how many were others. */
struct stand {
	struct relay_guest from;
	struct relay_guest to;
	int gate;
	int relay;
	struct vmos_relay_create create;
	uint64_t total;
	uint64_t wrong;
	bool over;
};

/* Seconds. */
double now(void);
void stand_init(struct stand *s, uint32_t from_len, uint32_t to_len);
void stand_finish(struct stand *s);
/* Makes the relay. 0 or an errno. */
int create_on(int relay, const struct vmos_relay_create *create);
int create(struct stand *s);
void join(struct stand *s);
struct vmos_relay_state state_of(const struct stand *s);
/* What it ended with, waited for; 0: it goes on. */
int end_of(const struct stand *s);

#endif
