/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "courier/guest.h"
#include "courier/manager.h"

static void answer(struct clock_question *q, const struct helper_clock *a)
{
	q->answer = *a;
	q->answer.id = q->req.id;
	q->state = q->req.id ? CLOCK_ANSWERED : CLOCK_FREE;
}

static void answer_failed(struct clock_question *q)
{
	answer(q, &(struct helper_clock){ .status = CTL_CLOCK_FAILED });
}

bool clock_ask(struct clock_question *q, const struct helper_clock_req *req, bool may_ask)
{
	if (q->state != CLOCK_FREE)
		return false;
	q->wire = q->wire + 1 ? q->wire + 1 : 1;
	q->req = *req;
	q->state = CLOCK_ASKED;
	if (!may_ask)
		answer_failed(q);
	return true;
}

int clock_take(struct clock_question *q, const struct ctl_clock *m)
{
	struct helper_clock a = { .status = m->status, .error_us = m->error_us };
	struct timespec now;

	if (q->state != CLOCK_SENT || q->wire != m->id)
		return -EPROTO;
	clock_gettime(CLOCK_REALTIME, &now);
	if (m->status == CTL_CLOCK_OK) /* ctl_decode_guest() saw to it that this fits */
		a.offset_ns = (int64_t)m->realtime_ns - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	answer(q, &a);
	return 0;
}

int clock_push(struct clock_question *q)
{
	struct ctl_msg m = { .head.type = CTL_CLOCK_REQ, .clock_req.id = q->wire };
	int r;

	if (q->state != CLOCK_ASKED)
		return 0;
	snprintf(m.clock_req.server, sizeof(m.clock_req.server), "%s", q->req.server);
	r = guest_send(q->guest, &m);
	if (r == -EAGAIN)
		return r;
	q->state = CLOCK_SENT;
	if (r < 0)
		answer_failed(q);
	return 0;
}

int clock_report(struct clock_question *q, struct manager *m)
{
	int r;

	if (q->state != CLOCK_ANSWERED)
		return 0;
	r = manager_tell_clock(m, &q->answer);
	if (r != -EAGAIN)
		q->state = CLOCK_FREE; /* sent, or there is no vmosd */
	return r == -EAGAIN ? r : 0;
}

void clock_end_session(struct clock_question *q)
{
	if (q->state == CLOCK_ASKED || q->state == CLOCK_SENT)
		answer_failed(q);
}

void clock_renew(struct clock_question *q)
{
	q->req.id = 0;
	if (q->state != CLOCK_SENT)
		q->state = CLOCK_FREE;
}
