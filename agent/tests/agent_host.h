/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's end of the ctl channel, or of a stream in vsock's place, for a real vmos-agent without a VM. One of them in a process. */
#ifndef AGENT_TESTS_AGENT_HOST_H
#define AGENT_TESTS_AGENT_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/carrier.h"
#include "proto/ctl.h"

#define CHECK(x) ((x) ? (void)0 : agent_host_die(__FILE__, __LINE__, #x))
#define WAIT_MS 10000

struct agent_host {
	uint8_t *base;
	int memfd, to_guest, to_host;
	int listener, fd; /* of a stream: the agent's, and our end of the connection */
	struct carrier carrier; /* .streams is set before agent_host_start() */
	pid_t pid; /* of the agent */
};

extern struct agent_host host;

void agent_host_die(const char *file, int line, const char *what) __attribute__((noreturn));

/* Opens the first session and starts @agent with @shim preloaded, with @path in the environment's @variable. */
struct agent_host_start {
	const char *agent, *shim, *variable, *path;
};
void agent_host_start(const struct agent_host_start *start);
/* Has it end, which it does well. */
void agent_host_stop(void);

void agent_host_session(uint32_t epoch);
void agent_host_send(const struct ctl_msg *c);
/* The agent's next message but HELLO and READY; false: none for @wait_ms. */
bool agent_host_hear(struct ctl_msg *ret, int wait_ms);

#endif
