/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/netplan.h"

static void test_lowest(void **state)
{
	const uint32_t used[] = { 3, 0, 1, 0, 7, 2 };

	assert_int_equal(net_index_pick(NULL, 0), 1);
	assert_int_equal(net_index_pick(used, 1), 1);
	assert_int_equal(net_index_pick(used, 3), 2);
	assert_int_equal(net_index_pick(used, 6), 4);
}

static void test_full(void **state)
{
	static uint32_t used[NETPLAN_INDEX_MAX];

	for (uint32_t i = 0; i < NETPLAN_INDEX_MAX; i++)
		used[i] = NETPLAN_INDEX_MAX - i;
	assert_int_equal(net_index_pick(used, NETPLAN_INDEX_MAX), 0);
	used[17] = 0;
	assert_int_equal(net_index_pick(used, NETPLAN_INDEX_MAX), NETPLAN_INDEX_MAX - 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lowest),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
