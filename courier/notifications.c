/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/notifications.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/loop.h"
#include "courier/guest.h"
#include "courier/manager.h"

static uint64_t now_us(const struct notifications *q)
{
	uint64_t now = 0;

	sd_event_now(q->guest->event, CLOCK_MONOTONIC, &now);
	return now;
}

static struct shown *find(struct notifications *q, uint32_t id)
{
	for (unsigned i = 0; i < NOTIFICATIONS_MAX; i++)
		if (q->list[i].state != SHOWN_FREE && q->list[i].report.id == id)
			return &q->list[i];
	return NULL;
}

/* A free place, or that of one of which vmosd has heard all. NULL: vmosd does not read. */
static struct shown *make_room(struct notifications *q)
{
	for (unsigned i = 0; i < NOTIFICATIONS_MAX; i++)
		if (q->list[i].state == SHOWN_FREE)
			return &q->list[i];
	for (unsigned i = 0; i < NOTIFICATIONS_MAX; i++) {
		struct shown *s = &q->list[q->oldest++ % NOTIFICATIONS_MAX];

		if (s->state == SHOWN_TOLD)
			return s;
	}
	return NULL;
}

/* A guest that knows them may begin before it has read that they are wanted. */
static bool may_take(const struct notifications *q)
{
	return q->ask || q->asked;
}

static void end(struct notifications *q, uint32_t id, uint32_t how)
{
	if (q->nends < NOTIFICATIONS_ENDS_MAX)
		q->ends[q->nends++] = (struct ctl_notified){ .id = id, .how = (uint8_t)how };
}

static void hold(struct notifications *q, uint32_t id)
{
	if (!q->held)
		q->held_us = now_us(q);
	q->held += q->held < UINT32_MAX;
	end(q, id, NOTIFICATION_UNDEFINED);
}

static void fill(struct shown *s, const struct ctl_notify *m, const struct notification *text)
{
	s->report = (struct helper_notify){ .id = m->id, .timeout_ms = m->timeout_ms, .urgency = m->urgency };
	s->text = *text;
}

static void take_new(struct notifications *q, const struct ctl_notify *m, const struct notification *text)
{
	struct shown *s = bucket_has(&q->bucket, now_us(q)) ? make_room(q) : NULL;

	if (!s) {
		hold(q, m->id);
		return;
	}
	bucket_spend(&q->bucket);
	*s = (struct shown){ .state = SHOWN_UNTOLD };
	fill(s, m, text);
}

int notifications_take(struct notifications *q, const struct ctl_notify *m, const uint8_t *untrusted_blob)
{
	struct shown *s = find(q, m->id);
	struct notification text;

	if (!may_take(q) || notification_decode(untrusted_blob, NOTIFICATION_WIRE_BYTES, &text) < 0)
		return -EPROTO;
	if (!s) {
		take_new(q, m, &text);
		return 0;
	}
	fill(s, m, &text);
	if (s->state != SHOWN_UNTOLD)
		s->state = SHOWN_LATE;
	return 0;
}

int notifications_take_back(struct notifications *q, uint32_t id)
{
	struct shown *s = find(q, id);

	if (!may_take(q))
		return -EPROTO;
	if (s)
		s->state = s->known ? SHOWN_GONE : SHOWN_FREE;
	return 0;
}

void notifications_ended(struct notifications *q, const struct helper_notified *m)
{
	struct shown *s = find(q, m->id);

	/* a newer text may be on its way: that is shown anew */
	if (s && (s->state == SHOWN_TOLD || s->state == SHOWN_GONE))
		s->state = SHOWN_FREE;
	if (q->asked)
		end(q, m->id, m->how);
}

int notifications_push(struct notifications *q)
{
	struct ctl_msg m = { .head.type = CTL_NOTIFY_REQ };
	unsigned sent = 0;
	int r = q->ask ? guest_send(q->guest, &m) : 0;

	if (r < 0)
		return r;
	q->asked = q->asked || q->ask;
	q->ask = false;
	for (; sent < q->nends && r == 0; sent += r == 0) {
		m = (struct ctl_msg){ .head.type = CTL_NOTIFIED, .notified = q->ends[sent] };
		r = guest_send(q->guest, &m);
	}
	q->nends -= sent;
	memmove(q->ends, q->ends + sent, q->nends * sizeof(q->ends[0]));
	return r;
}

static int tell(struct shown *s, struct manager *m)
{
	int fd cleanup_fd = -1;
	int r;

	if (s->state == SHOWN_GONE) {
		r = manager_tell_unnotify(m, s->report.id);
		if (r == 0)
			s->state = SHOWN_FREE;
		return r;
	}
	fd = fd_memfd_data("notification", &s->text, sizeof(s->text));
	r = fd < 0 ? fd : manager_tell_notify(m, &s->report, fd);
	if (r == 0) {
		s->state = SHOWN_TOLD;
		s->known = true;
	}
	return r;
}

static int tell_held(struct notifications *q, struct manager *m, uint64_t now)
{
	int r;

	if (!q->held || now - q->held_us < NOTIFICATIONS_HELD_US)
		return 0;
	r = manager_tell_held(m, q->held);
	if (r == 0)
		q->held = 0;
	return r;
}

/* The timer rings when one that is late may go, or the number of those that were dropped. */
static void schedule(struct notifications *q)
{
	uint64_t next = q->held ? q->held_us + NOTIFICATIONS_HELD_US : UINT64_MAX;

	for (unsigned i = 0; i < NOTIFICATIONS_MAX; i++)
		if (q->list[i].state == SHOWN_LATE && bucket_next(&q->bucket) < next)
			next = bucket_next(&q->bucket);
	sd_event_source_set_time(q->timer, next);
	sd_event_source_set_enabled(q->timer, next == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

int notifications_report(struct notifications *q, struct manager *m)
{
	uint64_t now = now_us(q);
	int r = 0;

	for (unsigned i = 0; i < NOTIFICATIONS_MAX && r == 0; i++) {
		struct shown *s = &q->list[i];

		if (s->state == SHOWN_LATE && bucket_take(&q->bucket, now))
			s->state = SHOWN_UNTOLD;
		if (s->state == SHOWN_UNTOLD || s->state == SHOWN_GONE)
			r = tell(s, m);
	}
	if (r == 0)
		r = tell_held(q, m, now);
	schedule(q);
	return r;
}

void notifications_end_session(struct notifications *q)
{
	memset(q->list, 0, sizeof(q->list));
	q->nends = 0;
	q->ask = q->asked = false;
}

int notifications_prepare(struct notifications *q, struct guest *g, sd_event *event)
{
	q->guest = g;
	q->bucket = BUCKET(NOTIFICATIONS_BURST, NOTIFICATIONS_GAP_US);
	return loop_timer(event, &q->timer, 0, guest_handle_due, g);
}

void notifications_close(struct notifications *q)
{
	sd_event_source_disable_unref(q->timer);
}
