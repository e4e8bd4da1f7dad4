/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A link's list with an index over it, so that a flow is decided in the same
 * time by ten lines and by ten thousand. What it says is what netlist_decide()
 * says of the same targets.
 */
#ifndef TAP_LINES_H
#define TAP_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/netlist.h"

#define LINES_PREFIXES 129

struct lines_slot; /* of lines.c */
struct steps_range; /* of steps.h */
struct steps_step;

struct lines {
	struct net_decider decider; /* its targets are owned */
	struct lines_slot *slots; /* owned, like @entries */
	struct steps_range *entries;
	struct steps_step *steps; /* owned */
	uint32_t mask; /* of slots */
	uint32_t prefixes; /* in use, … */
	uint8_t prefix[LINES_PREFIXES]; /* … by their length */
	bool names_only; /* only names may be reached: so only they may be asked for */
};

/* Takes @targets over, also where it fails (-ENOMEM). */
int lines_open(struct lines *l, struct net_target *targets, size_t count, enum net_action fallback);
void lines_close(struct lines *l);

enum net_action lines_decide(const struct lines *l, const struct net_flow *flow, size_t *ret_target);
bool lines_may_resolve(const struct lines *l, const char *name);

#endif
