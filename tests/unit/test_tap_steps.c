/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps against a look through all ranges. */
#include <stdlib.h>

#include "proto/nettarget.h"
#include "tap/steps.h"
#include "tests/unit/unit.h"

#define RANGES 200

static uint32_t first_of(const struct steps_range *ranges, uint32_t count, uint8_t proto, uint16_t port)
{
	for (uint32_t i = 0; i < count; i++)
		if ((ranges[i].proto == NET_ALL || ranges[i].proto == proto) && ranges[i].low <= port &&
			port <= ranges[i].high)
			return i;
	return STEPS_NONE;
}

static void check(const struct steps_range *ranges, uint32_t count)
{
	struct steps_step *steps = calloc(2 * count + 1, sizeof(*steps));
	uint32_t n;

	assert_non_null(steps);
	n = steps_cut(ranges, count, steps);
	assert_in_range(n, 1, 2 * count + 1);
	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		const struct steps_step *step = steps_find(steps, n, (uint16_t)port);

		assert_int_equal(step->tcp, first_of(ranges, count, NET_TCP, (uint16_t)port));
		assert_int_equal(step->udp, first_of(ranges, count, NET_UDP, (uint16_t)port));
	}
	free(steps);
}

static void test_edges(void **state)
{
	const struct steps_range all[] = { { .low = 0, .high = 65535 } };
	const struct steps_range ends[] = { { .low = 65535, .high = 65535, .proto = NET_TCP },
		{ .low = 0, .high = 0, .proto = NET_UDP }, { .low = 65534, .high = 65535 },
		{ .low = 1, .high = 1, .proto = NET_ICMP } };

	check(all, 0);
	check(all, 1);
	check(ends, COUNT(ends));
}

static void test_random(void **state)
{
	static const uint8_t protos[] = { NET_ALL, NET_TCP, NET_UDP, NET_ICMP };
	uint64_t random = 5;

	for (int round = 0; round < 20; round++) {
		struct steps_range ranges[RANGES];

		for (uint32_t i = 0; i < RANGES; i++) {
			uint64_t r = unit_random(&random);
			uint32_t low = r % 65536, high = low + (r >> 16) % (round % 2 ? 100 : 20000);

			ranges[i] = (struct steps_range){ .low = (uint16_t)low,
				.high = (uint16_t)(high > 65535 ? 65535 : high),
				.proto = protos[(r >> 40) % 4] };
		}
		check(ranges, RANGES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
