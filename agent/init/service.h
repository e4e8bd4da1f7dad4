/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that init starts and, when they end, starts again. */
#ifndef AGENT_INIT_SERVICE_H
#define AGENT_INIT_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The wait before a start doubles from the first to the second, and is forgotten after a life of the third (ms). */
#define SERVICE_DELAY_MIN 100
#define SERVICE_DELAY_MAX 5000
#define SERVICE_LIFE_GOOD 10000

struct service {
	const char *name; /* for messages */
	char *const *argv; /* argv[0] is a path; NULL terminated */
	bool as_user; /* else as root */
	bool on_time; /* its threads may run before all others */
	int listen_fd; /* -1, or handed over as sd_listen_fds(3) says */
	bool on_connect; /* started only when somebody connects */
	const struct service *beside; /* NULL, or runs only while this one does */

	pid_t pid; /* 0: not running */
	bool disabled; /* the program is not there, or not for this VM, or not yet */
	int64_t started, due; /* ms of the monotonic clock */
	int delay;
};

/* Milliseconds since power-on. */
int64_t service_now(void);

/* Whether it waits for somebody to connect to its listen_fd. */
bool service_listens(const struct service *s);

/* Starts it when it is due and not running. A failure is logged and tried again later. */
void service_start(struct service *s);

/* Tells that process @pid ended with @status; true when it was this service's. */
bool service_ended(struct service *s, pid_t pid, int status);

/* Milliseconds until service_start() has something to do; -1: never by time. */
int service_wait(const struct service *s);

#endif
