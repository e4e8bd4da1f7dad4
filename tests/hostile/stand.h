/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand for vmos-desktop without a VM: plays vmosd (socket, SETUP, reports)
 * and holds the region that the guest side of a test joins directly.
 */
#ifndef TESTS_HOSTILE_STAND_H
#define TESTS_HOSTILE_STAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/channel.h"
#include "proto/helper.h"

struct stand {
	const char *program; /* path of vmos-desktop */
	const char *vm;
	uint32_t rgb;
	bool silent; /* the VM has no sound */
	int region, notify_guest, notify_host, listener, sock;
	void *base;
	size_t size;
	uint32_t epoch;
	pid_t pid; /* 0: not running */
	int status; /* of waitpid, once it has ended */
	bool up;
	uint32_t guest; /* enum helper_guest_state, last reported */
	unsigned given; /* fds that came with FDS */
	unsigned bad_reports;
	struct helper_stats stats; /* last */
	unsigned nstats;
	unsigned takes, wants; /* of the clipboard */
	unsigned acts[HELPER_ACT_MUTE + 1]; /* by kind */
	struct helper_clip clip; /* the last one taken … */
	int clip_fd; /* … and what came with it, owned; 0: nothing yet */
	char failure[HELPER_TEXT_MAX];
	char path[108]; /* of the listener */
};

/* Region, eventfds and listener. Exits with a message when the machine cannot give them. */
void stand_init(struct stand *s);
/* Starts the program and sends SETUP. */
void stand_start(struct stand *s);
/* Takes all reports there are; notices the end. */
void stand_poll(struct stand *s);
bool stand_is_running(const struct stand *s);
void stand_request(struct stand *s, enum helper_type type);
/* A message with an fd, which is closed; < 0: without. */
void stand_send(struct stand *s, struct helper_msg *m, int fd);
/* Asks it to quit and waits; kills after 10 s. 0 if it ended by itself with exit code 0. */
int stand_quit(struct stand *s);
/* Waits up to @ms for UP. */
bool stand_wait_up(struct stand *s, int ms);
uint64_t stand_now_ms(void);
/* Connects to the listener as a new vmosd does; the socket, or -errno. */
int stand_knock(struct stand *s);

#endif
