/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stand of the tests in which vmosd asks something of the guest: one courier, one agent. */
#ifndef TESTS_HOSTILE_COURIER_ASKED_H
#define TESTS_HOSTILE_COURIER_ASKED_H

#include <stdint.h>

#include "tests/hostile-courier/agent.h"
#include "tests/hostile-courier/harness.h"

struct asked {
	struct courier courier;
	struct agent agent;
	uint32_t next_run;
};

/* Starts both and waits until the agent is ready. */
void asked_start(struct asked *a, const char *program);
void asked_expect_ready(struct asked *a);
/* Has the agent do what one of its words says. */
void asked_run(struct asked *a, char *word);
/* It leaves and comes again, as one that knows no such questions or as one that does. */
void asked_return(struct asked *a, bool is_old);
/* Another vmosd takes the courier over. */
void asked_adopt(struct asked *a);
/* The agent has broken the protocol: the courier says so and ends. */
void asked_expect_refusal(struct asked *a);

#endif
