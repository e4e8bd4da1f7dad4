/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What time it is, asked of the network for the host: by a process of its own,
 * as it waits and as it reads what comes from there. It is nobody and can
 * write to one pipe.
 */
#ifndef AGENT_CTL_CLOCK_H
#define AGENT_CTL_CLOCK_H

#include "agent/ctl/agent.h"

/* Each question is answered by one CLOCK, later; one that comes before that, at once. */
void clock_ask(struct agent *a, const struct ctl_clock_req *req);
/* The session is over: nobody waits for the answer. */
void clock_end_session(void);

#endif
