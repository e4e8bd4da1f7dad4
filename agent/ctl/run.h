/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program run for the host, and its streams. It is over, for the host, when
 * it has ended and all it wrote has been sent. A program of its own that it
 * left behind with the output still open is waited for RUN_GRACE_MS only.
 */
#ifndef AGENT_CTL_RUN_H
#define AGENT_CTL_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/ctl/agent.h"
#include "agent/ctl/far.h"

#define RUN_GRACE_MS 200

/* What the program writes: fd 1 or 2. */
struct run_output {
	struct source source;
	struct run *run;
	uint8_t fd;
	uint32_t credit; /* bytes the host takes before it gives more */
	struct far_source *far; /* of a sender by a relay; owned; else NULL */
	bool limited; /* the grace is over: only @left bytes more */
	uint32_t left;
};

/* What the program reads: what it has not read yet. */
struct run_input {
	struct source source;
	struct run *run;
	uint8_t *buf; /* a ring of CTL_WINDOW bytes; owned */
	uint32_t at, len;
	bool eof; /* close when the ring is empty */
	struct far_target *far; /* of a receiver by a relay; owned; else NULL */
};

struct run {
	struct agent *agent;
	uint32_t id;
	pid_t pid;
	bool tty;
	bool exited;
	int status; /* as in struct ctl_exit */
	uint64_t deadline; /* ms, after the exit; 0: not running or over */
	struct run_input in;
	struct run_output out[2]; /* for fd 1 and 2; a terminal has the first only */
};

/* Starts the program of a RUN whose blob is in a->args. Answers STARTED or EXIT itself. */
void run_start(struct agent *a, const struct ctl_run *req);

struct run *run_find(struct agent *a, uint32_t id);

/* STDIO: @len bytes for its input. -ENOBUFS: more than it has credit for. */
int run_take_input(struct run *run, const uint8_t *bytes, uint32_t len);
void run_take_eof(struct run *run);
void run_take_credit(struct run *run, uint8_t fd, uint32_t bytes);
void run_winch(struct run *run, uint16_t rows, uint16_t cols);
void run_signal(struct run *run, int signo);

/* @pid has ended with @wait_status (waitpid): a run of ours or a process whose run is gone. */
void run_reap(struct agent *a, pid_t pid, int wait_status);

/* The host has rung: there may be room in the channel, or bytes and room in a relay. */
void run_room(struct agent *a);
/* Milliseconds until a grace ends, -1: none runs. */
int run_timeout(const struct agent *a);
void run_check_deadlines(struct agent *a);

/* The session is over: hangs up on every run and forgets it. */
void run_drop_all(struct agent *a);

#endif
