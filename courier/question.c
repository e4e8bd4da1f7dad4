/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/question.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "courier/guest.h"
#include "courier/manager.h"

/* How one kind is put to the guest, and answered. */
struct question_kind {
	uint32_t req, report; /* enum helper_type: vmosd's words, and ours */
	uint16_t taken; /* enum ctl_type: the guest's answer */
	uint32_t feature; /* in HELLO, of an agent that answers such */
	unsigned max; /* open at once */
	uint32_t (*id)(const struct helper_msg *req);
	void (*ask)(const struct helper_msg *req, uint32_t wire, struct ctl_msg *ret);
	uint32_t (*wire)(const struct ctl_msg *answer);
	void (*answer)(uint32_t id, const struct ctl_msg *answer, struct helper_msg *ret); /* NULL: there is none */
};

static uint32_t owner_id(const struct helper_msg *req)
{
	return req->owner_req.id;
}

static void owner_ask(const struct helper_msg *req, uint32_t wire, struct ctl_msg *ret)
{
	ret->head.type = CTL_OWNER_REQ;
	ret->owner_req = (struct ctl_owner_req){
		.id = wire, .proto = (uint8_t)req->owner_req.proto, .port = (uint16_t)req->owner_req.port
	};
}

static uint32_t owner_wire(const struct ctl_msg *answer)
{
	return answer->owner.id;
}

static void owner_answer(uint32_t id, const struct ctl_msg *answer, struct helper_msg *ret)
{
	ret->owner.id = id;
	if (answer) /* of printable ASCII: ctl_decode_guest() saw to that */
		memcpy(ret->owner.name, answer->owner.name, sizeof(ret->owner.name));
}

static uint32_t clock_id(const struct helper_msg *req)
{
	return req->clock_req.id;
}

static void clock_ask(const struct helper_msg *req, uint32_t wire, struct ctl_msg *ret)
{
	ret->head.type = CTL_CLOCK_REQ;
	ret->clock_req.id = wire;
	snprintf(ret->clock_req.server, sizeof(ret->clock_req.server), "%s", req->clock_req.server);
}

static uint32_t clock_wire(const struct ctl_msg *answer)
{
	return answer->clock.id;
}

/*
 * As time goes on while an answer is under way, it is compared with this host's clock as soon as it arrives; the
 * difference is what vmosd gets.
 */
static void clock_answer(uint32_t id, const struct ctl_msg *answer, struct helper_msg *ret)
{
	struct timespec now;

	ret->clock = (struct helper_clock){ .id = id, .status = CTL_CLOCK_FAILED };
	if (!answer)
		return;
	ret->clock.status = answer->clock.status;
	ret->clock.error_us = answer->clock.error_us;
	if (answer->clock.status != CTL_CLOCK_OK)
		return;
	clock_gettime(CLOCK_REALTIME, &now); /* ctl_decode_guest() saw to it that the difference fits */
	ret->clock.offset_ns = (int64_t)answer->clock.realtime_ns - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}

static const struct question_kind kinds[] = {
	{ HELPER_OWNER_REQ, HELPER_OWNER, CTL_OWNER, CTL_FEATURE_OWNER, HELPER_OWNERS_MAX, owner_id, owner_ask,
		owner_wire, owner_answer },
	{ HELPER_CLOCK_REQ, HELPER_CLOCK, CTL_CLOCK, CTL_FEATURE_CLOCK, 1, clock_id, clock_ask, clock_wire,
		clock_answer },
};

static const struct question_kind *kind_of(const struct helper_msg *req)
{
	const struct question_kind *kind = kinds;

	while (kind->req != req->type)
		kind++;
	return kind;
}

static struct question *find(struct questions *q, enum question_state state)
{
	for (unsigned i = 0; i < QUESTIONS_MAX; i++)
		if (q->list[i].state == state)
			return &q->list[i];
	return NULL;
}

/* A free place for one more of @kind. NULL: it has all it may. */
static struct question *find_place(struct questions *q, const struct question_kind *kind)
{
	unsigned open = 0;

	for (unsigned i = 0; i < QUESTIONS_MAX; i++)
		open += q->list[i].state != QUESTION_FREE && q->list[i].kind == kind;
	return open < kind->max ? find(q, QUESTION_FREE) : NULL;
}

/* @m may be NULL. */
static void answer(struct question *one, const struct ctl_msg *m)
{
	one->msg = (struct helper_msg){ .type = one->kind->report };
	one->kind->answer(one->id, m, &one->msg);
	one->state = one->id ? QUESTION_ANSWERED : QUESTION_FREE;
}

void questions_ask(struct questions *q, const struct helper_msg *req)
{
	const struct question_kind *kind = kind_of(req);
	struct question *place = find_place(q, kind);
	struct question one = { QUESTION_ASKED, kind, 0, kind->id(req), *req };
	const struct guest *g = q->guest;

	if (!place || !g->ready || g->bye || !(g->features & kind->feature))
		answer(&one, NULL);
	if (!place) {
		(void)manager_tell_answer(g->manager, &one.msg);
		return;
	}
	q->last_wire = q->last_wire + 1 ? q->last_wire + 1 : 1;
	one.wire = q->last_wire;
	*place = one;
}

int questions_take(struct questions *q, const struct ctl_msg *m)
{
	for (unsigned i = 0; i < QUESTIONS_MAX; i++) {
		struct question *one = &q->list[i];

		if (one->state != QUESTION_SENT || one->kind->taken != m->head.type || one->kind->wire(m) != one->wire)
			continue;
		answer(one, m);
		return 0;
	}
	return -EPROTO;
}

int questions_push(struct questions *q)
{
	struct question *one;

	while ((one = find(q, QUESTION_ASKED))) {
		struct ctl_msg m = { 0 };
		int r;

		one->kind->ask(&one->msg, one->wire, &m);
		r = guest_send(q->guest, &m);
		if (r == -EAGAIN)
			return r;
		one->state = QUESTION_SENT;
		if (r < 0)
			answer(one, NULL);
	}
	return 0;
}

int questions_report(struct questions *q, struct manager *m)
{
	struct question *one;

	while ((one = find(q, QUESTION_ANSWERED))) {
		if (manager_tell_answer(m, &one->msg) == -EAGAIN)
			return -EAGAIN;
		one->state = QUESTION_FREE; /* sent, or there is no vmosd */
	}
	return 0;
}

void questions_end_session(struct questions *q)
{
	for (unsigned i = 0; i < QUESTIONS_MAX; i++)
		if (q->list[i].state == QUESTION_ASKED || q->list[i].state == QUESTION_SENT)
			answer(&q->list[i], NULL);
}

void questions_renew(struct questions *q)
{
	for (unsigned i = 0; i < QUESTIONS_MAX; i++) {
		struct question *one = &q->list[i];

		one->id = 0;
		if (one->state != QUESTION_SENT)
			one->state = QUESTION_FREE;
	}
}
