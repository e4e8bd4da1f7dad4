/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays vmosd and the vmos command to a real vmos-courier over a memfd that no VM sees. */
#ifndef TESTS_HOSTILE_COURIER_HARNESS_H
#define TESTS_HOSTILE_COURIER_HARNESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/helper.h"
#include "proto/notification.h"
#include "proto/runctl.h"

#define CHECK(x) ((x) ? (void)0 : harness_die(__FILE__, __LINE__, #x))

struct courier {
	bool streams; /* set before courier_start(): no region, a pair of sockets in the place of vsock */
	atomic_int peer; /* our end of the connection that the courier asked for, until an agent takes it; -1: none */
	pid_t pid;
	int sock; /* vmosd's end */
	int region_fd, notify_guest, notify_host;
	uint8_t *region;
	char path[64]; /* of the listener */
	char *args; /* of the REQUEST reported last, NUL behind; owned */
	struct notification shown; /* of the NOTIFY reported last */
};

/* A run's fds as the command holds them. */
struct command {
	int in, out, err, control; /* our ends, -1: closed or a file of the caller */
};

void harness_die(const char *file, int line, const char *what) __attribute__((noreturn));

/* Starts @program and sends SETUP with @epoch. Does not wait for UP. Where it asks for a connection it gets one by courier_report(). */
void courier_start(struct courier *c, const char *program, uint32_t epoch);
/* Ends and unmaps all. Returns the courier's wait status. */
int courier_reap(struct courier *c);
/* Makes a packet of vmosd's and sends it. False: the courier is gone. */
bool courier_send(const struct courier *c, struct helper_msg *m, const int *fds, unsigned nfds);
/* The next report, checked. False: the courier closed the socket; dies after @timeout_ms. */
bool courier_report(struct courier *c, struct helper_msg *ret, int timeout_ms);
/* Takes reports until one of @type. */
bool courier_expect(struct courier *c, uint32_t type, struct helper_msg *ret);

/*
 * Sends RUN of @argv. @cmd->in and @cmd->out are files to give to it, or -1:
 * then they are our ends of pipes afterwards. False: the courier is gone.
 */
bool command_run(const struct courier *c, uint32_t id, char *const *argv, struct command *cmd);
/* The same as a transfer: @flags of ctl.h, @licence a memfd to share. Pipes are made non-blocking, as vmosd does. */
bool command_transfer(
	const struct courier *c, const struct helper_run *req, char *const *argv, int licence, struct command *cmd);
/* The next word on the control socket; false at its end. Dies after 20 s. */
bool command_hear(const struct command *cmd, struct runctl *ret);
void command_say(const struct command *cmd, uint32_t type, int32_t a, int32_t b);
void command_close(struct command *cmd);

#endif
