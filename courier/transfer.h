/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a run a transfer: its bytes are checked as they go by, they pass
 * only while vmosd's licence holds, and vmosd hears of its course. See
 * proto/xfer.h. Only what comes of it to say is made here; the run says it.
 */
#ifndef COURIER_TRANSFER_H
#define COURIER_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/licence.h"
#include "proto/runctl.h"
#include "proto/xfer.h"

#define TRANSFER_PROBLEMS_MAX 64 /* told of one run; the others are not */

struct transfer {
	bool sends; /* else it receives */
	const struct licence *licence; /* mapped, read-only */
	struct xfer_check check; /* of the stream */
	uint64_t told_us; /* of the last PROGRESS; 0: none */
	/* the other output: a receiver's POINT, a sender's PROBLEMs */
	uint8_t words[XFER_HEAD + XFER_PATH_MAX];
	size_t have;
	bool pointed; /* POINT is whole */
	bool junk; /* what comes after this is no PROBLEM: not looked at any more */
	unsigned problems;
};

/* @flags: CTL_RUN_SEND or CTL_RUN_RECEIVE. @licence_fd stays the caller's. -EBADFD: it is no sealed page; -ENOMEM. */
int transfer_new(uint8_t flags, int licence_fd, struct transfer **ret);
void transfer_free(struct transfer *t);

/* The agent takes part in this relay: from now on the stream may have FARs of it. */
void transfer_allow_far(struct transfer *t, uint32_t relay);
/* Bytes of the stream that are about to be passed on. -EPERM: they may not any more; -EBADMSG: not well formed. */
int transfer_check(struct transfer *t, const uint8_t *untrusted_data, size_t len);
/* Whether bytes may pass now. */
bool transfer_may_pass(const struct transfer *t);

/* Bytes of a receiver's standard output. 1: @ret is POINT; 0: not whole yet; -EBADMSG: it is none, or more than one. */
int transfer_take_point(struct transfer *t, const uint8_t *untrusted_data, size_t len, struct runctl *ret);
/* Takes bytes of a sender's standard error from @data on up to the next PROBLEM. True: @ret is one; false: no more. */
bool transfer_take_problem(struct transfer *t, const uint8_t **untrusted_data, size_t *len, struct runctl *ret);

/* True: @ret is PROGRESS and is to be told now. @now_us: monotonic. @end: the last one. */
bool transfer_progress(struct transfer *t, uint64_t now_us, bool end, struct runctl *ret);

/* The status to tell for that which the guest claims: success counts only after a stream that was whole. */
int32_t transfer_status(const struct transfer *t, int32_t claimed);

#endif
