/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/report.h"

#include <string.h>

#include "tap/ask.h"

static uint32_t seconds(uint64_t us)
{
	return (uint32_t)(us / FLOW_SECOND);
}

static void put_name(struct tap_flow *f, const char *name)
{
	memcpy(f->name, name, strnlen(name, NET_NAME_MAX));
}

/* The name that the flow was opened by, if it is still known: what was learnt for the address later is not it. */
static void put_flow_name(struct tap *t, struct tap_flow *f, const struct memory_flow *flow)
{
	const char *names[NAMES_EACH_MAX];
	unsigned n = names_find(&t->names, f->index, f->addr, flow->began, names);

	for (unsigned i = 0; i < n; i++)
		if (names_hash(names[i]) == flow->name)
			put_name(f, names[i]);
}

static void put_flow(struct tap *t, struct tap_flow *f, const struct memory_flow *flow)
{
	*f = (struct tap_flow){
		.index = flow->index,
		.generation = flow->generation,
		.line = flow->line,
		.proto = flow->proto,
		.action = NET_ALLOW,
		.local_port = flow->local_port,
		.port = flow->port,
		.age = seconds(t->now - flow->began),
		.idle = seconds(t->now - flow->last),
		.sent = flow->sent + flow->kernel_sent,
		.received = flow->received + flow->kernel_received,
	};
	memcpy(f->addr, flow->addr, sizeof(f->addr));
	put_flow_name(t, f, flow);
}

static void put_key(struct tap *t, struct tap_flow *f, const struct flow_key *key)
{
	const char *names[NAMES_EACH_MAX];

	f->proto = key->proto;
	f->local_port = key->local_port;
	f->port = key->port;
	memcpy(f->addr, key->addr, sizeof(f->addr));
	if (names_find(&t->names, f->index, f->addr, t->now, names))
		put_name(f, names[0]);
}

/* Whether one more may be told. What it is made of is put together only then. */
static bool may_tell(struct tap *t, struct link *l, enum tap_event event)
{
	if (manager_has_room(t) && bucket_take(&l->logs, LINK_LOGS, LINK_LOGS, 1, t->now) &&
		bucket_take(&t->news, TAP_NEWS, TAP_NEWS, 1, t->now))
		return true;
	l->more[event]++;
	return false;
}

static void tell(struct tap *t, struct link *l, struct tap_msg *m, enum tap_event event)
{
	m->type = TAP_LOG;
	m->flow.event = event;
	m->flow.more = l->more[event];
	if (manager_send(t, m, -1) < 0)
		l->more[event]++;
	else
		l->more[event] = 0;
}

void report_flow_event(struct tap *t, struct link *l, const struct memory_flow *flow, enum tap_event event)
{
	struct tap_msg m = { 0 };

	if (!may_tell(t, l, event))
		return;
	put_flow(t, &m.flow, flow);
	if (event == TAP_EVENT_CUT)
		m.flow.action = NET_DENY;
	tell(t, l, &m, event);
}

void report_refusal(struct tap *t, struct link *l, const struct flow_key *key, uint32_t line)
{
	struct tap_msg m = { .flow = { .index = l->index, .generation = l->generation, .line = line } };

	if (!may_tell(t, l, TAP_EVENT_DENY))
		return;
	put_key(t, &m.flow, key);
	m.flow.action = NET_DENY;
	tell(t, l, &m, TAP_EVENT_DENY);
}

void report_name(struct tap *t, struct link *l, const uint8_t *addr, const char *name)
{
	struct tap_msg m = { .flow = { .index = l->index, .generation = l->generation, .line = UINT32_MAX } };

	if (!may_tell(t, l, TAP_EVENT_NAME))
		return;
	m.flow.proto = NET_UDP;
	m.flow.port = DNS_PORT;
	m.flow.action = NET_ALLOW;
	memcpy(m.flow.addr, addr, sizeof(m.flow.addr));
	memcpy(m.flow.name, name, strnlen(name, NET_NAME_MAX));
	tell(t, l, &m, TAP_EVENT_NAME);
}

int report_question(struct tap *t, const struct link *l, const struct waiting *w)
{
	struct tap_msg m = { .type = TAP_QUESTION,
		.flow = { .index = l->index, .generation = l->generation, .id = w->id, .line = w->line } };

	put_key(t, &m.flow, &w->key);
	m.flow.action = NET_ASK;
	return manager_send(t, &m, -1);
}

int report_withdrawal(struct tap *t, const struct link *l, const struct waiting *w)
{
	struct tap_msg m = { .type = TAP_WITHDRAW, .id = { .index = l->index, .id = w->id } };

	return manager_send(t, &m, -1);
}

int report_have(struct tap *t, const struct link *l)
{
	struct tap_msg m = { .type = TAP_HAVE, .id = { .index = l->index } };

	return manager_send(t, &m, -1);
}

int report_flow(struct tap *t, struct memory_flow *flow)
{
	struct tap_msg m = { .type = TAP_FLOW };

	engine_flow_look(t, flow);
	put_flow(t, &m.flow, flow);
	return manager_send(t, &m, -1);
}

int report_stats(struct tap *t, const struct link *link)
{
	struct tap_msg m = { .type = TAP_STATS, .stats = link ? link->stats : t->stats };

	engine_count(t, link, &m.stats);
	m.stats.flows = link ? t->flows.held[link->index] : t->flows.count;
	m.stats.waiting = link ? ask_count(link) : 0;
	m.stats.names = link ? names_count(&t->names, link->index, t->now) : t->names.count;
	return manager_send(t, &m, -1);
}
