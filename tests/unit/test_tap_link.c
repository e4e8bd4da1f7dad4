/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tap/bucket.h"
#include "tap/link.h"
#include "tests/unit/unit.h"

#define NOW (100 * FLOW_SECOND)

static struct link alink;

static int setup(void **state)
{
	link_open(&alink, &(struct tap_link){ .index = 7, .rate_kib = 1024 });
	return 0;
}

static int teardown(void **state)
{
	link_close(&alink);
	return 0;
}

static struct tap_line line_of(uint32_t number)
{
	return (struct tap_line){ .index = 7,
		.generation = 3,
		.number = number,
		.target = { .action = NET_ALLOW, .kind = NET_ANY, .port_high = 65535 } };
}

static void test_list(void **state)
{
	const struct tap_list head = { .index = 7, .generation = 3, .count = 2, .fallback = NET_DENY };
	struct tap_line line = line_of(0);

	assert_false(alink.live);
	assert_int_equal(link_take_line(&alink, &line), -EPROTO); /* of no list */
	assert_int_equal(link_begin_list(&alink, &head), 0);
	assert_int_equal(link_take_line(&alink, &line), 0);
	assert_false(alink.live); /* not half of it */
	line = line_of(1);
	assert_int_equal(link_take_line(&alink, &line), 1);
	assert_true(alink.live && alink.confirmed);
	assert_int_equal(alink.generation, 3);
	assert_int_equal(alink.lines.decider.count, 2);
	assert_int_equal(link_take_line(&alink, &line), -EPROTO); /* one too many */
	assert_int_equal(link_begin_list(&alink, &head), 0);
	assert_int_equal(link_take_line(&alink, &line), -EPROTO); /* not the first */
	assert_true(alink.live); /* the list before goes on */
	assert_int_equal(link_begin_list(&alink, &head), 0);
	line = line_of(0);
	line.generation++;
	assert_int_equal(link_take_line(&alink, &line), -EPROTO);
	assert_int_equal(link_begin_list(&alink, &(struct tap_list){ .index = 7, .generation = 9 }), 1);
	assert_int_equal(alink.lines.decider.count, 0);
	assert_int_equal(alink.generation, 9);
}

static void test_queries(void **state)
{
	struct dns_question q = { .id = 5, .type = DNS_A, .name = "a.example" }, other = q;
	struct frame_info info = { .local_port = 1000 }, elsewhere = { .local_port = 1001 };

	assert_false(link_awaited(&alink, &q, &info, NOW));
	link_expect(&alink, &q, &info, NOW);
	link_expect(&alink, &q, &info, NOW); /* asked again */
	other.id++;
	assert_false(link_awaited(&alink, &other, &info, NOW));
	other = q;
	other.name[0] = 'b';
	assert_false(link_awaited(&alink, &other, &info, NOW));
	other = q;
	other.type = DNS_AAAA;
	assert_false(link_awaited(&alink, &other, &info, NOW));
	assert_false(link_awaited(&alink, &q, &elsewhere, NOW));
	assert_true(link_awaited(&alink, &q, &info, NOW));
	assert_false(link_awaited(&alink, &q, &info, NOW)); /* once */
	link_expect(&alink, &q, &info, NOW);
	assert_false(link_awaited(&alink, &q, &info, NOW + LINK_QUERY_US)); /* too late */
	for (uint16_t i = 0; i < 2 * LINK_QUERIES_MAX; i++) {
		q.id = i;
		link_expect(&alink, &q, &info, NOW);
	}
	q.id = 0;
	assert_false(link_awaited(&alink, &q, &info, NOW));
	q.id = LINK_QUERIES_MAX;
	assert_true(link_awaited(&alink, &q, &info, NOW));
}

static void test_bucket(void **state)
{
	struct bucket b = { 0 };
	unsigned taken = 0;

	while (bucket_take(&b, 200, 1000, 1, NOW))
		taken++;
	assert_int_equal(taken, 1000);
	assert_false(bucket_take(&b, 200, 1000, 1, NOW + 4999));
	assert_true(bucket_take(&b, 200, 1000, 1, NOW + 5000)); /* a 200th of a second */
	for (taken = 0; bucket_take(&b, 200, 1000, 1, NOW + FLOW_SECOND); taken++)
		;
	assert_int_equal(taken, 199);
	for (taken = 0; bucket_take(&b, 200, 1000, 1, NOW + 99 * FLOW_SECOND); taken++)
		;
	assert_int_equal(taken, 1000);
	b = (struct bucket){ 0 };
	assert_true(bucket_take(&b, BUCKET_RATE_MAX, BUCKET_RATE_MAX / 4, 1500, UINT64_MAX / 2));
	assert_false(bucket_take(&b, BUCKET_RATE_MAX, BUCKET_RATE_MAX / 4, BUCKET_RATE_MAX, UINT64_MAX / 2));
}

/* A MiB a second: a quarter at once, then no faster. */
static void test_rate(void **state)
{
	uint32_t passed = 0;

	for (uint64_t now = NOW; now < NOW + 2 * FLOW_SECOND; now += 100)
		passed += link_may_pass(&alink, &alink.up, 1500, now) ? 1500 : 0;
	assert_in_range(passed, (2u << 20) + (200u << 10), (2u << 20) + (260u << 10));
	alink.rate = 0;
	for (int i = 0; i < 100000; i++)
		assert_true(link_may_pass(&alink, &alink.up, 1500, NOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_queries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bucket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
