/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many port ranges, of which the first that has a port counts: cut into steps, so that a port is looked up at once. */
#ifndef TAP_STEPS_H
#define TAP_STEPS_H

#include <stdint.h>

#define STEPS_NONE UINT32_MAX

struct steps_range {
	uint32_t number; /* of the line */
	uint16_t low, high;
	uint8_t proto, action; /* enum net_proto, enum net_action */
};

/* From this port up to the next step's: which range counts, for TCP and for UDP. */
struct steps_step {
	uint32_t tcp, udp; /* its place; STEPS_NONE */
	uint16_t start;
};

/* At most 2 * @count + 1 steps; how many. 0: no memory. */
uint32_t steps_cut(const struct steps_range *ranges, uint32_t count, struct steps_step *ret);
const struct steps_step *steps_find(const struct steps_step *steps, uint32_t count, uint16_t port);

#endif
