/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VM has on the kernel's fabric (net_fabric_kernel.c). */
#ifndef MANAGER_NET_CARD_H
#define MANAGER_NET_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "manager/net_cable.h"

struct net_wire;

/*
 * none   it has no card
 * found  the vmosd before us had one made: where it is, is not known yet
 * busy   vmos-wire was asked to make it, move it or have it up
 * down   it waits where it is
 * up     it is filtered, in the namespace of a NET VM
 * lost   nobody can move it any more: the VM must be restarted
 */
enum net_card_state { NET_CARD_NONE, NET_CARD_FOUND, NET_CARD_BUSY, NET_CARD_DOWN, NET_CARD_UP, NET_CARD_LOST };

/* The card by which it uses a NET VM. */
struct net_card {
	enum net_card_state state;
	struct net_wire *at; /* in whose namespace it is, or was; borrowed; NULL: it is out of reach */
	struct net_wire *to; /* busy: whereto it is moved; borrowed; NULL: nowhere, or it is out of reach */
	bool asked; /* found: @at was asked for it */
	uint32_t ifindex; /* up */
	struct net_cable cable;
};

/* Of a NET VM. */
struct net_inside {
	struct net_wire *wire; /* of this run; borrowed; NULL: it ended, or there was none */
	bool asked; /* the inside card is being brought to vmos-tap */
	struct net_cable cable;
};

#endif
