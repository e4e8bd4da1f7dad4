/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/session.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "courier/guest.h"
#include "courier/manager.h"
#include "courier/run.h"
#include "proto/ctl.h"

static int session_hello(struct guest *g, const struct ctl_msg *m)
{
	if (g->hello)
		return guest_refuse(g, "the agent said HELLO twice");
	if (m->hello.version != CTL_VERSION)
		return guest_refuse(g, "the agent speaks ctl version %u, this vmOS %u: build the template anew",
			m->hello.version, CTL_VERSION);
	g->hello = true;
	g->features = m->hello.features;
	manager_tell_guest(g->manager);
	return 0;
}

static int session_ready(struct guest *g, const struct ctl_msg *m)
{
	if (g->ready)
		return guest_refuse(g, "the agent said READY twice");
	g->ready = true;
	g->boot_ns = m->ready.boot_ns;
	g->send_time = true;
	g->apps.ask = g->features & CTL_FEATURE_APPS;
	g->notifications.ask = g->features & CTL_FEATURE_NOTIFY;
	manager_tell_guest(g->manager);
	return 0;
}

static int session_stats(struct guest *g, const struct ctl_msg *m)
{
	g->stats = m->stats;
	manager_take_stats(g->manager);
	return 0;
}

static int session_bye(struct guest *g, const struct ctl_msg *m)
{
	g->bye = true;
	return 0;
}

static int session_started(struct guest *g, const struct ctl_msg *m)
{
	struct run *run = guest_find_run(g, m->started.id);

	return run ? run_take_started(run, &m->started) : 0;
}

static int session_exit(struct guest *g, const struct ctl_msg *m)
{
	struct run *run = guest_find_run(g, m->exit.id);

	return run ? run_take_exit(run, &m->exit) : 0;
}

static int session_stdio(struct guest *g, const struct ctl_msg *m)
{
	struct run *run = guest_find_run(g, m->stdio.id);
	int r;

	if (carrier_blob(&g->carrier, m->stdio.blob, g->chunk, CTL_CHUNK) < 0)
		return guest_refuse(g, "a STDIO of the agent names bytes outside its blob zone");
	r = run ? run_take_stdio(run, &m->stdio, g->chunk) : 0;
	return r == -EMSGSIZE ? guest_refuse(g, "the agent sent more output than its window allows") : r;
}

static int session_eof(struct guest *g, const struct ctl_msg *m)
{
	struct run *run = guest_find_run(g, m->eof.id);

	return run ? run_take_eof(run, &m->eof) : 0;
}

static int session_credit(struct guest *g, const struct ctl_msg *m)
{
	struct run *run = guest_find_run(g, m->credit.id);

	return run ? run_take_credit(run, &m->credit) : 0;
}

static int session_request(struct guest *g, const struct ctl_msg *m)
{
	uint8_t *untrusted_blob cleanup_free = malloc(m->request.blob.len);
	int r;

	if (!untrusted_blob)
		return -ENOMEM;
	if (carrier_blob(&g->carrier, m->request.blob, untrusted_blob, m->request.blob.len) < 0)
		return guest_refuse(g, "a REQUEST of the agent names bytes outside its blob zone");
	r = requests_take(&g->requests, &m->request, untrusted_blob);
	return r == -EPROTO ? guest_refuse(g, "a REQUEST of the agent is not well formed, or one too many") : r;
}

static int session_cancel(struct guest *g, const struct ctl_msg *m)
{
	requests_cancel(&g->requests, m->cancel.id);
	return 0;
}

static int session_answer(struct guest *g, const struct ctl_msg *m)
{
	return questions_take(&g->questions, m);
}

static int session_app(struct guest *g, const struct ctl_msg *m)
{
	int r;

	if (m->app.count > 0 && carrier_blob(&g->carrier, m->app.blob, g->chunk, CTL_CHUNK) < 0)
		return guest_refuse(g, "an APP of the agent names bytes outside its blob zone");
	r = apps_take(&g->apps, &m->app, g->chunk);
	return r == -EPROTO ? guest_refuse(g, "an APP of the agent is not well formed, out of turn, or not asked for")
			    : r;
}

static int session_notify(struct guest *g, const struct ctl_msg *m)
{
	int r;

	if (carrier_blob(&g->carrier, m->notify.blob, g->chunk, CTL_CHUNK) < 0)
		return guest_refuse(g, "a NOTIFY of the agent names bytes outside its blob zone");
	r = notifications_take(&g->notifications, &m->notify, g->chunk);
	return r == -EPROTO ? guest_refuse(g, "a NOTIFY of the agent is not well formed, or not asked for") : r;
}

static int session_unnotify(struct guest *g, const struct ctl_msg *m)
{
	return notifications_take_back(&g->notifications, m->unnotify.id);
}

/*
 * Everything the guest may say. A run that is not known is no error: its end
 * and a message about it may have crossed. PONG is missing: the courier sends
 * no PING.
 */
static const struct {
	uint16_t type;
	bool after_ready;
	int (*take)(struct guest *g, const struct ctl_msg *m);
} session_table[] = {
	{ CTL_HELLO, false, session_hello },
	{ CTL_READY, false, session_ready },
	{ CTL_STATS, false, session_stats },
	{ CTL_BYE, false, session_bye },
	{ CTL_STARTED, true, session_started },
	{ CTL_EXIT, true, session_exit },
	{ CTL_STDIO, true, session_stdio },
	{ CTL_EOF, true, session_eof },
	{ CTL_CREDIT, true, session_credit },
	{ CTL_REQUEST, true, session_request },
	{ CTL_CANCEL, true, session_cancel },
	{ CTL_OWNER, true, session_answer },
	{ CTL_CLOCK, true, session_answer },
	{ CTL_APP, true, session_app },
	{ CTL_NOTIFY, true, session_notify },
	{ CTL_UNNOTIFY, true, session_unnotify },
};

int session_take(struct guest *g, const struct msg *untrusted_msg)
{
	struct ctl_msg m;
	struct msg_head head;
	int r;

	if (ctl_decode_guest(untrusted_msg, &m) < 0) {
		msg_head_get(untrusted_msg, &head);
		return guest_refuse(g, "a message of the agent is not well formed (type %u, %s)", head.type,
			ctl_type_name(head.type));
	}
	if (g->bye)
		return guest_refuse(g, "the agent went on after BYE");
	if (!g->hello && m.head.type != CTL_HELLO)
		return guest_refuse(g, "the agent sent %s before HELLO", ctl_type_name(m.head.type));
	for (size_t i = 0; i < sizeof(session_table) / sizeof(*session_table); i++) {
		if (session_table[i].type != m.head.type)
			continue;
		if (session_table[i].after_ready && !g->ready)
			break;
		r = session_table[i].take(g, &m);
		if (r == -EPROTO && !g->failed)
			break;
		if (r < 0 && !g->failed) {
			g->failed = true;
			manager_fail(g->manager, HELPER_REASON_INTERNAL, "out of memory");
		}
		return r;
	}
	return guest_refuse(g, "the agent may not send %s now", ctl_type_name(m.head.type));
}
