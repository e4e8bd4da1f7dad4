/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Targets of one key – "any", a name, all below a name, a network; each with one
 * port or with several – stand beside each other, the last line first. A flow has
 * few keys: its names, what they are below, its address cut to each prefix in
 * use. Of the lines found under them the last one decides.
 */
#include "tap/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tap/steps.h"

#define FEW 16 /* entries of a key that are looked through one by one */
#define MANY_PORTS 0x10000u /* beside the ports: a range, or all */

struct lines_slot {
	uint32_t first, count; /* entries; 0: free */
	uint32_t sample; /* a target that has the key */
	uint32_t port; /* or MANY_PORTS */
	uint32_t step, nsteps; /* of many entries; else 0 */
};

/* What a slot is found by. */
struct key {
	uint8_t kind, bits;
	uint32_t port;
	const char *name;
	size_t len;
	const uint8_t *addr;
	uint32_t hash; /* of the part without the port */
};

static uint32_t mix(uint32_t h, uint32_t word)
{
	h = (h ^ word) * 0x9e3779b1u;
	return h ^ h >> 15;
}

/* Backwards, so that the end of a name has its own hash on the way. */
static uint32_t hash_name(const char *name, size_t len)
{
	uint32_t h = NET_NAME;

	while (len > 0)
		h = mix(h, (uint8_t)name[--len]);
	return h;
}

static uint32_t hash_addr(const uint8_t *addr, uint8_t bits)
{
	uint32_t word[4], h = bits + 256u;

	memcpy(word, addr, sizeof(word));
	for (unsigned i = 0; i < 4; i++)
		h = mix(h, word[i]);
	return h;
}

static struct key key_of(const struct net_target *t)
{
	struct key key = { .kind = t->kind, .port = t->port_low == t->port_high ? t->port_low : MANY_PORTS };

	if (t->kind == NET_NETWORK) {
		key.addr = t->addr;
		key.bits = t->bits;
		key.hash = hash_addr(t->addr, t->bits);
	} else if (t->kind != NET_ANY) {
		key.name = t->name;
		key.len = strlen(t->name);
		key.hash = hash_name(key.name, key.len);
	}
	return key;
}

static bool is_same(const struct net_target *t, const struct key *key)
{
	if (t->kind != key->kind)
		return false;
	if (t->kind == NET_NETWORK)
		return t->bits == key->bits && memcmp(t->addr, key->addr, sizeof(t->addr)) == 0;
	return t->kind == NET_ANY || (strncmp(t->name, key->name, key->len) == 0 && !t->name[key->len]);
}

/* The key's slot, or the free one where it would stand. There is always a free one. */
static struct lines_slot *find_slot(const struct lines *l, const struct key *key)
{
	uint32_t at = mix(mix(key->hash, key->kind), key->port) & l->mask;

	for (;; at = (at + 1) & l->mask) {
		struct lines_slot *slot = &l->slots[at];

		if (slot->count == 0 || (slot->port == key->port && is_same(&l->decider.targets[slot->sample], key)))
			return slot;
	}
}

static void count_keys(struct lines *l)
{
	bool used[LINES_PREFIXES] = { 0 };
	uint32_t first = 0;

	for (size_t i = 0; i < l->decider.count; i++) {
		const struct net_target *t = &l->decider.targets[i];
		struct key key = key_of(t);
		struct lines_slot *slot = find_slot(l, &key);

		if (slot->count++ == 0) {
			slot->sample = (uint32_t)i;
			slot->port = key.port;
		}
		if (t->kind == NET_NETWORK)
			used[t->bits] = true;
	}
	for (uint32_t at = 0; at <= l->mask; at++) {
		l->slots[at].first = first;
		first += l->slots[at].count;
	}
	for (unsigned bits = 0; bits < LINES_PREFIXES; bits++)
		if (used[bits])
			l->prefix[l->prefixes++] = (uint8_t)bits;
}

/* From the last to the first; @fill: how many stand in each slot already. */
static void fill_entries(struct lines *l, uint32_t *fill)
{
	for (size_t i = l->decider.count; i-- > 0;) {
		const struct net_target *t = &l->decider.targets[i];
		struct key key = key_of(t);
		struct lines_slot *slot = find_slot(l, &key);

		l->entries[slot->first + fill[slot - l->slots]++] = (struct steps_range){
			.number = (uint32_t)i,
			.low = t->port_low,
			.high = t->port_high,
			.proto = t->proto,
			.action = t->action,
		};
	}
}

/* Of each key with many entries. -ENOMEM. */
static int cut_steps(struct lines *l)
{
	uint32_t used = 0;

	l->steps = calloc(3 * l->decider.count + 1, sizeof(*l->steps));
	if (!l->steps)
		return -ENOMEM;
	for (uint32_t at = 0; at <= l->mask; at++) {
		struct lines_slot *slot = &l->slots[at];

		if (slot->count <= FEW)
			continue;
		slot->step = used;
		slot->nsteps = steps_cut(&l->entries[slot->first], slot->count, &l->steps[used]);
		if (!slot->nsteps)
			return -ENOMEM;
		used += slot->nsteps;
	}
	return 0;
}

int lines_open(struct lines *l, struct net_target *targets, size_t count, enum net_action fallback)
{
	uint32_t size = 16, *fill;

	while (size < 2 * count)
		size *= 2;
	*l = (struct lines){ .decider = { targets, count, fallback }, .mask = size - 1 };
	l->slots = calloc(size, sizeof(*l->slots));
	l->entries = calloc(count + 1, sizeof(*l->entries));
	fill = calloc(size, sizeof(*fill));
	if (!l->slots || !l->entries || !fill) {
		free(fill);
		lines_close(l);
		return -ENOMEM;
	}
	count_keys(l);
	fill_entries(l, fill);
	free(fill);
	if (cut_steps(l) < 0) {
		lines_close(l);
		return -ENOMEM;
	}
	l->names_only = !netlist_may_resolve(&l->decider, ""); /* no line names it */
	return 0;
}

void lines_close(struct lines *l)
{
	free((void *)(uintptr_t)l->decider.targets);
	free(l->slots);
	free(l->entries);
	free(l->steps);
	*l = (struct lines){ .decider.fallback = NET_DENY };
}

/* What is sought, and what has been found. */
struct search {
	const struct lines *lines;
	const struct net_flow *flow;
	const struct steps_range *best;
};

static bool fits(const struct steps_range *e, const struct net_flow *flow)
{
	if (e->proto != NET_ALL && e->proto != flow->proto)
		return false;
	if (e->low == 0 && e->high == UINT16_MAX)
		return true;
	return flow->proto != NET_ICMP && flow->port >= e->low && flow->port <= e->high;
}

/* By TCP or UDP, of a key with many entries. */
static void look_steps(struct search *s, const struct lines_slot *slot)
{
	const struct steps_step *step = steps_find(&s->lines->steps[slot->step], slot->nsteps, s->flow->port);
	uint32_t place = s->flow->proto == NET_UDP ? step->udp : step->tcp;
	const struct steps_range *e;

	if (place == STEPS_NONE)
		return;
	e = &s->lines->entries[slot->first + place];
	if (!s->best || e->number > s->best->number)
		s->best = e;
}

static void look(struct search *s, const struct key *key)
{
	const struct lines_slot *slot = find_slot(s->lines, key);
	const struct steps_range *e = &s->lines->entries[slot->first], *end = e + slot->count;

	if (slot->nsteps && s->flow->proto != NET_ICMP) {
		look_steps(s, slot);
		return;
	}
	for (; e < end && (!s->best || e->number > s->best->number); e++) {
		if (fits(e, s->flow)) {
			s->best = e;
			return;
		}
	}
}

static void look_both(struct search *s, struct key *key)
{
	key->port = MANY_PORTS;
	look(s, key);
	key->port = s->flow->port;
	look(s, key);
}

static void look_name(struct search *s, const char *name)
{
	size_t len = strlen(name);
	struct key key = { .hash = NET_NAME };

	for (size_t at = len; at-- > 0;) {
		if (name[at] == '.') {
			key.kind = NET_BELOW;
			key.name = name + at + 1;
			key.len = len - at - 1;
			look_both(s, &key);
		}
		key.hash = mix(key.hash, (uint8_t)name[at]);
	}
	key.kind = NET_NAME;
	key.name = name;
	key.len = len;
	look_both(s, &key);
}

static void cut(uint8_t ret[NETPLAN_ADDR], const uint8_t *addr, unsigned bits)
{
	unsigned bytes = bits / 8;

	memset(ret, 0, NETPLAN_ADDR);
	memcpy(ret, addr, bytes);
	if (bits % 8)
		ret[bytes] = addr[bytes] & (uint8_t)(0xff00 >> bits % 8);
}

/* As netlist_decide(): no network of the one family has addresses of the other, and reserved ones are not meant by a
 * network that reaches beyond them. */
static void look_networks(struct search *s, bool reserved)
{
	const bool ipv4 = netplan_is_ipv4(s->flow->addr);
	uint8_t addr[NETPLAN_ADDR];

	for (uint32_t i = 0; i < s->lines->prefixes; i++) {
		struct key key = { .kind = NET_NETWORK, .bits = s->lines->prefix[i], .addr = addr };

		cut(addr, s->flow->addr, key.bits);
		if ((ipv4 && key.bits < 96) || (reserved && !netplan_is_reserved_net(addr, key.bits)))
			continue;
		key.hash = hash_addr(addr, key.bits);
		look_both(s, &key);
	}
}

enum net_action lines_decide(const struct lines *l, const struct net_flow *flow, size_t *ret_target)
{
	struct search s = { .lines = l, .flow = flow };
	bool reserved = netplan_is_reserved(flow->addr);

	*ret_target = NET_NO_LINE;
	if (!l->slots)
		return NET_DENY;
	look_networks(&s, reserved);
	if (!reserved) {
		struct key any = { .kind = NET_ANY };

		look_both(&s, &any);
		for (size_t i = 0; i < flow->nnames; i++)
			look_name(&s, flow->names[i]);
	}
	if (s.best) {
		*ret_target = s.best->number;
		return s.best->action;
	}
	return reserved ? NET_DENY : l->decider.fallback;
}

bool lines_may_resolve(const struct lines *l, const char *name)
{
	return l->slots && (!l->names_only || netlist_may_resolve(&l->decider, name));
}
