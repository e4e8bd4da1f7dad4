/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "tap/names.h"
#include "tests/unit/unit.h"

#define SECOND 1000000ull
#define NOW (5000 * SECOND)

static struct memory_name table[MEMORY_NAMES];
static struct names names;
static const uint64_t secret[2] = { 1, 2 };
static const char *found[NAMES_EACH_MAX];

static int setup(void **state)
{
	memset(table, 0, sizeof(table));
	names_open(&names, table, secret, NOW);
	return 0;
}

static int learn(uint32_t index, uint8_t host, const char *name, uint32_t ttl)
{
	uint8_t addr[NETPLAN_ADDR] = { [0] = 0x20, [1] = 1, [15] = host };

	return names_learn(&names, &(struct names_answer){ index, addr, name, ttl }, 1, NOW);
}

static unsigned find(uint32_t index, uint8_t host, uint64_t when)
{
	uint8_t addr[NETPLAN_ADDR] = { [0] = 0x20, [1] = 1, [15] = host };

	return names_find(&names, index, addr, when, found);
}

static void test_learn(void **state)
{
	assert_int_equal(find(1, 1, NOW), 0);
	assert_int_equal(learn(1, 1, "a.example", 300), 1);
	assert_int_equal(learn(1, 1, "a.example", 300), 0);
	assert_int_equal(learn(1, 1, "b.example", 300), 1);
	assert_int_equal(find(1, 1, NOW), 2);
	assert_string_equal(found[0], "b.example"); /* the last one learnt */
	assert_int_equal(find(2, 1, NOW), 0);
	assert_int_equal(find(1, 2, NOW), 0);
	assert_int_equal(names_count(&names, 1, NOW), 2);
	names_forget(&names, 1);
	assert_int_equal(find(1, 1, NOW), 0);
	assert_int_equal(names.count, 0);
}

static void test_ttl(void **state)
{
	learn(1, 1, "short", 0);
	learn(1, 2, "long", UINT32_MAX);
	assert_int_equal(find(1, 1, NOW + (NAMES_TTL_MIN - 1) * SECOND), 1);
	assert_int_equal(find(1, 1, NOW + NAMES_TTL_MIN * SECOND), 0);
	assert_int_equal(find(1, 2, NOW + (NAMES_TTL_MAX - 1) * SECOND), 1);
	assert_int_equal(find(1, 2, NOW + NAMES_TTL_MAX * SECOND), 0);
	assert_int_equal(find(1, 1, NOW), 1); /* a flow that began then keeps it */
}

static void test_each(void **state)
{
	char name[16];

	for (uint32_t i = 0; i < 3 * NAMES_EACH_MAX; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(learn(1, 1, name, 60 + i), 1);
	}
	assert_int_equal(find(1, 1, NOW), NAMES_EACH_MAX);
	assert_string_equal(found[0], "n47");
	for (unsigned i = 0; i < NAMES_EACH_MAX; i++)
		assert_true(found[i][1] >= '3'); /* n32 … n47: those that end first went */
}

static void test_bounds(void **state)
{
	uint8_t addr[NETPLAN_ADDR] = { 0x20 };

	for (uint32_t index = 1; index <= 20; index++) {
		for (uint32_t i = 0; i < NAMES_SHARE_MAX + 100; i++) {
			memcpy(addr + 4, &i, sizeof(i));
			assert_int_equal(
				names_learn(&names, &(struct names_answer){ index, addr, "x", 100 }, 8, NOW + i), 1);
		}
		/* Eight fill the table; those after them get theirs from the richest. */
		if (index <= 8)
			assert_int_equal(names.held[index], NAMES_SHARE_MAX);
		else
			assert_in_range(names.held[index], MEMORY_NAMES / 20 - 1, NAMES_SHARE_MAX);
	}
	assert_int_equal(names.count, MEMORY_NAMES);
}

static void test_taken_up(void **state)
{
	uint64_t random = 3;

	learn(1, 1, "a.example", 300);
	learn(2, 1, "b.example", 300);
	names_open(&names, table, secret, NOW);
	assert_int_equal(names.count, 2);
	assert_int_equal(find(1, 1, NOW), 1);
	for (size_t i = 0; i < MEMORY_NAMES; i++)
		if (table[i].used)
			memset(table[i].name, 'a', sizeof(table[i].name)); /* no end */
	names_open(&names, table, secret, NOW);
	assert_int_equal(names.count, 0);
	for (size_t at = 0; at < sizeof(table) / 8; at++)
		((uint64_t *)table)[at] = unit_random(&random) & unit_random(&random) & unit_random(&random);
	names_open(&names, table, secret, NOW);
	assert_int_equal(names.count, 0);
}

#define WIPED(change)                                   \
	do {                                            \
		setup(NULL);                            \
		learn(1, 1, "a.example", 300);          \
		struct memory_name *m = table;          \
		while (!m->used)                        \
			m++;                            \
		change;                                 \
		names_open(&names, table, secret, NOW); \
		if (names.count)                        \
			fail_msg("taken: %s", #change); \
	} while (0)

static void test_hostile_memory(void **state)
{
	WIPED(m->used = 3);
	WIPED(m->index = 0);
	WIPED(m->index = NETPLAN_INDEX_MAX + 1);
	WIPED(m->learnt = NOW + 1);
	WIPED(m->until = m->learnt);
	WIPED(m->until = UINT64_MAX);
	WIPED(m->name[0] = 0);
	WIPED(m->name[0] = 'A');
	WIPED(m->name[1] = '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_learn, setup),
		cmocka_unit_test_setup(test_ttl, setup),
		cmocka_unit_test_setup(test_each, setup),
		cmocka_unit_test_setup(test_bounds, setup),
		cmocka_unit_test_setup(test_taken_up, setup),
		cmocka_unit_test_setup(test_hostile_memory, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
