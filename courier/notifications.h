/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications of programs in the guest on their way to vmosd. A few come
 * through at once and then one every two seconds, however many there are; the
 * others are dropped and counted, and vmosd hears their number. A newer text of
 * one that is shown waits for its turn, so that the last one is seen.
 */
#ifndef COURIER_NOTIFICATIONS_H
#define COURIER_NOTIFICATIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/bucket.h"
#include "proto/ctl.h"
#include "proto/helper.h"
#include "proto/notification.h"

#define NOTIFICATIONS_BURST 5
#define NOTIFICATIONS_GAP_US 2000000
#define NOTIFICATIONS_HELD_US 5000000 /* from the first that is dropped until their number is told */
#define NOTIFICATIONS_MAX 16 /* that may be replaced or taken back: the newest */
#define NOTIFICATIONS_ENDS_MAX 32 /* words to the guest that wait for room in the ring; it misses further ones */

struct guest;
struct manager;

enum shown_state {
	SHOWN_FREE,
	SHOWN_TOLD, /* vmosd has it */
	SHOWN_UNTOLD, /* vmosd is to be told */
	SHOWN_LATE, /* the same, but not yet: it came too fast */
	SHOWN_GONE, /* vmosd is to be told that it is taken back */
};

struct shown {
	enum shown_state state;
	bool known; /* to vmosd, with this text or another */
	struct helper_notify report;
	struct notification text;
};

struct notifications {
	struct guest *guest; /* borrowed */
	sd_event_source *timer;
	bool ask; /* NOTIFY_REQ waits for room */
	bool asked; /* in this session */
	struct bucket bucket;
	struct shown list[NOTIFICATIONS_MAX];
	unsigned oldest; /* whose place the next one gets when none is free */
	uint32_t held; /* dropped, and not told yet */
	uint64_t held_us; /* when the first of these was */
	struct ctl_notified ends[NOTIFICATIONS_ENDS_MAX];
	unsigned nends;
};

int notifications_prepare(struct notifications *q, struct guest *g, sd_event *event);
void notifications_close(struct notifications *q);

/* The guest's words. -EPROTO: it breaks the protocol. */
int notifications_take(struct notifications *q, const struct ctl_notify *m, const uint8_t *untrusted_blob);
int notifications_take_back(struct notifications *q, uint32_t id);
/* vmosd's word on one. */
void notifications_ended(struct notifications *q, const struct helper_notified *m);

/* Sends the wish to hear of them, and what became of them. -EAGAIN: no room for all. */
int notifications_push(struct notifications *q);
/* Tells vmosd. -EAGAIN: its socket is full. */
int notifications_report(struct notifications *q, struct manager *m);
/* The guest's session is over. What is shown stays until its time is up. */
void notifications_end_session(struct notifications *q);

#endif
