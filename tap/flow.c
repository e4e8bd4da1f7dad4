/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/flow.h"

#include <string.h>

#include "tap/mix.h"

#define CLIENTS_MIN 4 /* a share is a quarter of the table at most where others may come */

_Static_assert(sizeof(struct flow_key) == 32, "a key has no holes");
_Static_assert(MEMORY_FLOWS < UINT16_MAX, "numbers of entries are 16 bits");

static const uint64_t timeouts[] = {
	[FLOW_HALF] = 30 * FLOW_SECOND,
	[FLOW_OPEN] = 7200 * FLOW_SECOND,
	[FLOW_HALFWAY] = 600 * FLOW_SECOND,
	[FLOW_CLOSING] = 20 * FLOW_SECOND,
	[FLOW_LONE] = 60 * FLOW_SECOND,
	[FLOW_PAIR] = 180 * FLOW_SECOND,
	[FLOW_ECHO] = 30 * FLOW_SECOND,
};

static uint32_t bucket_of(const struct flows *f, const struct flow_key *key)
{
	uint64_t word[4];
	uint64_t h;

	memcpy(word, key, sizeof(word));
	h = mix(word[0] ^ f->secret[0], word[1] ^ f->secret[1]);
	h = mix(h ^ word[2] ^ f->secret[1], word[3] ^ f->secret[0] ^ 0x9e3779b97f4a7c15u);
	return (uint32_t)(h % FLOW_BUCKETS);
}

static uint16_t number_of(const struct flows *f, const struct memory_flow *flow)
{
	return (uint16_t)(flow - f->at + 1);
}

static struct memory_flow *entry(const struct flows *f, uint16_t number)
{
	return number ? &f->at[number - 1] : NULL;
}

struct flow_key flow_key_of(const struct memory_flow *flow)
{
	struct flow_key key = {
		.index = flow->index, .local_port = flow->local_port, .port = flow->port, .proto = flow->proto
	};

	memcpy(key.addr, flow->addr, sizeof(key.addr));
	return key;
}

struct memory_flow *flows_find(const struct flows *f, const struct flow_key *key)
{
	for (uint16_t n = f->head[bucket_of(f, key)]; n; n = f->next[n - 1]) {
		struct flow_key other = flow_key_of(&f->at[n - 1]);

		if (memcmp(&other, key, sizeof(other)) == 0)
			return &f->at[n - 1];
	}
	return NULL;
}

/* Makes an entry known to the index and to its client's list. */
static void link_entry(struct flows *f, uint16_t n)
{
	const struct memory_flow *flow = &f->at[n - 1];
	struct flow_key key = flow_key_of(flow);
	uint32_t bucket = bucket_of(f, &key);

	f->next[n - 1] = f->head[bucket];
	f->head[bucket] = n;
	f->before[n - 1] = 0;
	f->after[n - 1] = f->first[flow->index];
	if (f->first[flow->index])
		f->before[f->first[flow->index] - 1] = n;
	f->first[flow->index] = n;
	f->held[flow->index]++;
	f->count++;
}

static void unlink_entry(struct flows *f, uint16_t n)
{
	const struct memory_flow *flow = &f->at[n - 1];
	struct flow_key key = flow_key_of(flow);
	uint16_t *at = &f->head[bucket_of(f, &key)];
	uint16_t before = f->before[n - 1], after = f->after[n - 1];

	while (*at != n)
		at = &f->next[*at - 1];
	*at = f->next[n - 1];
	if (before)
		f->after[before - 1] = after;
	else
		f->first[flow->index] = after;
	if (after)
		f->before[after - 1] = before;
	f->held[flow->index]--;
	f->count--;
}

static void give_back(struct flows *f, uint16_t n)
{
	memset(&f->at[n - 1], 0, sizeof(f->at[0]));
	f->after[n - 1] = f->free_first;
	f->free_first = n;
}

static bool state_ok(const struct memory_flow *flow)
{
	switch (flow->proto) {
	case NET_TCP:
		return flow->state >= FLOW_HALF && flow->state <= FLOW_CLOSING && flow->port && flow->local_port;
	case NET_UDP:
		return (flow->state == FLOW_LONE || flow->state == FLOW_PAIR) && flow->port && flow->local_port;
	case NET_ICMP:
		return flow->state == FLOW_ECHO && flow->port == 0;
	default:
		return false;
	}
}

static bool is_whole(const struct memory_flow *flow, uint64_t now)
{
	return flow->used == 1 && flow->index >= 1 && flow->index <= NETPLAN_INDEX_MAX && state_ok(flow) &&
		flow->answered <= 1 && flow->zero == 0 && flow->unused == 0 &&
		(flow->line == UINT32_MAX || flow->line < TAP_LINES_MAX) && flow->began <= flow->last &&
		flow->last <= now;
}

void flows_open(struct flows *f, struct memory_flow *at, const uint64_t secret[2], uint64_t now)
{
	memset(f, 0, sizeof(*f));
	f->at = at;
	memcpy(f->secret, secret, sizeof(f->secret));
	for (uint16_t n = MEMORY_FLOWS; n > 0; n--) {
		struct memory_flow copy = at[n - 1];
		struct flow_key key = flow_key_of(&copy);

		if (is_whole(&copy, now) && !flow_is_over(&copy, now) && !flows_find(f, &key))
			link_entry(f, n);
		else
			give_back(f, n);
	}
}

uint32_t flows_share(uint32_t clients)
{
	return MEMORY_FLOWS / (clients < CLIENTS_MIN ? CLIENTS_MIN : clients);
}

static bool is_firm(const struct memory_flow *flow)
{
	return flow->state == FLOW_OPEN || flow->state == FLOW_PAIR;
}

/* The longest idle flow of a client: one that is not firm, where there is one; else @firm_too. */
static struct memory_flow *longest_idle(const struct flows *f, uint32_t index, bool firm_too)
{
	struct memory_flow *best = NULL;

	for (uint16_t n = f->first[index]; n; n = f->after[n - 1]) {
		struct memory_flow *flow = &f->at[n - 1];

		if (is_firm(flow) && !firm_too)
			continue;
		if (!best || is_firm(best) > is_firm(flow) ||
			(is_firm(best) == is_firm(flow) && flow->last < best->last))
			best = flow;
	}
	return best;
}

static uint32_t richest(const struct flows *f)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i <= NETPLAN_INDEX_MAX; i++)
		if (f->held[i] > f->held[best])
			best = i;
	return best;
}

struct memory_flow *flows_victim(const struct flows *f, uint32_t index, uint32_t clients, bool *ret_full)
{
	struct memory_flow *victim;

	*ret_full = false;
	if (f->held[index] < flows_share(clients)) {
		uint32_t rich;

		if (f->count < MEMORY_FLOWS)
			return NULL;
		rich = richest(f);
		if (f->held[rich] > f->held[index] + 1u)
			return longest_idle(f, rich, true);
	}
	victim = longest_idle(f, index, false);
	*ret_full = !victim;
	return victim;
}

struct memory_flow *flows_add(struct flows *f, const struct flow_key *key, uint64_t now)
{
	uint16_t n = f->free_first;
	struct memory_flow *flow = entry(f, n);

	if (!flow)
		return NULL;
	f->free_first = f->after[n - 1];
	*flow = (struct memory_flow){
		.index = key->index,
		.proto = key->proto,
		.state = key->proto == NET_TCP  ? FLOW_HALF
			: key->proto == NET_UDP ? FLOW_LONE
						: FLOW_ECHO,
		.local_port = key->local_port,
		.port = key->port,
		.line = UINT32_MAX,
		.began = now,
		.last = now,
	};
	memcpy(flow->addr, key->addr, sizeof(flow->addr));
	__atomic_store_n(&flow->used, 1, __ATOMIC_RELEASE);
	link_entry(f, n);
	return flow;
}

void flows_remove(struct flows *f, struct memory_flow *flow)
{
	uint16_t n = number_of(f, flow);

	unlink_entry(f, n);
	give_back(f, n);
}

static void track_tcp(struct memory_flow *flow, const struct flow_packet *p)
{
	uint32_t *seq = p->sent ? &flow->seq_sent : &flow->seq_received;
	bool fin = p->tcp_flags & FLOW_TCP_FIN;

	/* The highest one counts: what comes again does not take it back. */
	if (flow->state == FLOW_HALF || (int32_t)(p->seq - *seq) > 0)
		*seq = p->seq;
	if (p->tcp_flags & FLOW_TCP_RST)
		flow->state = FLOW_CLOSING;
	else if (fin && flow->state == FLOW_HALFWAY)
		/* Which end's FIN this is, is not kept: one that comes again ends it early, after 20 s of silence. */
		flow->state = FLOW_CLOSING;
	else if (fin && flow->state == FLOW_OPEN)
		flow->state = FLOW_HALFWAY;
	else if (!p->sent && flow->state == FLOW_HALF)
		flow->state = fin ? FLOW_HALFWAY : FLOW_OPEN;
}

void flow_track(struct memory_flow *flow, const struct flow_packet *p)
{
	flow->last = p->now;
	if (p->sent)
		flow->sent += p->bytes;
	else
		flow->received += p->bytes;
	if (flow->proto == NET_TCP)
		track_tcp(flow, p);
	else if (!p->sent && flow->state == FLOW_LONE)
		flow->state = FLOW_PAIR;
}

static void merge_sequence(const struct memory_flow *flow, uint32_t *seq, uint32_t seen)
{
	if (flow->state == FLOW_HALF || (int32_t)(seen - *seq) > 0)
		*seq = seen;
}

static void merge_tcp(struct memory_flow *flow, const struct flow_seen *seen)
{
	unsigned fins = !!(seen->flags_sent & FLOW_TCP_FIN) + !!(seen->flags_received & FLOW_TCP_FIN);

	if (seen->did_send)
		merge_sequence(flow, &flow->seq_sent, seen->seq_sent);
	if (seen->did_receive)
		merge_sequence(flow, &flow->seq_received, seen->seq_received);
	if (flow->state == FLOW_HALF && seen->did_receive)
		flow->state = FLOW_OPEN;
	if (flow->state == FLOW_OPEN && fins)
		flow->state = FLOW_HALFWAY;
	if (fins == 2 || (seen->flags_sent | seen->flags_received) & FLOW_TCP_RST)
		flow->state = FLOW_CLOSING;
}

void flow_merge(struct memory_flow *flow, const struct flow_seen *seen)
{
	if (seen->last > flow->last)
		flow->last = seen->last;
	flow->kernel_sent = seen->sent;
	flow->kernel_received = seen->received;
	if (flow->proto == NET_TCP)
		merge_tcp(flow, seen);
	else if (seen->did_receive && flow->state == FLOW_LONE)
		flow->state = FLOW_PAIR;
}

void flow_settle(struct memory_flow *flow)
{
	flow->sent += flow->kernel_sent;
	flow->received += flow->kernel_received;
	flow->kernel_sent = flow->kernel_received = 0;
}

bool flow_is_over(const struct memory_flow *flow, uint64_t now)
{
	return now - flow->last >= timeouts[flow->state];
}

struct memory_flow *flows_of(const struct flows *f, uint32_t index, const struct memory_flow *flow)
{
	return entry(f, flow ? f->after[number_of(f, flow) - 1] : f->first[index]);
}

struct memory_flow *flows_expired(struct flows *f, uint64_t now, uint32_t *budget)
{
	while (*budget > 0) {
		struct memory_flow *flow = &f->at[f->hand];

		--*budget;
		f->hand = (uint16_t)((f->hand + 1) % MEMORY_FLOWS);
		if (flow->used && flow_is_over(flow, now))
			return flow;
	}
	return NULL;
}
