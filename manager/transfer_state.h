/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a transfer between two VMs can be, and what its two runs' ends mean for
 * it. Pure: no I/O, no memory of its own.
 */
#ifndef MANAGER_TRANSFER_STATE_H
#define MANAGER_TRANSFER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/xfer.h"

#define TRANSFER_TRIES_MAX 20 /* automatic ones in a row without any progress */
#define TRANSFER_DELAY_MAX 5000 /* ms before the next try */

enum transfer_kind { TRANSFER_SEND, TRANSFER_FETCH, TRANSFER_OPEN, TRANSFER_URL, TRANSFER_KINDS };

/*
 * asking    the rule, and the user, decide
 * starting  allowed; a VM that was off is being started
 * waiting   allowed; it goes on by itself when both VMs can
 * moving    its runs are under way
 * done, failed, cancelled, denied: over. A failed one may be resumed, if its reason lets it.
 */
enum transfer_state {
	TRANSFER_ASKING,
	TRANSFER_STARTING,
	TRANSFER_WAITING,
	TRANSFER_MOVING,
	TRANSFER_DONE,
	TRANSFER_FAILED,
	TRANSFER_CANCELLED,
	TRANSFER_DENIED,
	TRANSFER_STATES,
};

enum transfer_event {
	TRANSFER_E_ALLOW, /* by rule or by the user */
	TRANSFER_E_DENY,
	TRANSFER_E_START, /* a VM is being started for it */
	TRANSFER_E_HOLD, /* it cannot go on now */
	TRANSFER_E_BEGIN, /* its runs begin */
	TRANSFER_E_LOSE, /* a run ended that may be begun again */
	TRANSFER_E_FINISH,
	TRANSFER_E_FAIL,
	TRANSFER_E_CANCEL,
	TRANSFER_E_RESUME,
	TRANSFER_EVENTS,
};

const char *transfer_kind_name(enum transfer_kind kind);
/* -EINVAL: there is no such kind. */
int transfer_kind_parse(const char *name, enum transfer_kind *ret_kind);
const char *transfer_state_name(enum transfer_state state);
bool transfer_state_is_over(enum transfer_state state);

/* The state after @event; -EINVAL: nothing of that kind can happen in @state. */
int transfer_state_next(enum transfer_state state, enum transfer_event event);

/* How one of the two runs ended. */
struct transfer_end {
	bool begun; /* it was handed to its courier */
	bool lost; /* without an exit status: the agent, the courier or the VM is gone */
	int32_t status; /* as of RUNCTL_EXIT: 0 … 255, 256 + signal, -errno */
};

enum transfer_outcome {
	TRANSFER_O_DONE,
	TRANSFER_O_SOME, /* all but what the sender named */
	TRANSFER_O_AGAIN, /* go on from where it is */
	TRANSFER_O_ANEW, /* what the receiver has is not what is sent: once more from the beginning */
	TRANSFER_O_FAILED, /* reason says why */
};

struct transfer_verdict {
	enum transfer_outcome outcome;
	enum xfer_reason reason; /* FAILED, or what AGAIN and ANEW become when they have been tried too often */
	bool by_sender; /* whose end decided */
};

/* What both ends together mean: that of who failed for good, before that of who only noticed. */
struct transfer_verdict transfer_judge(const struct transfer_end *sender, const struct transfer_end *receiver);

/* Whether a transfer that failed for @reason may be resumed by the user. */
bool transfer_may_resume(enum xfer_reason reason);

/* Counts the tries that came to nothing. */
struct transfer_tries {
	unsigned n;
	struct xfer_point best; /* the farthest point the receiver named */
};

/* The receiver named @point: one that is farther than any before begins the count anew. */
void transfer_tries_point(struct transfer_tries *tries, const struct xfer_point *point);
/* A try was lost. Milliseconds to wait before the next; -ETIME: that was the last. */
int transfer_tries_next(struct transfer_tries *tries);

#endif
