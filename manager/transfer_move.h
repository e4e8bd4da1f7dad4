/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two runs of a transfer and the pipe between them: first that of the
 * receiver, which says what it has already, then that of the sender.
 */
#ifndef MANAGER_TRANSFER_MOVE_H
#define MANAGER_TRANSFER_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "manager/transfer_relay.h"
#include "manager/transfer_state.h"
#include "proto/licence.h"

#define TRANSFER_STALL 120 /* seconds without a byte while both VMs run */
#define TRANSFER_GRACE 20 /* seconds that a run gets to end after the other one */
#define TRANSFER_PIPE (1 << 20) /* bytes */
#define TRANSFER_WORDS_MAX 400 /* that a courier may say … */
#define TRANSFER_WORDS_PERIOD 10 /* … in so many seconds */

struct transfer;
struct vm;

struct transfer_side {
	struct transfer *transfer;
	bool is_sender;
	bool ended;
	struct transfer_end end;
	int control; /* -1: none; owned */
	sd_event_source *io;
	uint64_t bytes; /* that its courier counted last */
	uint64_t since; /* of the period that words counts; monotonic usec */
	unsigned words;
};

struct transfer_move {
	struct transfer_side sender, receiver;
	int pipe; /* the end to write to, until the sender has it; owned; -1: none */
	struct licence *licence; /* mapped; NULL: no run is under way */
	int licence_fd; /* for reading only; owned */
	struct transfer_relay relay;
	sd_event_source *timer; /* of a stall, or of the grace */
	uint64_t patience; /* usec: what a stall is now */
	bool grace; /* one side has ended */
};

void transfer_move_init(struct transfer *t);
/* Begins the receiver's run, or of a URL the only one. transfer_moved() follows. -errno: not begun. */
int transfer_move_begin(struct transfer *t, struct vm *from, struct vm *to);
/* No byte passes any more; the runs are told to end. transfer_moved() does not follow. */
void transfer_move_end(struct transfer *t);

#endif
