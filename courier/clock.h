/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmosd asks what time a server of the network says, the agent of a NET VM
 * answers. There is one question at a time. As time goes on while an answer is
 * under way, it is compared with this host's clock as soon as it arrives; the
 * difference is what vmosd gets.
 */
#ifndef COURIER_CLOCK_H
#define COURIER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/ctl.h"
#include "proto/helper.h"

struct guest;
struct manager;

enum clock_state {
	CLOCK_FREE,
	CLOCK_ASKED, /* by vmosd; the guest has not heard of it */
	CLOCK_SENT, /* to the guest */
	CLOCK_ANSWERED, /* vmosd has not heard of it */
};

struct clock_question {
	struct guest *guest; /* borrowed */
	enum clock_state state;
	uint32_t wire; /* its number in the session with the guest */
	struct helper_clock_req req; /* req.id 0: of a vmosd that is gone */
	struct helper_clock answer;
};

/* vmosd's question. @may_ask: the agent is ready and answers such. False: one waits already. */
bool clock_ask(struct clock_question *q, const struct helper_clock_req *req, bool may_ask);
/* The guest's answer. -EPROTO: nobody asked. */
int clock_take(struct clock_question *q, const struct ctl_clock *m);

/* Sends the question to the guest, the answer to vmosd. -EAGAIN: no room. */
int clock_push(struct clock_question *q);
int clock_report(struct clock_question *q, struct manager *m);

/* The guest's session is over: what is open gets its answer. */
void clock_end_session(struct clock_question *q);
/* There is another vmosd: it has asked nothing yet. */
void clock_renew(struct clock_question *q);

#endif
