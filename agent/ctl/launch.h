/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a program for the host: user, environment, files. */
#ifndef AGENT_CTL_LAUNCH_H
#define AGENT_CTL_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct launch {
	char *const *argv; /* NULL terminated, at least one */
	char *const *envv; /* "NAME=value", added to the user's environment */
	bool root; /* else the user */
	bool tty; /* fds[0] is a terminal: becomes the controlling one */
	int fds[3];
};

/* Pid of the new session's leader, or -errno: no such program, no memory. The fds stay the caller's. */
pid_t launch_start(const struct launch *l);

#endif
