/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "manager/agents.h"
#include "manager/audit.h"
#include "manager/decision.h"
#include "manager/decision_reason.h"
#include "manager/manager.h"
#include "manager/net_build.h"
#include "manager/net_links.h"
#include "manager/net_owner.h"
#include "manager/net_state.h"
#include "policy/palette.h"

#define USEC 1000000ull
#define MINUTE (60 * USEC)

struct net_question {
	struct net_question *next; /* net_lists.questions */
	struct manager *manager;
	struct vm *vm;
	struct net_asked about;
	struct net_target target; /* what a yes is for */
	uint16_t local_port;
	uint32_t ids[TAP_WAITING_MAX]; /* the flows that wait */
	unsigned nids;
	bool put; /* to an agent, or about to be */

	struct net_owner *owner; /* is being asked for; may be NULL */
	struct asked asked;
	struct asking *asking;
	sd_event_source *timer;
	char claim[NET_TARGET_TEXT], address[NETPLAN_TEXT], program[NET_PROGRAM_MAX * 4 + 1];
	char subject_color[8], object_color[8], rule[NET_LINE_TEXT];
};

/* How a question ends. */
struct ending {
	enum verdict verdict;
	enum decision_by by;
	enum agents_answer answer; /* of a yes */
};

static uint32_t timeout(const struct manager *m)
{
	return m->decisions.timeout ? m->decisions.timeout : DECISION_TIMEOUT;
}

static struct net_vm *state_of(const struct net_question *q)
{
	return net_state_vm(q->manager->net_lists, q->vm->config.name, true);
}

static void unlink_question(struct net_question *q)
{
	struct net_question **at = &q->manager->net_lists->questions;

	while (*at && *at != q)
		at = &(*at)->next;
	if (*at)
		*at = q->next;
}

static void question_free(struct net_question *q)
{
	unlink_question(q);
	net_owner_cancel(q->owner);
	asking_cancel(q->asking);
	sd_event_source_disable_unref(q->timer);
	free(q);
}

static void mark_refused(const struct net_question *q, uint64_t usec)
{
	struct net_vm *of = state_of(q);
	uint64_t now = net_state_now(q->manager);

	if (of)
		net_state_mark(&of->refused, &q->target, now, now + usec);
}

/* What the lists say of it by now. */
static enum net_action decide(const struct net_question *q)
{
	struct net_build built cleanup_build = { 0 };
	const char *vm = q->vm->config.name;
	size_t target;

	if (net_build(q->manager->net_lists, vm, net_state_link_asks(q->manager, vm), &built) < 0)
		return NET_DENY;
	return net_build_decide(&built, built.count, &q->about, &target);
}

/* -errno: there is no record of it. */
static int audit(const struct net_question *q, const struct ending *e)
{
	static const char *const verdicts[] = { "allowed", "denied", "expired", "cancelled" };
	int (*record)(struct audit * a, const char *event, ...) =
		e->verdict == VERDICT_ALLOWED ? audit_write : audit_note;
	const char *how = e->verdict != VERDICT_ALLOWED ? ""
		: e->answer == AGENTS_ALWAYS            ? "always"
		: e->answer == AGENTS_SESSION           ? "session"
							: "once";

	return record(q->manager->audit, "decision", "kind", "net", "subject", q->vm->config.name, "object",
		q->vm->config.net, "claim", q->claim, "address", q->address, "program", q->program, "asker", "guest",
		"verdict", verdicts[e->verdict], "by", decision_by_name(e->by), "how", how, "rule", q->rule, NULL);
}

static int remember(const struct net_question *q)
{
	struct net_vm *of = state_of(q);
	struct net_session *more;

	if (!of)
		return -ENOMEM;
	if (of->nsessions == NET_SESSIONS_MAX) {
		/* the oldest is asked for again */
		memmove(of->sessions, of->sessions + 1, (NET_SESSIONS_MAX - 1) * sizeof(*of->sessions));
		of->nsessions--;
	}
	more = realloc(of->sessions, (of->nsessions + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	of->sessions = more;
	of->sessions[of->nsessions++] = (struct net_session){ q->target, q->about };
	net_lists_changed(q->manager, of->name);
	return 0;
}

/* A file that is read after ours may still have it asked: then the answer holds for the session. */
static int add_line(const struct net_question *q)
{
	char *line cleanup_free = NULL;
	struct net_change change = { .vm = q->vm->config.name, .target = &q->target };
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = asprintf(&line, "%s allow %s", q->vm->config.name, q->claim);

	if (r < 0) {
		line = NULL;
		return -ENOMEM;
	}
	change.line = line;
	r = net_lists_change(q->manager, &change, NULL, &error);
	if (r < 0)
		log_error("The answer \"always\" for VM %s does not count: %s", q->vm->config.name,
			error.message ? error.message : strerror(-r));
	sd_bus_error_free(&error);
	return r >= 0 && decide(q) == NET_ASK ? remember(q) : r;
}

static int take_answer(const struct net_question *q, enum agents_answer answer)
{
	if (answer == AGENTS_SESSION)
		return remember(q);
	return answer == AGENTS_ALWAYS ? add_line(q) : 0;
}

static void start_waiting(struct manager *m);

/* Writes it down, has it count, lets the flows go or not, frees it. */
static void settle(struct net_question *q, struct ending e)
{
	struct manager *m = q->manager;
	bool by_list = e.by == DECISION_BY_FLOOD || e.by == DECISION_BY_NO_AGENT;

	unlink_question(q);
	asking_cancel(q->asking);
	q->asking = NULL;
	if (e.verdict == VERDICT_ALLOWED && decide(q) == NET_DENY)
		e = (struct ending){ VERDICT_CANCELLED, DECISION_BY_RULE, AGENTS_NO };
	/* what nobody decided is a refusal like others, and so is written down with them */
	if (!by_list && audit(q, &e) < 0)
		e = (struct ending){ VERDICT_DENIED, DECISION_BY_NO_RECORD, AGENTS_NO };
	if (e.verdict == VERDICT_ALLOWED && take_answer(q, e.answer) < 0)
		e.verdict = VERDICT_DENIED;
	log_debug("network: %s to %s: %s by %s", q->vm->config.name, q->claim,
		e.verdict == VERDICT_ALLOWED ? "allowed" : "refused", decision_by_name(e.by));
	for (unsigned i = 0; i < q->nids; i++)
		net_links_answer(m, q->vm, q->ids[i], e.verdict == VERDICT_ALLOWED);
	question_free(q);
	start_waiting(m);
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct net_question *q = userdata;

	mark_refused(q, NET_REFUSED_USEC);
	settle(q, (struct ending){ VERDICT_EXPIRED, DECISION_BY_TIMEOUT, AGENTS_NO });
	return 0;
}

static void handle_answer(enum agents_answer answer, const char *untrusted_object, void *userdata)
{
	struct net_question *q = userdata;

	q->asking = NULL; /* it frees itself */
	if (answer == AGENTS_YES || answer == AGENTS_SESSION || answer == AGENTS_ALWAYS) {
		settle(q, (struct ending){ VERDICT_ALLOWED, DECISION_BY_AGENT, answer });
		return;
	}
	if (answer != AGENTS_NONE)
		mark_refused(q, NET_REFUSED_USEC);
	settle(q,
		(struct ending){ VERDICT_DENIED,
			answer == AGENTS_NONE             ? DECISION_BY_NO_AGENT
				: answer == AGENTS_FORGED ? DECISION_BY_FORGED
							  : DECISION_BY_AGENT,
			AGENTS_NO });
}

static void color_of(const struct manager *m, const char *name, char color[8])
{
	const struct vm *vm = m->vms;

	while (vm && strcmp(vm->config.name, name) != 0)
		vm = vm->next;
	palette_format(vm ? vm->config.rgb : 0x888888, color);
}

static void fill_asked(struct net_question *q)
{
	color_of(q->manager, q->vm->config.name, q->subject_color);
	color_of(q->manager, q->vm->config.net, q->object_color);
	q->asked = (struct asked){
		.id = ++q->manager->decisions.last_id,
		.kind = "net",
		.subject = q->vm->config.name,
		.subject_color = q->subject_color,
		.object = q->vm->config.net,
		.object_color = q->object_color,
		.claim = q->claim,
		.rule = q->rule,
		.timeout = timeout(q->manager),
		.address = q->address,
		.program = q->program,
		.lasting = true,
	};
}

/* Puts it to an agent. */
static void put(struct net_question *q)
{
	struct manager *m = q->manager;
	int r;

	fill_asked(q);
	r = sd_event_add_time_relative(m->event, &q->timer, CLOCK_BOOTTIME, timeout(m) * USEC, 0, handle_timeout, q);
	if (r >= 0)
		r = agents_ask(m, &q->asked, handle_answer, q, &q->asking);
	if (r < 0)
		settle(q, (struct ending){ VERDICT_DENIED, DECISION_BY_NO_AGENT, AGENTS_NO });
}

static void handle_owner(const char *program, void *userdata)
{
	struct net_question *q = userdata;

	q->owner = NULL; /* it frees itself */
	snprintf(q->program, sizeof(q->program), "%s", program);
	put(q);
}

static void begin(struct net_question *q)
{
	q->put = true;
	q->owner = net_owner_ask(q->vm, &q->about, q->local_port, handle_owner, q);
	if (!q->owner)
		put(q);
}

/* Of @vm (NULL: of all) that are put, or all. */
static unsigned count(const struct manager *m, const struct vm *vm, bool put_only)
{
	unsigned n = 0;

	for (const struct net_question *q = m->net_lists->questions; q; q = q->next)
		n += (!vm || q->vm == vm) && (q->put || !put_only);
	return n;
}

static bool may_put(const struct net_question *q)
{
	return !q->put && count(q->manager, NULL, true) < NET_QUESTIONS_PUT &&
		count(q->manager, q->vm, true) < NET_QUESTIONS_PUT_VM;
}

/* begin() may end a question at once, and so come back here: the first call goes on with those behind it. */
static void start_waiting(struct manager *m)
{
	struct net_question *q;

	if (m->net_lists->is_starting)
		return;
	m->net_lists->is_starting = true;
	do {
		q = m->net_lists->questions;
		while (q && !may_put(q))
			q = q->next;
		if (q)
			begin(q);
	} while (q);
	m->net_lists->is_starting = false;
}

static struct net_question *question_new(struct vm *vm, const struct tap_flow *flow)
{
	struct net_question *q = calloc(1, sizeof(*q)), **at = &vm->manager->net_lists->questions;
	struct net_line_ref line;

	if (!q)
		return NULL;
	q->manager = vm->manager;
	q->vm = vm;
	q->local_port = flow->local_port;
	q->ids[q->nids++] = flow->id;
	net_state_asked(flow, &q->about);
	net_state_target(&q->about, &q->target);
	net_target_format(&q->target, q->claim);
	netplan_format(q->about.addr, q->address);
	net_state_line(vm, flow->generation, flow->line, &line);
	memcpy(q->rule, line.text, sizeof(q->rule));
	while (*at)
		at = &(*at)->next;
	*at = q;
	return q;
}

static bool is_flood(struct net_vm *of, const struct vm *vm)
{
	uint64_t now = net_state_now(vm->manager);

	if (count(vm->manager, vm, false) >= NET_QUESTIONS_VM)
		return true;
	if (now - of->questions_since >= MINUTE) {
		of->questions_since = now;
		of->questions = 0;
	}
	return of->questions >= NET_QUESTIONS_MINUTE;
}

/* 1: it waits with others for the same answer. */
static int join_question(struct manager *m, const struct vm *vm, const struct net_target *target, uint32_t id)
{
	struct net_question *q = m->net_lists->questions;

	while (q && (q->vm != vm || !net_set_same_target(&q->target, target)))
		q = q->next;
	if (!q)
		return 0;
	if (q->nids == TAP_WAITING_MAX)
		return -ENOSPC;
	q->ids[q->nids++] = id;
	return 1;
}

void net_lists_question(struct manager *m, struct vm *vm, const struct tap_flow *flow)
{
	struct net_vm *of = m->net_lists ? net_state_vm(m->net_lists, vm->config.name, true) : NULL;
	struct net_question *q = NULL;
	struct net_asked about;
	struct net_target target;
	int r = -EINVAL;

	net_state_asked(flow, &about);
	net_state_target(&about, &target);
	if (of && net_state_is_flow(&about) && !net_state_is_marked(&of->refused, &target, net_state_now(m)))
		r = join_question(m, vm, &target, flow->id);
	if (r == 0 && !is_flood(of, vm))
		q = question_new(vm, flow);
	if (r <= 0 && !q) {
		net_links_answer(m, vm, flow->id, false);
		return;
	}
	if (!q)
		return;
	of->questions++;
	start_waiting(m);
}

void net_lists_withdraw(struct manager *m, struct vm *vm, uint32_t id)
{
	struct net_question *q = m->net_lists ? m->net_lists->questions : NULL;

	for (; q; q = q->next) {
		unsigned i = 0;

		while (i < q->nids && (q->vm != vm || q->ids[i] != id))
			i++;
		if (i == q->nids)
			continue;
		q->ids[i] = q->ids[--q->nids];
		if (q->nids > 0)
			return;
		mark_refused(q, DECISION_MARK_USEC); /* or windows could be made to come and go */
		question_free(q);
		start_waiting(m);
		return;
	}
}

void net_question_forget(struct manager *m, const struct vm *vm)
{
	struct net_question *q = m->net_lists->questions, *next;

	for (; q; q = next) {
		next = q->next;
		if (q->vm == vm)
			question_free(q);
	}
	start_waiting(m);
}

void net_lists_unlinked(struct manager *m, struct vm *vm)
{
	if (m->net_lists)
		net_question_forget(m, vm);
}

void net_lists_finish(struct manager *m)
{
	struct net_question *q;

	if (!m->net_lists)
		return;
	m->net_lists->is_starting = true; /* none begins any more */
	while ((q = m->net_lists->questions))
		settle(q, (struct ending){ VERDICT_CANCELLED, DECISION_BY_END, AGENTS_NO });
	m->net_lists->is_starting = false;
}
