/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of the guest's commands on their way to the host: a socket for the
 * commands, ASK_MAX slots. A request outlives a session with the host: it is
 * sent again in the next one.
 */
#ifndef AGENT_CTL_ASKS_H
#define AGENT_CTL_ASKS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/common/ask.h"
#include "agent/ctl/agent.h"

struct ask {
	struct source source; /* the command; fd -1: it has left */
	struct asks *asks;
	uint32_t id; /* 0: free */
	struct ask_request request;
	uint8_t *blob; /* owned; NULL: the command has not said anything yet */
	bool sent; /* in this session */
	bool cancel; /* CANCEL is still to be sent */
};

struct asks {
	struct agent *agent; /* borrowed */
	struct source listener;
	struct ask list[ASK_MAX];
	uint32_t next_id;
};

/* Listens at @path, for users 0 and 1000. -errno; the agent lives on without. */
int asks_open(struct asks *q, struct agent *a, const char *path);
/* The host takes requests: a new session, or room in the channel. */
void asks_push(struct asks *q);
/* The session is over. */
void asks_end_session(struct asks *q);
/* The host's word on a request. */
void asks_answer(struct asks *q, const struct ctl_answer *answer);

#endif
