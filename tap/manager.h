/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket to vmosd: its orders, and reports that wait until there is room for them. */
#ifndef TAP_MANAGER_H
#define TAP_MANAGER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "proto/tap.h"

struct tap;

/* A row of reports: how many were asked for, and where the one under way goes on. */
struct manager_row {
	uint32_t asked, at;
};

struct manager {
	int sock, listener; /* owned; @sock -1: vmosd is gone */
	sd_event_source *packets, *visitors, *confirm; /* owned */
	bool full; /* the socket is: reports wait */
	struct manager_row have, stats, flows;
};

/* Waits for SETUP on @sock. @ret_fds: memory, listener, and those of the kernel's fabric. */
int manager_receive_setup(int sock, struct tap_setup *ret_setup, int ret_fds[TAP_FDS_MAX]);
int manager_prepare(struct tap *t);
void manager_close(struct tap *t);

bool manager_is_there(const struct tap *t);
/* Whether a report that may be left out has room. */
bool manager_has_room(const struct tap *t);
/* @fd -1: none. -EAGAIN: no room; 0 also where nobody listens. */
int manager_send(struct tap *t, struct tap_msg *m, int fd);
/* Sends what waits, as far as there is room. */
void manager_pump(struct tap *t);
/* The last word. */
void manager_fail(struct tap *t, enum tap_reason reason, const char *text);

#endif
