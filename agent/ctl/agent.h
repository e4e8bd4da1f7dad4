/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-agent: the guest's end of the ctl channel. Runs programs for the host,
 * carries their input and output, tells how the guest is doing and shuts it
 * down when asked to. It runs as root and believes the host.
 */
#ifndef AGENT_CTL_AGENT_H
#define AGENT_CTL_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/common/link.h"
#include "agent/ctl/system.h"
#include "proto/ctl.h"

struct asks;
struct run;

/* Something that epoll watches; the owner embeds it. */
struct source {
	int fd; /* -1: closed */
	uint32_t events; /* watched; 0: not in the epoll set */
	void (*handle)(struct source *source, uint32_t events);
};

struct agent {
	struct link link;
	struct source device, signals;
	int epoll;
	bool running;
	bool ready; /* the guest is: READY goes out in every session from now on */
	uint64_t ready_deadline; /* ms of the monotonic clock: be ready then at the latest */
	struct run *runs[CTL_RUNS_MAX];
	struct asks *asks; /* requests of commands in the guest */
	struct system_cpu cpu; /* at the last STATS */
	uint8_t chunk[CTL_CHUNK]; /* bytes of a STDIO on their way */
	uint8_t args[CTL_ARGS_MAX]; /* a RUN's blob */
};

/* Watches @events of @source, 0: no longer. -errno of epoll_ctl. */
int agent_watch(struct agent *a, struct source *source, uint32_t events);
/* Stops watching and closes. */
void agent_close(struct agent *a, struct source *source);

/* Encodes and sends. */
void agent_send(struct agent *a, const struct ctl_msg *c);

/* Milliseconds of the monotonic clock. */
uint64_t agent_now(void);

/* What the host says: session.c. */
extern const struct link_ops session_link_ops;
/* The guest is up: says so to the host, now and in later sessions. */
void session_set_ready(struct agent *a);

#endif
