/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/netplan.h"
#include "tap/names.h"

#define BURST_PART 4 /* a quarter of a second's bytes may come at once, … */
#define BURST_MIN 65536 /* … and this much always */

void link_open(struct link *l, const struct tap_link *about)
{
	memset(l, 0, sizeof(*l));
	l->index = about->index;
	l->rate = (uint64_t)about->rate_kib * 1024;
	if (l->rate > BUCKET_RATE_MAX)
		l->rate = BUCKET_RATE_MAX;
	l->stats.index = about->index;
	l->plug = PLUG_NONE;
	netplan_mac(l->index, l->client.mac);
	netplan_addr4(l->index, l->client.addr4);
	netplan_addr6(l->index, l->client.addr6);
	netplan_link_local(l->client.mac, l->client.link_local);
}

static void drop_incoming(struct link *l)
{
	free(l->incoming.targets);
	l->incoming = (struct link_incoming){ 0 };
}

void link_close(struct link *l)
{
	drop_incoming(l);
	lines_close(&l->lines);
	l->index = 0;
	l->live = false;
}

static int take_list(struct link *l)
{
	struct net_target *targets = l->incoming.targets;
	struct tap_list head = l->incoming.head;

	l->incoming = (struct link_incoming){ 0 };
	lines_close(&l->lines);
	l->live = false;
	if (lines_open(&l->lines, targets, head.count, (enum net_action)head.fallback) < 0)
		return -ENOMEM;
	l->generation = head.generation;
	l->live = l->confirmed = true;
	return 1;
}

int link_begin_list(struct link *l, const struct tap_list *head)
{
	drop_incoming(l);
	l->incoming.targets = calloc(head->count + 1, sizeof(*l->incoming.targets));
	l->incoming.head = *head;
	if (!l->incoming.targets) {
		l->live = false;
		return -ENOMEM;
	}
	return head->count ? 0 : take_list(l);
}

int link_take_line(struct link *l, const struct tap_line *line)
{
	struct link_incoming *in = &l->incoming;

	if (!in->targets || line->generation != in->head.generation || line->number != in->have) {
		drop_incoming(l);
		return -EPROTO;
	}
	in->targets[in->have++] = line->target;
	return in->have < in->head.count ? 0 : take_list(l);
}

static bool is_query(const struct link_query *q, const struct dns_question *question, const struct frame_info *info)
{
	return q->port == info->local_port && q->id == question->id && q->ipv6 == info->ipv6 &&
		q->type == question->type && q->name == names_hash(question->name);
}

void link_expect(struct link *l, const struct dns_question *q, const struct frame_info *info, uint64_t now)
{
	struct link_query *place = &l->query[l->next_query];

	for (uint32_t i = 0; i < LINK_QUERIES_MAX; i++) {
		if (l->query[i].until && is_query(&l->query[i], q, info)) {
			l->query[i].until = now + LINK_QUERY_US; /* asked again */
			return;
		}
	}
	*place = (struct link_query){
		.until = now + LINK_QUERY_US,
		.port = info->local_port,
		.id = q->id,
		.type = q->type,
		.ipv6 = info->ipv6,
		.name = names_hash(q->name),
	};
	l->next_query = (l->next_query + 1) % LINK_QUERIES_MAX;
}

bool link_awaited(struct link *l, const struct dns_question *q, const struct frame_info *info, uint64_t now)
{
	for (uint32_t i = 0; i < LINK_QUERIES_MAX; i++) {
		if (l->query[i].until > now && is_query(&l->query[i], q, info)) {
			l->query[i].until = 0;
			return true;
		}
	}
	return false;
}

bool link_may_pass(struct link *l, struct bucket *b, uint32_t bytes, uint64_t now)
{
	uint64_t burst = l->rate / BURST_PART;

	return !l->rate || bucket_take(b, l->rate, burst < BURST_MIN ? BURST_MIN : burst, bytes, now);
}
