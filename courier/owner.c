/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "courier/guest.h"
#include "courier/manager.h"

static struct owner *find(struct owners *q, enum owner_state state)
{
	for (unsigned i = 0; i < HELPER_OWNERS_MAX; i++)
		if (q->list[i].state == state)
			return &q->list[i];
	return NULL;
}

static void answer(struct owner *o, const char *name)
{
	snprintf(o->name, sizeof(o->name), "%s", name);
	o->state = o->req.id ? OWNER_ANSWERED : OWNER_FREE;
}

bool owners_ask(struct owners *q, const struct helper_owner_req *req, bool may_ask)
{
	struct owner *o = find(q, OWNER_FREE);

	if (!o)
		return false;
	q->last_wire = q->last_wire + 1 ? q->last_wire + 1 : 1;
	*o = (struct owner){ .state = OWNER_ASKED, .wire = q->last_wire, .req = *req };
	if (!may_ask)
		answer(o, "");
	return true;
}

int owners_take(struct owners *q, const struct ctl_owner *m)
{
	for (unsigned i = 0; i < HELPER_OWNERS_MAX; i++) {
		struct owner *o = &q->list[i];

		if (o->state != OWNER_SENT || o->wire != m->id)
			continue;
		answer(o, m->name); /* of printable ASCII: ctl_decode_guest() saw to that */
		return 0;
	}
	return -EPROTO;
}

int owners_push(struct owners *q)
{
	struct ctl_msg m = { .head.type = CTL_OWNER_REQ };
	struct owner *o;

	while ((o = find(q, OWNER_ASKED))) {
		int r;

		m.owner_req = (struct ctl_owner_req){
			.id = o->wire, .proto = (uint8_t)o->req.proto, .port = (uint16_t)o->req.port
		};
		r = guest_send(q->guest, &m);
		if (r == -EAGAIN)
			return r;
		o->state = OWNER_SENT;
		if (r < 0)
			answer(o, "");
	}
	return 0;
}

int owners_report(struct owners *q, struct manager *m)
{
	struct owner *o;

	while ((o = find(q, OWNER_ANSWERED))) {
		struct helper_owner report = { .id = o->req.id };
		int r;

		memcpy(report.name, o->name, sizeof(report.name));
		r = manager_tell_owner(m, &report);
		if (r == -EAGAIN)
			return r;
		o->state = OWNER_FREE; /* sent, or there is no vmosd */
	}
	return 0;
}

void owners_end_session(struct owners *q)
{
	for (unsigned i = 0; i < HELPER_OWNERS_MAX; i++)
		if (q->list[i].state == OWNER_ASKED || q->list[i].state == OWNER_SENT)
			answer(&q->list[i], "");
}

void owners_renew(struct owners *q)
{
	for (unsigned i = 0; i < HELPER_OWNERS_MAX; i++) {
		struct owner *o = &q->list[i];

		o->req.id = 0;
		if (o->state != OWNER_SENT)
			o->state = OWNER_FREE;
	}
}
