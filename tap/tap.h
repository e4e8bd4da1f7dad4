/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that one vmos-tap holds. */
#ifndef TAP_TAP_H
#define TAP_TAP_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "proto/tap.h"
#include "tap/engine.h"
#include "tap/flow.h"
#include "tap/link.h"
#include "tap/manager.h"
#include "tap/memory.h"
#include "tap/names.h"

#define TAP_EXPIRE_US 1000000
#define TAP_NEWS \
	4000 /* questions, their withdrawals and logs a second, of all clients: vmosd believes no more than 6000 */

struct tap {
	sd_event *event; /* borrowed */
	sd_event_source *timer; /* owned; runs while something may end */
	bool armed;
	char net[VM_NAME_MAX + 1];
	struct memory *memory; /* mapped from @memory_fd */
	int memory_fd;
	uint64_t now; /* of what is judged now: µs of CLOCK_BOOTTIME */
	struct flows flows;
	struct names names;
	struct plug plug; /* the NET VM's */
	struct tap_stats stats; /* of the NET VM's side */
	struct link links[TAP_LINKS_MAX];
	uint32_t nlinks;
	uint16_t link_of[NETPLAN_INDEX_MAX + 1]; /* a place in @links, more by one; 0: none */
	uint32_t last_question;
	struct bucket news;
	struct manager manager;
};

static inline struct link *tap_link(struct tap *t, uint32_t index)
{
	return index <= NETPLAN_INDEX_MAX && t->link_of[index] ? &t->links[t->link_of[index] - 1] : NULL;
}

/* Reads the clock. */
void tap_tick(struct tap *t);
/* Maps and takes up the memory. */
int tap_open(struct tap *t, const struct tap_setup *setup, int memory_fd);
void tap_close(struct tap *t);

/* A new link in the place of one of the same index; NULL: there are TAP_LINKS_MAX. */
struct link *tap_add_link(struct tap *t, const struct tap_link *about);
/* Ends a link, its flows (both ends hear so) and its names. */
void tap_remove_link(struct tap *t, struct link *l);
/* The list of @l has become another one. */
void tap_take_list(struct tap *t, struct link *l);
/* A second later tap_expire() is called, and again while there are flows. */
void tap_arm(struct tap *t);
/* Ends what has been silent too long, and what has waited too long. */
void tap_expire(struct tap *t);

#endif
