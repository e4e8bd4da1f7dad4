/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmosd orders, and what it hears. */
#ifndef COURIER_MANAGER_H
#define COURIER_MANAGER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "helper/link.h"

struct guest;

struct manager {
	struct link link;
	struct guest *guest; /* borrowed */
	sd_event *event; /* borrowed */
	sd_event_source *stats_timer;
	unsigned queries; /* QUERYs not answered yet */
	bool tell_guest; /* the state's report waits for room in the socket */
	bool tell_connect; /* so does the wish for a connection */
	bool tell_requests; /* the guest's requests and answers do */
	uint64_t wakeups;
};

/* Makes the event sources: all system calls that the sandbox forbids later happen here. */
int manager_prepare(struct manager *m, sd_event *event);

/* The guest's state changed. Only the newest state is kept when vmosd does not read. */
void manager_tell_guest(struct manager *m);
/* By vsock: a connection is wanted, if it is. */
void manager_tell_connect(struct manager *m);
/* The guest's requests and answers: tells what is untold, now or when the socket has room. */
void manager_tell_requests(struct manager *m);
/* One report each, for request.c, question.c, apps.c and notifications.c. -EAGAIN: no room; -ENOTCONN: no vmosd. */
int manager_tell_request(struct manager *m, const struct helper_request *request, int args);
int manager_tell_cancel(struct manager *m, uint32_t id);
int manager_tell_answer(struct manager *m, struct helper_msg *answer);
int manager_tell_apps(struct manager *m, uint32_t count, int fd);
int manager_tell_notify(struct manager *m, const struct helper_notify *notify, int fd);
int manager_tell_unnotify(struct manager *m, uint32_t id);
int manager_tell_held(struct manager *m, uint32_t count);
/* A STATS of the guest arrived: answers what vmosd asked. */
void manager_take_stats(struct manager *m);
/* The last word: sends FAILED and ends the event loop with @reason as exit code. @text: our own words. */
void manager_fail(struct manager *m, enum helper_reason reason, const char *text);
void manager_close(struct manager *m);

#endif
