/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/runctl.h"

#include <errno.h>
#include <string.h>

#include "proto/xfer.h"
#include "tests/unit/unit.h"

static const struct runctl commands[] = {
	{ .type = RUNCTL_WINCH, .a = 24, .b = 80 },
	{ .type = RUNCTL_SIGNAL, .a = 15 },
};

static const struct runctl couriers[] = {
	{ .type = RUNCTL_STARTED, .a = 1 },
	{ .type = RUNCTL_EXIT, .a = XFER_R_NO_SPACE },
	{ .type = RUNCTL_LOST },
};

static const struct runctl transfers[] = {
	{ .type = RUNCTL_POINT, .a = INT32_MAX, .n = { UINT64_MAX, 3ull * XFER_DATA_MAX } },
	{ .type = RUNCTL_PROGRESS, .n = { 1, UINT64_MAX } },
	{ .type = RUNCTL_PROBLEM, .a = EACCES, .text = "gr\xc3\xbc\xc3\x9f/secret" },
	{ .type = RUNCTL_STARTED, .a = 1, .n = { UINT32_MAX } },
};

static void test_directions(void **state)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		assert_int_equal(runctl_check_command(&commands[i], sizeof(commands[i])), 0);
		assert_int_equal(runctl_check_courier(&commands[i], sizeof(commands[i])), -EBADMSG);
		assert_int_equal(runctl_check_transfer(&commands[i], sizeof(commands[i])), -EBADMSG);
	}
	for (size_t i = 0; i < COUNT(couriers); i++) {
		assert_int_equal(runctl_check_command(&couriers[i], sizeof(couriers[i])), -EBADMSG);
		assert_int_equal(runctl_check_courier(&couriers[i], sizeof(couriers[i])), 0);
		assert_int_equal(runctl_check_transfer(&couriers[i], sizeof(couriers[i])), 0);
	}
	for (size_t i = 0; i < COUNT(transfers); i++) {
		assert_int_equal(runctl_check_command(&transfers[i], sizeof(transfers[i])), -EBADMSG);
		assert_int_equal(runctl_check_courier(&transfers[i], sizeof(transfers[i])), -EBADMSG);
		assert_int_equal(runctl_check_transfer(&transfers[i], sizeof(transfers[i])), 0);
	}
}

static void test_size(void **state)
{
	for (size_t len = 0; len < 2 * sizeof(struct runctl); len++) {
		int expected = len == sizeof(struct runctl) ? 0 : -EBADMSG;

		assert_int_equal(runctl_check_command(&commands[0], len), expected);
		assert_int_equal(runctl_check_courier(&couriers[0], len), expected);
		assert_int_equal(runctl_check_transfer(&transfers[0], len), expected);
	}
}

#define REFUSED(check, good, change)                    \
	do {                                            \
		struct runctl m = (good);               \
		change;                                 \
		if (check(&m, sizeof(m)) != -EBADMSG)   \
			fail_msg("taken: %s", #change); \
	} while (0)

/* What a message does not use is zero: nothing travels beside it. */
static void test_unused_is_zero(void **state)
{
	REFUSED(runctl_check_command, commands[0], m.zero = 1);
	REFUSED(runctl_check_command, commands[0], m.n[0] = 1);
	REFUSED(runctl_check_command, commands[0], m.n[1] = 1);
	REFUSED(runctl_check_command, commands[0], m.text[RUNCTL_TEXT_MAX - 1] = 1);
	REFUSED(runctl_check_command, commands[1], m.b = 1);
	REFUSED(runctl_check_courier, couriers[1], m.b = 1);
	REFUSED(runctl_check_courier, couriers[1], m.text[0] = 'a');
	REFUSED(runctl_check_courier, couriers[2], m.a = 1);
	REFUSED(runctl_check_transfer, couriers[1], m.n[0] = 1);
	for (size_t i = 0; i < COUNT(transfers); i++) {
		REFUSED(runctl_check_transfer, transfers[i], m.zero = 1);
		REFUSED(runctl_check_transfer, transfers[i], m.b = 1);
		REFUSED(runctl_check_transfer, transfers[i], m.text[RUNCTL_TEXT_MAX - 1] = 'a');
	}
	REFUSED(runctl_check_transfer, transfers[0], m.text[0] = 'a');
	REFUSED(runctl_check_transfer, transfers[1], m.a = 1);
	REFUSED(runctl_check_transfer, transfers[1], m.text[0] = 'a');
	REFUSED(runctl_check_transfer, transfers[2], m.n[0] = 1);
	REFUSED(runctl_check_transfer, transfers[2], m.n[1] = 1);
}

static void test_bounds(void **state)
{
	for (int signo = -1; signo < 70; signo++) {
		struct runctl m = { .type = RUNCTL_SIGNAL, .a = signo };

		assert_int_equal(runctl_check_command(&m, sizeof(m)), signo >= 1 && signo <= 64 ? 0 : -EBADMSG);
	}
	REFUSED(runctl_check_command, commands[0], m.a = -1);
	REFUSED(runctl_check_command, commands[0], m.b = 65536);
	REFUSED(runctl_check_courier, couriers[0], m.a = 0);
	REFUSED(runctl_check_courier, couriers[1], m.a = 256);
	REFUSED(runctl_check_courier, couriers[1], m.a = 256 + 65);
	REFUSED(runctl_check_courier, couriers[1], m.a = -4096);
	REFUSED(runctl_check_transfer, transfers[0], m.type = 0);
	REFUSED(runctl_check_transfer, transfers[0], m.type = RUNCTL_PROBLEM + 1);
	REFUSED(runctl_check_transfer, transfers[0], m.a = -1);
	REFUSED(runctl_check_transfer, transfers[0], m.n[1] = XFER_DATA_MAX - 1);
	REFUSED(runctl_check_transfer, transfers[2], m.a = 0);
	REFUSED(runctl_check_transfer, transfers[2], m.a = 4096);
	REFUSED(runctl_check_transfer, transfers[2], memset(m.text, 0, sizeof(m.text)));
	REFUSED(runctl_check_transfer, transfers[2], memset(m.text, 'a', sizeof(m.text)));
	REFUSED(runctl_check_transfer, transfers[2], m.text[0] = '\n');
	REFUSED(runctl_check_transfer, transfers[2], m.text[0] = '\x80');
	REFUSED(runctl_check_transfer, transfers[3], m.a = 0);
	REFUSED(runctl_check_transfer, transfers[3], m.n[0]++);
	REFUSED(runctl_check_transfer, transfers[3], m.n[1] = 1);
	REFUSED(runctl_check_transfer, transfers[3], m.text[0] = 'a');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_unused_is_zero),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
