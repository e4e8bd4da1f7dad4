/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/steps.h"

#include <stdlib.h>

#include "proto/nettarget.h"

#define PORTS 65536

/* Where a range begins, and what follows it; in order. qsort(3) of big arrays asks for the machine's memory: it would
 * leave the sandbox. */
static uint32_t put_starts(const struct steps_range *ranges, uint32_t count, struct steps_step *ret)
{
	uint64_t begins[PORTS / 64] = { 1 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t low = ranges[i].low, after = ranges[i].high + 1u;

		begins[low / 64] |= 1ull << low % 64;
		if (after < PORTS)
			begins[after / 64] |= 1ull << after % 64;
	}
	for (uint32_t word = 0; word < PORTS / 64; word++) {
		for (; begins[word]; begins[word] &= begins[word] - 1) {
			uint32_t start = word * 64 + (uint32_t)__builtin_ctzll(begins[word]);

			ret[n++] = (struct steps_step){ STEPS_NONE, STEPS_NONE, (uint16_t)start };
		}
	}
	return n;
}

/* The first step from @at on that nobody has yet; the way there is made shorter. */
static uint32_t skip(uint32_t *next, uint32_t at)
{
	while (next[at] != at) {
		next[at] = next[next[at]];
		at = next[at];
	}
	return at;
}

/* Each range takes the steps that those before it have left. */
static void paint(const struct steps_range *range, uint32_t place, struct steps_step *steps, uint32_t n, uint32_t *next)
{
	uint32_t at = (uint32_t)(steps_find(steps, n, range->low) - steps);

	for (at = skip(next, at); at < n && steps[at].start <= range->high; at = skip(next, at)) {
		if (range->proto == NET_UDP)
			steps[at].udp = place;
		else
			steps[at].tcp = place;
		next[at] = at + 1;
	}
}

static void paint_all(
	const struct steps_range *ranges, uint32_t count, struct steps_step *steps, uint32_t n, uint32_t *next)
{
	static const uint8_t protos[] = { NET_TCP, NET_UDP };

	for (unsigned p = 0; p < 2; p++) {
		for (uint32_t i = 0; i <= n; i++)
			next[i] = i;
		for (uint32_t i = 0; i < count; i++) {
			struct steps_range range = ranges[i];

			if (range.proto != NET_ALL && range.proto != protos[p])
				continue;
			range.proto = protos[p];
			paint(&range, i, steps, n, next);
		}
	}
}

uint32_t steps_cut(const struct steps_range *ranges, uint32_t count, struct steps_step *ret)
{
	uint32_t n = put_starts(ranges, count, ret);
	uint32_t *next = calloc(n + 1, sizeof(*next));

	if (!next)
		return 0;
	paint_all(ranges, count, ret, n, next);
	free(next);
	return n;
}

const struct steps_step *steps_find(const struct steps_step *steps, uint32_t count, uint16_t port)
{
	uint32_t low = 0, high = count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (steps[middle].start <= port)
			low = middle;
		else
			high = middle;
	}
	return &steps[low];
}
