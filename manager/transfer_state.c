/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer_state.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define FIRST_DELAY 200 /* ms */
#define NO (-EINVAL)

static const char *const kind_names[TRANSFER_KINDS] = { "send", "fetch", "open", "url" };
static const char *const state_names[] = { "asking", "starting", "waiting", "moving", "done", "failed", "cancelled",
	"denied" };

_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == TRANSFER_STATES, "a name for each state");

/* A table: one state a line. An event that has no place stays at 0, which no event leads to. */
/* clang-format off */
static const enum transfer_state next[TRANSFER_STATES][TRANSFER_EVENTS] = {
	[TRANSFER_ASKING] = { [TRANSFER_E_ALLOW] = TRANSFER_WAITING, [TRANSFER_E_DENY] = TRANSFER_DENIED,
		[TRANSFER_E_FAIL] = TRANSFER_FAILED, [TRANSFER_E_CANCEL] = TRANSFER_CANCELLED },
	[TRANSFER_STARTING] = { [TRANSFER_E_START] = TRANSFER_STARTING, [TRANSFER_E_HOLD] = TRANSFER_WAITING,
		[TRANSFER_E_BEGIN] = TRANSFER_MOVING, [TRANSFER_E_FAIL] = TRANSFER_FAILED,
		[TRANSFER_E_CANCEL] = TRANSFER_CANCELLED, [TRANSFER_E_RESUME] = TRANSFER_STARTING },
	[TRANSFER_WAITING] = { [TRANSFER_E_START] = TRANSFER_STARTING, [TRANSFER_E_HOLD] = TRANSFER_WAITING,
		[TRANSFER_E_BEGIN] = TRANSFER_MOVING, [TRANSFER_E_FAIL] = TRANSFER_FAILED,
		[TRANSFER_E_CANCEL] = TRANSFER_CANCELLED, [TRANSFER_E_RESUME] = TRANSFER_WAITING },
	[TRANSFER_MOVING] = { [TRANSFER_E_LOSE] = TRANSFER_WAITING, [TRANSFER_E_FINISH] = TRANSFER_DONE,
		[TRANSFER_E_FAIL] = TRANSFER_FAILED, [TRANSFER_E_CANCEL] = TRANSFER_CANCELLED },
	[TRANSFER_FAILED] = { [TRANSFER_E_RESUME] = TRANSFER_WAITING },
};
/* clang-format on */

_Static_assert(TRANSFER_ASKING == 0, "no event leads to the first state");

const char *transfer_kind_name(enum transfer_kind kind)
{
	return kind_names[kind];
}

int transfer_kind_parse(const char *name, enum transfer_kind *ret_kind)
{
	for (unsigned i = 0; i < TRANSFER_KINDS; i++) {
		if (strcmp(name, kind_names[i]) == 0) {
			*ret_kind = (enum transfer_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *transfer_state_name(enum transfer_state state)
{
	return state_names[state];
}

bool transfer_state_is_over(enum transfer_state state)
{
	return state >= TRANSFER_DONE;
}

int transfer_state_next(enum transfer_state state, enum transfer_event event)
{
	if ((unsigned)state >= TRANSFER_STATES || (unsigned)event >= TRANSFER_EVENTS || next[state][event] == 0)
		return NO;
	return (int)next[state][event];
}

/* What one exit status means by itself. vmos-files says why by enum xfer_reason, the courier by -errno. */
static struct transfer_verdict judge_status(int32_t status)
{
	switch (status) {
	case XFER_OK:
		return (struct transfer_verdict){ .outcome = TRANSFER_O_DONE };
	case XFER_R_SOME:
		return (struct transfer_verdict){ TRANSFER_O_SOME, XFER_R_SOME, false };
	case XFER_R_MISMATCH:
	case XFER_R_HASH:
		return (struct transfer_verdict){ TRANSFER_O_ANEW, (enum xfer_reason)status, false };
	case XFER_R_STREAM: /* the other end is gone, or was never whole */
	case -EBUSY: /* CTL_RUNS_MAX runs are under way in the VM */
	case -EAGAIN:
	case -ENOMEM:
	case -EPIPE:
		return (struct transfer_verdict){ TRANSFER_O_AGAIN, XFER_R_INTERNAL, false };
	case -EBADMSG:
		return (struct transfer_verdict){ TRANSFER_O_FAILED, XFER_R_PROTOCOL, false };
	case -ENOENT: /* there is no vmos-files in the VM: its template is older than this vmOS */
		return (struct transfer_verdict){ TRANSFER_O_FAILED, XFER_R_USAGE, false };
	case -EPERM:
		return (struct transfer_verdict){ TRANSFER_O_FAILED, XFER_R_REVOKED, false };
	default:
		break;
	}
	if (status > 256) /* killed in the guest */
		return (struct transfer_verdict){ TRANSFER_O_AGAIN, XFER_R_INTERNAL, false };
	if (status >= XFER_R_NO_SPACE && status <= XFER_R_USAGE)
		return (struct transfer_verdict){ TRANSFER_O_FAILED, (enum xfer_reason)status, false };
	return (struct transfer_verdict){ TRANSFER_O_FAILED, XFER_R_INTERNAL, false };
}

static struct transfer_verdict judge_one(const struct transfer_end *end, bool is_sender)
{
	struct transfer_verdict v = { TRANSFER_O_AGAIN, XFER_R_INTERNAL, is_sender };

	/* one that never began had no chance to fail: what the other says counts */
	if (end->begun && !end->lost)
		v = judge_status(end->status);
	v.by_sender = is_sender;
	return v;
}

struct transfer_verdict transfer_judge(const struct transfer_end *sender, const struct transfer_end *receiver)
{
	static const enum transfer_outcome order[] = { TRANSFER_O_FAILED, TRANSFER_O_ANEW, TRANSFER_O_AGAIN,
		TRANSFER_O_SOME };
	struct transfer_verdict s = judge_one(sender, true), r = judge_one(receiver, false);

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (r.outcome == order[i])
			return r;
		if (s.outcome == order[i])
			return s;
	}
	return r;
}

bool transfer_may_resume(enum xfer_reason reason)
{
	switch (reason) {
	case XFER_R_NO_SPACE:
	case XFER_R_MISMATCH:
	case XFER_R_HASH:
	case XFER_R_STREAM:
	case XFER_R_WRITE:
	case XFER_R_STALLED:
	case XFER_R_VM:
	case XFER_R_INTERNAL:
		return true;
	default:
		return false;
	}
}

static bool is_farther(const struct xfer_point *a, const struct xfer_point *b)
{
	if (a->item != b->item)
		return a->item > b->item;
	if (a->entry != b->entry)
		return a->entry > b->entry;
	return a->offset > b->offset;
}

void transfer_tries_point(struct transfer_tries *tries, const struct xfer_point *point)
{
	if (!is_farther(point, &tries->best))
		return;
	tries->best = *point;
	tries->n = 0;
}

int transfer_tries_next(struct transfer_tries *tries)
{
	int delay = FIRST_DELAY;

	if (tries->n >= TRANSFER_TRIES_MAX)
		return -ETIME;
	for (unsigned i = 0; i < tries->n && delay < TRANSFER_DELAY_MAX; i++)
		delay *= 2;
	tries->n++;
	return delay < TRANSFER_DELAY_MAX ? delay : TRANSFER_DELAY_MAX;
}
