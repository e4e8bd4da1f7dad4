/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's list of applications on its way to vmosd. It comes an
 * application a message; when it is whole vmosd gets it as memory of fixed
 * layout. A guest that sends one after the other is heard of every few seconds,
 * by the newest.
 */
#ifndef COURIER_APPS_H
#define COURIER_APPS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "proto/apps.h"
#include "proto/ctl.h"

#define APPS_GAP_US 2000000 /* between two lists that vmosd hears of */

struct guest;
struct manager;

struct apps {
	struct guest *guest; /* borrowed */
	sd_event_source *timer;
	bool ask; /* APPS_REQ waits for room */
	bool asked; /* in this session */
	struct app *list; /* owned: the one that is coming in; NULL: none is */
	uint32_t count, have; /* of it */
	bool untold; /* a whole list waits for vmosd … */
	uint32_t told_count; /* … of so many … */
	int fd; /* … in here, sealed, owned; -1: of none */
	uint64_t told_us; /* when vmosd heard of the last one */
};

int apps_prepare(struct apps *q, struct guest *g, sd_event *event);
void apps_close(struct apps *q);

/* One of the guest's. -EPROTO: it breaks the protocol; -ENOMEM. */
int apps_take(struct apps *q, const struct ctl_app *m, const uint8_t *untrusted_blob);
/* Sends the wish to hear of them. -EAGAIN: no room. */
int apps_push(struct apps *q);
/* Tells vmosd. -EAGAIN: its socket is full. */
int apps_report(struct apps *q, struct manager *m);
/* The guest's session is over. What is whole is told all the same. */
void apps_end_session(struct apps *q);

#endif
