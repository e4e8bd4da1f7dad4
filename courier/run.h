/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One program run in the guest: from RUN until EXIT, with its stdio and the socket of the command that asked for it. */
#ifndef COURIER_RUN_H
#define COURIER_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "courier/stream.h"
#include "proto/ctl.h"
#include "proto/helper.h"

struct guest;
struct transfer;

enum run_state {
	RUN_UNSENT, /* RUN waits for room in the ring */
	RUN_SENT,
	RUN_STARTED,
	RUN_EXITED, /* output may still be under way to the fds */
};

struct run {
	struct guest *guest; /* borrowed */
	struct run *next;
	enum run_state state;
	uint32_t id;
	uint8_t uid_class, flags;
	bool done; /* to be freed at the next sweep */
	uint8_t *args; /* until RUN is sent */
	uint32_t args_len;
	uint16_t rows, cols;
	bool winch; /* rows and cols are news to the guest */
	uint64_t signals; /* bit n: signal n + 1 is to be sent */
	int32_t status; /* of EXIT */
	int control; /* owned; -1: the command is gone */
	sd_event_source *control_source;
	struct input in;
	struct output out[2]; /* fds 1 and 2 */
	struct transfer *transfer; /* owned; NULL: an ordinary run */
	uint32_t relay, area; /* that its agent may use; 0: none */
};

/*
 * Makes a run of a request of vmosd. @fds as HELPER_RUN has them; all are
 * taken over, also on failure. -EBADMSG: the arguments are not well formed.
 */
int run_new(struct guest *g, const struct helper_run *req, const int *fds, struct run **ret_run);
void run_free(struct run *run);

/* How many fds come with a run of these flags. */
unsigned run_fds(uint8_t flags);

/* Says why to the command and ends: RUNCTL_EXIT with @status, or RUNCTL_LOST. */
void run_end(struct run *run, uint32_t type, int32_t status);

/* Sends all that waits for room in the ring. -EAGAIN: some of it still waits. */
int run_push(struct run *run);

/* Messages of the guest about this run. -EPROTO: it may not say so; stdio also as output_put(). */
int run_take_started(struct run *run, const struct ctl_started *m);
int run_take_exit(struct run *run, const struct ctl_exit *m);
int run_take_stdio(struct run *run, const struct ctl_stdio *m, const uint8_t *untrusted_data);
int run_take_eof(struct run *run, const struct ctl_eof *m);
int run_take_credit(struct run *run, const struct ctl_credit *m);

#endif
