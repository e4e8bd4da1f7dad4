/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's agent as the courier sees it: the session on the ctl channel, and the runs in it. */
#ifndef COURIER_GUEST_H
#define COURIER_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "courier/apps.h"
#include "courier/connection.h"
#include "courier/notifications.h"
#include "courier/question.h"
#include "courier/request.h"
#include "proto/carrier.h"
#include "proto/ctl.h"
#include "proto/helper.h"

struct manager;
struct run;

struct guest {
	struct carrier carrier;
	uint32_t epoch; /* by vsock: of this session, or of the next */
	struct connection connection; /* by vsock */
	void *region; /* mapped, owned; NULL: by vsock */
	size_t size;
	int region_fd; /* kept for ADOPT, owned */
	int notify_guest, notify_host; /* eventfds, owned */
	struct manager *manager; /* borrowed: hears of state changes and failure */
	sd_event *event; /* borrowed */
	sd_event_source *doorbell, *again, *reopen;

	bool hello, ready, bye; /* what the agent said in this session */
	uint32_t features; /* of its HELLO */
	bool failed; /* it broke the protocol: nothing is taken any more */
	bool send_time, send_shutdown, send_stats_req; /* waiting for room */
	uint64_t boot_ns;
	uint64_t opened_us; /* monotonic time this session was opened */
	unsigned short_sessions; /* in a row */
	struct ctl_stats stats; /* its last claim */

	struct run *runs; /* owned list */
	unsigned nruns;
	struct requests requests;
	struct questions questions;
	struct apps apps;
	struct notifications notifications;
	uint8_t *chunk; /* CTL_CHUNK bytes: private copy of a blob */
};

/*
 * Maps the region and opens the session of @setup; takes the first three of
 * @fds (region, notify_guest, notify_host). By vsock a session begins with a
 * connection. Reads nothing of the guest. -errno.
 */
int guest_open(struct guest *g, const struct helper_setup *setup, int *fds);
/* Begins to listen: from here on guest bytes are read. Rings for the guest once, or asks for a connection. */
int guest_start(struct guest *g);
/* Makes the event sources, not yet enabled. Call before the sandbox. */
int guest_prepare(struct guest *g, sd_event *event);
/* Ends the session tidily; every run's command hears LOST. */
void guest_close(struct guest *g);

enum helper_guest_state guest_state(const struct guest *g);
uint32_t guest_epoch(const struct guest *g);

/* By vsock: whether it has no connection; the one that vmosd made. @fd is taken over. */
bool guest_wants_connection(const struct guest *g);
void guest_connect(struct guest *g, int fd);
/* Looks at what has come: sessions, then messages. */
void guest_turn(struct guest *g);

/* Starts a program. The fds of HELPER_RUN are taken over; what fails is told to the command. */
void guest_run(struct guest *g, const struct helper_run *req, const int *fds);
/* How a request of the guest stands. */
void guest_answer(struct guest *g, const struct helper_answer *answer);
/* A question to the agent, see question.h. */
void guest_ask(struct guest *g, const struct helper_msg *req);
/* What happened to a notification of the guest. */
void guest_notified(struct guest *g, const struct helper_notified *m);
void guest_shutdown(struct guest *g);
/* Tells the guest the time. READY does so by itself; a pause of the VM makes it necessary again. */
void guest_set_time(struct guest *g);
void guest_ask_stats(struct guest *g);

/* Queue a message, with @len bytes in the blob zone that @ref (a member of @m) then names. -EAGAIN: no room. */
int guest_send(struct guest *g, const struct ctl_msg *m);
int guest_send_blob(struct guest *g, struct ctl_msg *m, struct blob_ref *ref, const void *data, size_t len);
/* Bytes of a blob that can be sent now, 0: no room for any message. */
size_t guest_room(struct guest *g);

struct run *guest_find_run(const struct guest *g, uint32_t id);
/* The guest broke the protocol: says so to vmosd and ends the courier. @fmt: our own words and numbers. -EPROTO. */
int guest_refuse(struct guest *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* To be called at the end of every event: sends what waits, also to vmosd, rings, frees runs that ended. */
void guest_settle(struct guest *g);
/* Handler of the timers of what waits until it may be told; @userdata: the guest. */
int guest_handle_due(sd_event_source *source, uint64_t usec, void *userdata);

#endif
