/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A well-behaved agent on the guest side of a channel, or of a stream, in a thread. Its
 * programs: "cat", "fill BYTES", "exit STATUS", "nosuch", "wait" (until a
 * signal, which is its status), "leave" (ends the session and joins the next),
 * "overrun" (breaks the window), "cat2" (standard input to standard error),
 * "receive WORD" (says WORD, by bytes in hex, then reads to the end), "ask ID
 * KIND STRING…" and "cancel ID" (requests to the host), "own", "clock" (each
 * answers a question that nobody asked), "apps WORD…", in one (for each number a list of
 * so many applications; "half": the beginning of one; "order", "skip", "count",
 * "id", "blob": one that is wrong in that), "notify show ID TEXT", "notify back
 * ID", "notify flood N", "notify parts N", "notify blink ID", "notify endless" (see agent_notify.c). Asked for them it tells 3. Of ports it knows 443, which is curl's; of
 * AGENT_SILENT it says nothing.
 */
#ifndef TESTS_HOSTILE_COURIER_AGENT_H
#define TESTS_HOSTILE_COURIER_AGENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "proto/carrier.h"
#include "tests/hostile-courier/harness.h"

#define AGENT_RUNS 40
#define AGENT_ASKED 64
#define AGENT_SILENT 9

struct agent_run {
	uint32_t id; /* 0: free */
	bool is_fill, is_wait, is_sink, in_eof;
	bool overruns; /* it counts no credit any more */
	uint8_t fd; /* that cat writes to */
	uint64_t fill_left;
	uint32_t window; /* of fd 1 */
	uint8_t *queue; /* cat: CTL_WINDOW bytes of stdin to send on */
	uint32_t at, len;
	uint8_t seed;
};

struct agent {
	struct courier *courier;
	struct carrier carrier;
	int fd; /* of the connection, where the courier streams; -1: none */
	bool joined;
	pthread_t thread;
	uint32_t version; /* to claim in HELLO */
	atomic_bool is_old; /* it knows none of OWNER_REQ, CLOCK_REQ, APPS_REQ and NOTIFY_REQ, and no relays */
	atomic_uint relay, area; /* of the newest RUN */
	atomic_uint joins; /* by which relay STARTED says that it takes part; 0: by that of RUN */
	atomic_bool stop;
	atomic_int last_signal;
	atomic_ulong got_time;
	atomic_ulong swallowed; /* bytes that "receive" has read, of all runs */
	atomic_uint answers[AGENT_ASKED]; /* newest status of a request, by its id */
	atomic_uint reasons[AGENT_ASKED];
	atomic_uint ended[AGENT_ASKED]; /* what became of a notification, by its id */
	struct agent_run runs[AGENT_RUNS];
};

void agent_start(struct agent *a, struct courier *c);
void agent_stop(struct agent *a);
/* agent_apps.c: sends lists of applications. */
void agent_apps(struct agent *a, const char *words);
/* agent_notify.c: sends notifications. */
void agent_notify(struct agent *a, const char *words);

#endif
