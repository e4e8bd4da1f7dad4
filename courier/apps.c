/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/apps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/loop.h"
#include "courier/guest.h"
#include "courier/manager.h"

static void drop_list(struct apps *q)
{
	free(q->list);
	q->list = NULL;
	q->count = q->have = 0;
}

static void drop_whole(struct apps *q)
{
	if (q->fd >= 0)
		close(steal_fd(&q->fd));
	q->untold = false;
}

/* All of it is there: it takes the place of one that vmosd has not heard of. */
static int finish(struct apps *q)
{
	int fd = -1;

	if (q->count > 0) {
		fd = fd_memfd_data("apps", q->list, q->count * sizeof(*q->list));
		if (fd < 0)
			return fd;
	}
	drop_whole(q);
	q->fd = fd;
	q->told_count = q->count;
	q->untold = true;
	drop_list(q);
	return 0;
}

static int begin(struct apps *q, const struct ctl_app *m)
{
	drop_list(q);
	if (m->count == 0)
		return 0;
	q->list = calloc(m->count, sizeof(*q->list));
	if (!q->list)
		return -ENOMEM;
	q->count = m->count;
	return 0;
}

static int add(struct apps *q, const uint8_t *untrusted_blob)
{
	struct app *app = &q->list[q->have];

	if (app_decode(untrusted_blob, APP_WIRE_BYTES, app) < 0)
		return -EPROTO;
	if (q->have > 0 && strcmp(app[-1].id, app->id) >= 0)
		return -EPROTO;
	q->have++;
	return 0;
}

int apps_take(struct apps *q, const struct ctl_app *m, const uint8_t *untrusted_blob)
{
	int r = 0;

	if (!q->asked)
		return -EPROTO;
	if (m->index == 0)
		r = begin(q, m);
	else if (!q->list || m->count != q->count || m->index != q->have)
		return -EPROTO;
	if (r == 0 && m->count > 0)
		r = add(q, untrusted_blob);
	if (r < 0)
		return r;
	return q->have == q->count ? finish(q) : 0;
}

int apps_push(struct apps *q)
{
	const struct ctl_msg m = { .head.type = CTL_APPS_REQ };
	int r = q->ask ? guest_send(q->guest, &m) : 0;

	if (r == 0) {
		q->asked = q->asked || q->ask;
		q->ask = false;
	}
	return r;
}

/* True: too soon after the last one; the timer says when. */
static bool must_wait(struct apps *q, uint64_t now)
{
	if (!q->told_us || now - q->told_us >= APPS_GAP_US)
		return false;
	loop_timer_set(q->timer, q->told_us + APPS_GAP_US);
	return true;
}

int apps_report(struct apps *q, struct manager *m)
{
	uint64_t now = 0;
	int r;

	if (!q->untold)
		return 0;
	sd_event_now(q->guest->event, CLOCK_MONOTONIC, &now);
	if (must_wait(q, now))
		return 0;
	r = manager_tell_apps(m, q->told_count, q->fd);
	if (r < 0)
		return r;
	q->told_us = now;
	drop_whole(q);
	return 0;
}

void apps_end_session(struct apps *q)
{
	drop_list(q);
	q->ask = q->asked = false;
}

int apps_prepare(struct apps *q, struct guest *g, sd_event *event)
{
	q->guest = g;
	q->fd = -1;
	return loop_timer(event, &q->timer, 0, guest_handle_due, g);
}

void apps_close(struct apps *q)
{
	drop_list(q);
	drop_whole(q);
	sd_event_source_disable_unref(q->timer);
}
