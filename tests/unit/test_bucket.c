/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bucket.h"

#include "tests/unit/unit.h"

#define BURST 3
#define GAP 1000ull
#define T0 123456789ull

static void test_burst(void **state)
{
	struct bucket b = BUCKET(BURST, GAP);

	for (int i = 0; i < BURST; i++)
		assert_true(bucket_take(&b, T0));
	assert_false(bucket_take(&b, T0));
	assert_false(bucket_take(&b, T0 + GAP - 1));
	assert_int_equal(bucket_next(&b), T0 + GAP);
	assert_true(bucket_take(&b, T0 + GAP));
	assert_false(bucket_take(&b, T0 + GAP));
}

/* To look costs nothing. */
static void test_look(void **state)
{
	struct bucket b = BUCKET(1, GAP);

	assert_true(bucket_has(&b, T0));
	assert_true(bucket_has(&b, T0));
	bucket_spend(&b);
	assert_false(bucket_has(&b, T0 + GAP / 2));
	assert_true(bucket_has(&b, T0 + GAP));
}

/* What came back in a while is as much as the gaps in it, and no more than it holds. */
static void test_rate(void **state)
{
	struct bucket b = BUCKET(BURST, GAP);
	uint64_t rng = 7, now = T0;
	unsigned taken = 0;

	while (now < T0 + 1000 * GAP) {
		taken += bucket_take(&b, now);
		now += unit_random(&rng) % (GAP / 2);
	}
	assert_in_range(taken, 1000, 1000 + BURST);
	for (int i = 0; i < BURST; i++)
		assert_true(bucket_take(&b, now + 1000 * GAP));
	assert_false(bucket_take(&b, now + 1000 * GAP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
