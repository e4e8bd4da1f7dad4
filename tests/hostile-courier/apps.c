/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest says it can start: vmosd hears of whole lists, of the newest, and of not too many. */
#include <stdio.h>
#include <time.h>

#include "proto/ctl.h"
#include "tests/hostile-courier/asked.h"
#include "tests/hostile-courier/tests.h"

static struct asked stand;

static void expect(uint32_t count)
{
	struct helper_msg m;

	CHECK(courier_expect(&stand.courier, HELPER_APPS, &m));
	if (m.apps.count != count)
		fprintf(stderr, "%u applications, expected: %u\n", m.apps.count, count);
	CHECK(m.apps.count == count);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* The first list comes as the answer to APPS_REQ, which the courier sends by itself. */
static void test_first(void)
{
	expect(3);
}

/* Of those that follow each other quickly the newest is told, once, later. */
static void test_newest(void)
{
	uint64_t since = now_ms();

	asked_run(&stand, "apps 1 2 4 256 5");
	expect(5);
	CHECK(now_ms() - since >= 500); /* most of the two seconds since the first */
	asked_run(&stand, "apps 0");
	expect(0);
}

/* A list that begins anew before it is whole is none. */
static void test_broken_off(void)
{
	asked_run(&stand, "apps half 2");
	expect(2);
}

/* vmosd was away: its successor hears of the list that came meanwhile. */
static void test_adoption(void)
{
	asked_adopt(&stand);
	asked_run(&stand, "apps 7");
	expect(7);
}

static void test_old_agent(void)
{
	asked_return(&stand, true);
	asked_run(&stand, "apps 1"); /* nobody asked this one */
	asked_expect_refusal(&stand);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int apps(const char *program)
{
	static char *const wrong[] = { "apps order", "apps skip", "apps count", "apps id", "apps blob" };
	int count = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	asked_start(&stand, program);
	RUN_TEST(test_first);
	RUN_TEST(test_newest);
	RUN_TEST(test_broken_off);
	RUN_TEST(test_adoption);
	RUN_TEST(test_old_agent);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		asked_start(&stand, program);
		asked_run(&stand, wrong[i]);
		asked_expect_refusal(&stand);
		printf("ok %d - refused: %s\n", ++count, wrong[i]);
	}
	printf("1..%d\n", count);
	return 0;
}
