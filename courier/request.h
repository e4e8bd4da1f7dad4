/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest asks of vmosd: to send or open something. A request is open
 * from the guest's REQUEST until vmosd's last ANSWER has reached the guest; a
 * guest has HELPER_REQUESTS_MAX of them at most, and vmosd hears of a few a
 * second only, however fast they come.
 */
#ifndef COURIER_REQUEST_H
#define COURIER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/bucket.h"
#include "proto/ctl.h"
#include "proto/helper.h"

#define REQUESTS_BURST 16 /* told to vmosd without delay */
#define REQUESTS_GAP_US 200000 /* between further ones */
#define REQUESTS_REFUSED_MAX 16 /* refusals that wait for room in the ring */

struct guest;
struct manager;

struct request {
	uint32_t id; /* 0: free */
	int args; /* sealed memfd, owned */
	struct helper_request report;
	bool untold; /* HELPER_REQUEST is still to be sent */
	bool cancel; /* HELPER_CANCEL is */
	bool cancelled; /* the guest gave up: the last answer is still to come */
	bool orphan; /* the session in which it was made is over: nobody waits for the answer */
	bool answered; /* @answer is still to be sent */
	struct helper_answer answer;
};

struct requests {
	struct guest *guest; /* borrowed */
	struct request list[HELPER_REQUESTS_MAX];
	uint32_t refused[REQUESTS_REFUSED_MAX]; /* ids to answer FAILED */
	unsigned nrefused;
	struct bucket bucket; /* of reports */
	sd_event_source *timer;
};

/* Makes the event source, not enabled. -errno. */
int requests_prepare(struct requests *q, struct guest *g, sd_event *event);
void requests_close(struct requests *q);

/* The guest's words. -EPROTO: it may not say so; -ENOMEM, -errno of memfd_create(). */
int requests_take(struct requests *q, const struct ctl_request *m, uint8_t *untrusted_blob);
void requests_cancel(struct requests *q, uint32_t id);
/* vmosd's words. */
void requests_answer(struct requests *q, const struct helper_answer *m);

/* Sends ANSWERs to the guest. -EAGAIN: no room for all. */
int requests_push(struct requests *q);
/* Sends REQUESTs and CANCELs to vmosd. -EAGAIN: its socket is full. */
int requests_report(struct requests *q, struct manager *m);

/* The guest's session is over: takes back what is open. */
void requests_end_session(struct requests *q);
/* There is another vmosd: it hears of all that is open. */
void requests_renew(struct requests *q);

#endif
