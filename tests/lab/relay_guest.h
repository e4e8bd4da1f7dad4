/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's end of a relay, played by a program that maps the region as the
 * guest would: fills or empties the ring of its area, waits and rings.
 */
#ifndef TESTS_LAB_RELAY_GUEST_H
#define TESTS_LAB_RELAY_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/uapi/vmos_relay.h"

/* @base: all of the region. @count: bytes put or taken, the guest's own copy */
struct relay_guest {
	int region;
	int kick;
	int call;
	uint64_t offset;
	uint32_t len;
	uint64_t count;
	unsigned char *base;
	struct vmos_relay_side *guest;
	const struct vmos_relay_side *host;
	unsigned char *data;
};

/* A region like that of a ctl channel, with an area at @offset whose ring has @len bytes. Ends the program when it cannot. */
void relay_guest_init(struct relay_guest *g, uint64_t offset, uint32_t len);
void relay_guest_finish(struct relay_guest *g);
/* What CREATE wants to know of it. */
struct vmos_relay_end relay_guest_end(const struct relay_guest *g);

void relay_guest_join(struct relay_guest *g, uint32_t generation);
void relay_guest_kick(const struct relay_guest *g);
/* Bytes that can be put, or taken, now. */
size_t relay_guest_room(const struct relay_guest *g);
size_t relay_guest_ready(const struct relay_guest *g);
/* Makes @n bytes count that lie in, or were read from, the ring; rings if the relay waits for that. */
void relay_guest_pass(struct relay_guest *g, size_t n);
/* Waits until look(@g) is not 0; false: not within @ms. */
bool relay_guest_wait(struct relay_guest *g, size_t (*look)(const struct relay_guest *g), int ms);

#endif
