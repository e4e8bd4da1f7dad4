/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/loop.h"
#include "courier/guest.h"
#include "courier/manager.h"
#include "proto/text.h"
#include "proto/xfer.h"

static struct request *find(struct requests *q, uint32_t id)
{
	for (int i = 0; i < HELPER_REQUESTS_MAX; i++)
		if (q->list[i].id == id)
			return &q->list[i];
	return NULL;
}

static void drop(struct request *r)
{
	if (r->id && r->args >= 0)
		close(r->args);
	*r = (struct request){ .args = -1 };
}

static bool is_final(const struct helper_answer *a)
{
	return a->status >= CTL_ANSWER_DONE;
}

/* The last part of a path, without the '/' that may end it. A URL is shown from its beginning. */
static void make_claim(uint8_t kind, const char *untrusted_text, char *dst, size_t cap)
{
	size_t len = strlen(untrusted_text), from = 0;

	while (kind != CTL_REQUEST_URL && len > 1 && untrusted_text[len - 1] == '/')
		len--;
	for (size_t i = 0; kind != CTL_REQUEST_URL && i + 1 < len; i++)
		if (untrusted_text[i] == '/')
			from = i + 1;
	text_sanitise((const uint8_t *)untrusted_text + from, len - from, dst, cap);
}

/* Checks a blob and says what vmosd may know of it. */
static int make_report(const struct ctl_request *m, uint8_t *untrusted_blob, struct helper_request *ret)
{
	char **strv cleanup_free = NULL;
	uint16_t argc, envc;

	if (ctl_args_check(untrusted_blob, m->blob.len, &argc, &envc) < 0)
		return -EPROTO;
	strv = calloc((size_t)argc + envc + 2, sizeof(*strv));
	if (!strv)
		return -ENOMEM;
	ctl_args_fill(untrusted_blob, argc, envc, strv);
	if (ctl_request_check(m->kind, strv, argc, envc) < 0)
		return -EPROTO;
	*ret = (struct helper_request){
		.id = m->id, .kind = m->kind, .args_len = m->blob.len, .files = m->files, .bytes = m->bytes
	};
	memcpy(ret->object, strv[0], strlen(strv[0]) + 1); /* it is empty or a text_is_vm_name() */
	make_claim(m->kind, strv[1], ret->claim, sizeof(ret->claim));
	return 0;
}

static int refuse(struct requests *q, uint32_t id)
{
	if (q->nrefused == REQUESTS_REFUSED_MAX)
		return -EPROTO;
	q->refused[q->nrefused++] = id;
	return 0;
}

int requests_take(struct requests *q, const struct ctl_request *m, uint8_t *untrusted_blob)
{
	struct request *free_slot = find(q, 0);
	struct helper_request report;
	struct request *old = find(q, m->id);
	int args, r = make_report(m, untrusted_blob, &report);

	if (r < 0)
		return r;
	if (old && !old->orphan)
		return -EPROTO;
	if (!free_slot || old)
		return refuse(q, m->id);
	args = fd_memfd_data("request", untrusted_blob, m->blob.len);
	if (args < 0)
		return args;
	*free_slot = (struct request){ .id = m->id, .args = args, .report = report, .untold = true };
	return 0;
}

static void answer(struct request *r, uint32_t status)
{
	r->answer = (struct helper_answer){ .id = r->id, .status = status };
	r->answered = true;
}

void requests_cancel(struct requests *q, uint32_t id)
{
	struct request *r = find(q, id);

	if (!r || r->cancelled || is_final(&r->answer))
		return; /* the answer and this have crossed */
	r->cancelled = true;
	r->cancel = !r->untold;
	if (r->untold)
		answer(r, CTL_ANSWER_CANCELLED); /* vmosd never heard of it */
	r->untold = false;
}

void requests_answer(struct requests *q, const struct helper_answer *m)
{
	struct request *r = find(q, m->id);

	if (!r || r->untold || is_final(&r->answer))
		return;
	r->answer = *m;
	r->answered = true;
	if (is_final(m))
		r->cancel = false;
	if (r->orphan && is_final(m))
		drop(r);
}

static int push_answer(struct requests *q, const struct helper_answer *a)
{
	const struct ctl_msg m = { .head.type = CTL_ANSWER,
		.answer = {
			.id = a->id, .status = a->status, .reason = a->reason, .done = a->done, .total = a->total } };

	return guest_send(q->guest, &m);
}

static int push_refused(struct requests *q)
{
	struct helper_answer a = { .status = CTL_ANSWER_FAILED, .reason = XFER_R_INTERNAL };
	unsigned sent = 0;
	int r = 0;

	for (; sent < q->nrefused && r == 0; sent += r == 0) {
		a.id = q->refused[sent];
		r = push_answer(q, &a);
	}
	q->nrefused -= sent;
	memmove(q->refused, q->refused + sent, q->nrefused * sizeof(q->refused[0]));
	return r;
}

int requests_push(struct requests *q)
{
	int ret = push_refused(q);

	for (int i = 0; i < HELPER_REQUESTS_MAX && ret == 0; i++) {
		struct request *r = &q->list[i];

		if (!r->id || !r->answered || r->orphan)
			continue;
		ret = push_answer(q, &r->answer);
		if (ret < 0)
			break;
		r->answered = false;
		if (is_final(&r->answer))
			drop(r);
	}
	return ret;
}

/* True: too fast; the timer says when the next may go. */
static bool must_wait(struct requests *q)
{
	uint64_t now = 0;

	sd_event_now(q->guest->event, CLOCK_MONOTONIC, &now);
	if (bucket_has(&q->bucket, now))
		return false;
	loop_timer_set(q->timer, bucket_next(&q->bucket));
	return true;
}

static int report_one(struct requests *q, struct manager *m, struct request *r)
{
	int ret = 0;

	if (r->cancel)
		ret = manager_tell_cancel(m, r->id);
	if (ret < 0)
		return ret;
	r->cancel = false;
	if (!r->untold || must_wait(q))
		return 0;
	ret = manager_tell_request(m, &r->report, r->args);
	if (ret < 0)
		return ret;
	r->untold = false;
	bucket_spend(&q->bucket);
	return 0;
}

int requests_report(struct requests *q, struct manager *m)
{
	int ret = 0;

	for (int i = 0; i < HELPER_REQUESTS_MAX && ret == 0; i++)
		if (q->list[i].id)
			ret = report_one(q, m, &q->list[i]);
	return ret;
}

void requests_end_session(struct requests *q)
{
	q->nrefused = 0;
	for (int i = 0; i < HELPER_REQUESTS_MAX; i++) {
		struct request *r = &q->list[i];

		if (!r->id)
			continue;
		if (r->untold || is_final(&r->answer)) {
			drop(r);
			continue;
		}
		r->cancel = r->cancel || !r->cancelled;
		r->cancelled = r->orphan = true;
	}
}

void requests_renew(struct requests *q)
{
	for (int i = 0; i < HELPER_REQUESTS_MAX; i++) {
		struct request *r = &q->list[i];

		if (!r->id || is_final(&r->answer))
			continue;
		if (r->orphan)
			drop(r);
		else if (r->cancelled)
			answer(r, CTL_ANSWER_CANCELLED);
		else
			r->untold = true;
		r->cancel = false;
	}
}

int requests_prepare(struct requests *q, struct guest *g, sd_event *event)
{
	q->guest = g;
	q->bucket = BUCKET(REQUESTS_BURST, REQUESTS_GAP_US);
	for (int i = 0; i < HELPER_REQUESTS_MAX; i++)
		q->list[i].args = -1;
	return loop_timer(event, &q->timer, 0, guest_handle_due, g);
}

void requests_close(struct requests *q)
{
	for (int i = 0; i < HELPER_REQUESTS_MAX; i++)
		drop(&q->list[i]);
	sd_event_source_disable_unref(q->timer);
}
