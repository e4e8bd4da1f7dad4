/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/clock_judge.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW (3 * CLOCK_DAY)
#define HOUR (CLOCK_DAY / 24)
#define MS 1000000ll

static void test_sizes(void **state)
{
	static const struct {
		int64_t offset, error;
		enum clock_verdict verdict;
	} all[] = {
		{ 0, 0, CLOCK_RIGHT },
		{ CLOCK_NOISE - 1, 0, CLOCK_RIGHT },
		{ CLOCK_NOISE, 0, CLOCK_MEND },
		{ -300 * MS, 20 * MS, CLOCK_MEND },
		{ 20 * MS, 20 * MS, CLOCK_RIGHT }, /* it may as well be none */
		{ -21 * MS, 20 * MS, CLOCK_MEND },
		{ CLOCK_SLEW_MAX, 0, CLOCK_MEND },
		{ CLOCK_SLEW_MAX + 1, 0, CLOCK_DOUBT_FAR },
		{ -CLOCK_SLEW_MAX - 1, 0, CLOCK_DOUBT_FAR },
		{ (int64_t)CTL_CLOCK_MAX, 20 * MS, CLOCK_DOUBT_FAR },
	};
	struct clock_day day = { 0 };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		assert_int_equal(clock_judge(&day, NOW, all[i].offset, all[i].error), all[i].verdict);
	assert_int_equal(day.moved_ns, 0);
}

/* One that asks for half a second each time, forwards or back, gets thirty of a day; then the user is asked. */
static void test_day(void **state)
{
	struct clock_day day = { 0 };
	uint64_t now = NOW;
	unsigned n = 0;

	while (clock_judge(&day, now, n % 2 ? CLOCK_SLEW_MAX : -CLOCK_SLEW_MAX, 0) == CLOCK_MEND && n < 1000) {
		clock_judge_count(&day, now, n % 2 ? CLOCK_SLEW_MAX : -CLOCK_SLEW_MAX);
		now += 60 * 1000000;
		n++;
	}
	assert_int_equal(n, CLOCK_DAY_MAX / CLOCK_SLEW_MAX);
	assert_int_equal(clock_judge(&day, now, CLOCK_SLEW_MAX, 0), CLOCK_DOUBT_MUCH);
	assert_int_equal(clock_judge(&day, now, 0, 0), CLOCK_RIGHT);
	assert_int_equal(clock_judge(&day, NOW + CLOCK_DAY - 1, CLOCK_SLEW_MAX, 0), CLOCK_DOUBT_MUCH);
	assert_int_equal(clock_judge(&day, NOW + CLOCK_DAY, CLOCK_SLEW_MAX, 0), CLOCK_MEND);
	assert_int_equal(day.moved_ns, 0);
}

/* What was noted before a boot does not count after it. */
static void test_boot(void **state)
{
	struct clock_day day = { .since = NOW, .moved_ns = CLOCK_DAY_MAX };

	assert_int_equal(clock_judge(&day, NOW + HOUR, CLOCK_SLEW_MAX, 0), CLOCK_DOUBT_MUCH);
	assert_int_equal(clock_judge(&day, HOUR, CLOCK_SLEW_MAX, 0), CLOCK_MEND);
}

static void test_file(void **state)
{
	static const char *const bad[] = { "", "\n", "net0", "net0\n", "net0 a b\n", "net0 server\n\n",
		"net0 server:x\n", "-net a.server\n", "net/0 a.server\n",
		"a.name.of.forty.one.characters.is.too.lon a.server\n",
		"net0 a.host.name.of.more.characters.than.it.m\n" };
	struct clock_source s;

	assert_int_equal(clock_source_parse("net0 time.example.org:1123\n", &s), 0);
	assert_string_equal(s.vm, "net0");
	assert_string_equal(s.server, "time.example.org:1123");
	assert_int_equal(clock_source_parse("net0 [::1]", &s), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (clock_source_parse(bad[i], &s) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_day),
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
