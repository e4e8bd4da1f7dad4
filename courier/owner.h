/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmosd asks which program of the guest has a port, the guest's agent answers.
 * Each question gets one answer, also where the agent is gone or cannot tell:
 * then without a name. A guest that keeps silent holds HELPER_OWNERS_MAX
 * questions at most; vmosd does not wait for ever.
 */
#ifndef COURIER_OWNER_H
#define COURIER_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/ctl.h"
#include "proto/helper.h"

struct guest;
struct manager;

enum owner_state {
	OWNER_FREE,
	OWNER_ASKED, /* by vmosd; the guest has not heard of it */
	OWNER_SENT, /* to the guest */
	OWNER_ANSWERED, /* vmosd has not heard of it */
};

struct owner {
	enum owner_state state;
	uint32_t wire; /* its number in the session with the guest: those of two vmosds may be the same */
	struct helper_owner_req req; /* req.id 0: of a vmosd that is gone */
	char name[HELPER_OWNER_NAME];
};

struct owners {
	struct guest *guest; /* borrowed */
	struct owner list[HELPER_OWNERS_MAX];
	uint32_t last_wire;
};

/* vmosd's question. @may_ask: the agent is ready and answers such. False: there is no place for it. */
bool owners_ask(struct owners *q, const struct helper_owner_req *req, bool may_ask);
/* The guest's answer. -EPROTO: nobody asked. */
int owners_take(struct owners *q, const struct ctl_owner *m);

/* Sends questions to the guest. -EAGAIN: no room for all. */
int owners_push(struct owners *q);
/* Sends answers to vmosd. -EAGAIN: its socket is full. */
int owners_report(struct owners *q, struct manager *m);

/* The guest's session is over: what is open gets its answer. */
void owners_end_session(struct owners *q);
/* There is another vmosd: it has asked nothing yet. */
void owners_renew(struct owners *q);

#endif
