/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/names.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tap/mix.h"

#define SECOND 1000000ull

_Static_assert(MEMORY_NAMES < UINT16_MAX, "numbers of entries are 16 bits");

static uint32_t bucket_of(const struct names *t, uint32_t index, const uint8_t *addr)
{
	uint64_t word[2];
	uint64_t h;

	memcpy(word, addr, sizeof(word));
	h = mix(word[0] ^ t->secret[0], word[1] ^ t->secret[1]);
	h = mix(h ^ t->secret[0], index ^ t->secret[1] ^ 0x9e3779b97f4a7c15u);
	return (uint32_t)(h % NAMES_BUCKETS);
}

static bool is_of(const struct memory_name *e, uint32_t index, const uint8_t *addr)
{
	return e->index == index && memcmp(e->addr, addr, sizeof(e->addr)) == 0;
}

static struct memory_name *find(const struct names *t, const struct names_answer *a)
{
	for (uint16_t n = t->head[bucket_of(t, a->index, a->addr)]; n; n = t->next[n - 1]) {
		struct memory_name *e = &t->at[n - 1];

		if (is_of(e, a->index, a->addr) && strcmp(e->name, a->name) == 0)
			return e;
	}
	return NULL;
}

static void link_entry(struct names *t, uint16_t n)
{
	const struct memory_name *e = &t->at[n - 1];
	uint32_t bucket = bucket_of(t, e->index, e->addr);

	t->next[n - 1] = t->head[bucket];
	t->head[bucket] = n;
	t->before[n - 1] = 0;
	t->after[n - 1] = t->first[e->index];
	if (t->first[e->index])
		t->before[t->first[e->index] - 1] = n;
	t->first[e->index] = n;
	t->held[e->index]++;
	t->count++;
}

static void give_back(struct names *t, uint16_t n)
{
	memset(&t->at[n - 1], 0, sizeof(t->at[0]));
	t->after[n - 1] = t->free_first;
	t->free_first = n;
}

static void remove_entry(struct names *t, uint16_t n)
{
	const struct memory_name *e = &t->at[n - 1];
	uint16_t *at = &t->head[bucket_of(t, e->index, e->addr)];
	uint16_t before = t->before[n - 1], after = t->after[n - 1];

	while (*at != n)
		at = &t->next[*at - 1];
	*at = t->next[n - 1];
	if (before)
		t->after[before - 1] = after;
	else
		t->first[e->index] = after;
	if (after)
		t->before[after - 1] = before;
	t->held[e->index]--;
	t->count--;
	give_back(t, n);
}

static bool is_whole(const struct memory_name *e, uint64_t now)
{
	return e->used == 1 && e->index >= 1 && e->index <= NETPLAN_INDEX_MAX && e->learnt <= now &&
		e->until > e->learnt && e->until - e->learnt <= NAMES_TTL_MAX * SECOND &&
		memchr(e->name, 0, sizeof(e->name)) && net_name_is_valid(e->name);
}

void names_open(struct names *t, struct memory_name *at, const uint64_t secret[2], uint64_t now)
{
	memset(t, 0, sizeof(*t));
	t->at = at;
	memcpy(t->secret, secret, sizeof(t->secret));
	for (uint16_t n = MEMORY_NAMES; n > 0; n--) {
		const struct memory_name *e = &at[n - 1];
		struct names_answer a = { .index = e->index, .addr = e->addr, .name = e->name };
		const char *others[NAMES_EACH_MAX];

		if (is_whole(e, now) && names_find(t, e->index, e->addr, 0, others) < NAMES_EACH_MAX && !find(t, &a))
			link_entry(t, n);
		else
			give_back(t, n);
	}
}

/* Of the client's entries the one that ends first; with @addr only of those of the address. */
static uint16_t first_to_end(const struct names *t, uint32_t index, const uint8_t *addr)
{
	uint16_t best = 0;

	for (uint16_t n = t->first[index]; n; n = t->after[n - 1]) {
		const struct memory_name *e = &t->at[n - 1];

		if ((!addr || is_of(e, index, addr)) && (!best || e->until < t->at[best - 1].until))
			best = n;
	}
	return best;
}

static uint32_t richest(const struct names *t)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i <= NETPLAN_INDEX_MAX; i++)
		if (t->held[i] > t->held[best])
			best = i;
	return best;
}

static void make_room(struct names *t, const struct names_answer *a, uint32_t clients)
{
	uint32_t share = clients ? MEMORY_NAMES / clients : MEMORY_NAMES;
	const char *others[NAMES_EACH_MAX];
	uint16_t n = 0;

	if (share > NAMES_SHARE_MAX)
		share = NAMES_SHARE_MAX;
	if (names_find(t, a->index, a->addr, 0, others) == NAMES_EACH_MAX)
		n = first_to_end(t, a->index, a->addr);
	else if (t->held[a->index] >= share)
		n = first_to_end(t, a->index, NULL);
	else if (!t->free_first)
		n = first_to_end(t, richest(t), NULL);
	if (n)
		remove_entry(t, n);
}

static uint64_t end_of(uint32_t ttl, uint64_t now)
{
	if (ttl < NAMES_TTL_MIN)
		ttl = NAMES_TTL_MIN;
	if (ttl > NAMES_TTL_MAX)
		ttl = NAMES_TTL_MAX;
	return now + ttl * SECOND;
}

int names_learn(struct names *t, const struct names_answer *a, uint32_t clients, uint64_t now)
{
	struct memory_name *e = find(t, a);
	uint64_t until = end_of(a->ttl, now);
	uint16_t n;

	if (e) {
		e->learnt = now;
		e->until = until;
		return 0;
	}
	make_room(t, a, clients);
	n = t->free_first;
	if (!n)
		return -ENOSPC;
	t->free_first = t->after[n - 1];
	e = &t->at[n - 1];
	*e = (struct memory_name){ .index = a->index, .learnt = now, .until = until };
	memcpy(e->addr, a->addr, sizeof(e->addr));
	memcpy(e->name, a->name, strnlen(a->name, NET_NAME_MAX));
	__atomic_store_n(&e->used, 1, __ATOMIC_RELEASE);
	link_entry(t, n);
	return 1;
}

unsigned names_find(const struct names *t, uint32_t index, const uint8_t *addr, uint64_t when,
	const char *ret_names[NAMES_EACH_MAX])
{
	unsigned count = 0;
	uint64_t latest = 0;

	for (uint16_t n = t->head[bucket_of(t, index, addr)]; n && count < NAMES_EACH_MAX; n = t->next[n - 1]) {
		const struct memory_name *e = &t->at[n - 1];

		if (!is_of(e, index, addr) || e->until <= when)
			continue;
		ret_names[count++] = e->name;
		if (e->learnt > latest) {
			ret_names[count - 1] = ret_names[0];
			ret_names[0] = e->name;
			latest = e->learnt;
		}
	}
	return count;
}

uint32_t names_hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h ? h : 1;
}

uint32_t names_count(const struct names *t, uint32_t index, uint64_t now)
{
	uint32_t count = 0;

	for (uint16_t n = t->first[index]; n; n = t->after[n - 1])
		count += t->at[n - 1].until > now;
	return count;
}

void names_forget(struct names *t, uint32_t index)
{
	while (t->first[index])
		remove_entry(t, t->first[index]);
}
