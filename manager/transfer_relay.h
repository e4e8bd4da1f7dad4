/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The relay of a transfer: made before its runs begin, where this host can;
 * used if both agents take part in it. Without one all goes by the couriers.
 */
#ifndef MANAGER_TRANSFER_RELAY_H
#define MANAGER_TRANSFER_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "proto/helper.h"

struct transfer;
struct vm;

struct transfer_relay {
	int fd; /* owned; -1: none */
	uint32_t generation; /* 0: none */
	unsigned area[2]; /* of the sender's VM, of the receiver's */
	bool joined; /* the receiver's agent takes part */
	sd_event_source *io; /* its end by itself */
};

void transfer_relay_init(struct transfer_relay *relay);
/* Makes one for @t where vmosd is to (--relays), if it can be and if none has failed it before. */
void transfer_relay_begin(struct transfer *t, const struct vm *from, const struct vm *to);
/* Closes it: no byte passes any more. */
void transfer_relay_end(struct transfer *t);
/* It may not be had again for @t: why goes to the log. */
void transfer_relay_fail(struct transfer *t, const char *why);

/* What the run of the receiver, or sender, is to be told of it. For a sender it ends here if the receiver's agent has not joined. */
void transfer_relay_name(struct transfer *t, bool is_sender, struct helper_run *run);
/* An agent says that it takes part in relay @generation, or in none: 0. False: it was not asked. */
bool transfer_relay_started(struct transfer *t, bool is_sender, uint64_t generation);

#endif
