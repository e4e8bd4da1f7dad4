/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmosd asks something of the guest, the guest's agent answers. Each question
 * gets one answer, also where the agent is gone or cannot tell: then the one
 * that says so. A guest that keeps silent holds as many questions as its kind
 * allows; vmosd does not wait for ever.
 */
#ifndef COURIER_QUESTION_H
#define COURIER_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/ctl.h"
#include "proto/helper.h"

struct guest;
struct manager;

#define QUESTIONS_MAX (HELPER_OWNERS_MAX + 1) /* of all kinds together */

struct question_kind;

enum question_state {
	QUESTION_FREE,
	QUESTION_ASKED, /* by vmosd; the guest has not heard of it */
	QUESTION_SENT, /* to the guest */
	QUESTION_ANSWERED, /* vmosd has not heard of it */
};

struct question {
	enum question_state state;
	const struct question_kind *kind;
	uint32_t wire; /* its number in the session with the guest: those of two vmosds may be the same */
	uint32_t id; /* vmosd's; 0: of a vmosd that is gone */
	struct helper_msg msg; /* vmosd's question; ANSWERED: the answer to it */
};

struct questions {
	struct guest *guest; /* borrowed */
	struct question list[QUESTIONS_MAX];
	uint32_t last_wire;
};

/* vmosd's question, OWNER_REQ or CLOCK_REQ. Where it finds no place it is answered at once, if vmosd reads. */
void questions_ask(struct questions *q, const struct helper_msg *req);
/* The guest's answer. -EPROTO: nobody asked. */
int questions_take(struct questions *q, const struct ctl_msg *m);

/* Sends questions to the guest. -EAGAIN: no room for all. */
int questions_push(struct questions *q);
/* Sends answers to vmosd. -EAGAIN: its socket is full. */
int questions_report(struct questions *q, struct manager *m);

/* The guest's session is over: what is open gets its answer. */
void questions_end_session(struct questions *q);
/* There is another vmosd: it has asked nothing yet. */
void questions_renew(struct questions *q);

#endif
