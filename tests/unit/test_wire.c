/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/netplan.h"
#include "proto/wire.h"
#include "tests/unit/unit.h"

static const struct wire_msg requests[] = {
	{ .type = WIRE_OPEN, .filter = 1 },
	{ .type = WIRE_MAKE, .index = NETPLAN_INDEX_MAX },
	{ .type = WIRE_GIVE, .nfds = 1, .index = 1 },
	{ .type = WIRE_TAKE },
	{ .type = WIRE_DROP, .index = 1 },
	{ .type = WIRE_HAS, .index = 1 },
	{ .type = WIRE_SHARE },
};

/* In the order of the requests: what is said when it was done. */
static const struct wire_msg replies[] = {
	{ .type = WIRE_DONE, .nfds = 1 },
	{ .type = WIRE_DONE, .nfds = 1, .index = NETPLAN_INDEX_MAX },
	{ .type = WIRE_DONE, .index = 1 },
	{ .type = WIRE_DONE, .ifindex = 1 },
	{ .type = WIRE_DONE, .index = 1 },
	{ .type = WIRE_DONE, .index = 1, .ifindex = INT32_MAX },
	{ .type = WIRE_DONE, .nfds = WIRE_FDS_MAX },
};

static const struct wire_msg failed = { .type = WIRE_DONE, .index = 1, .error = -ENODEV, .text = "it is not here" };

static void test_good(void **state)
{
	for (size_t i = 0; i < COUNT(requests); i++) {
		const uint32_t type = requests[i].type;

		assert_int_equal(type, WIRE_OPEN + i);
		if (wire_check_request(&requests[i], sizeof(requests[i]), requests[i].nfds) < 0)
			fail_msg("refused: request %zu", i);
		if (wire_check_reply(&replies[i], type, sizeof(replies[i]), replies[i].nfds) < 0)
			fail_msg("refused: reply %zu", i);
		assert_int_equal(wire_check_reply(&failed, type, sizeof(failed), 0), 0);
		assert_int_equal(wire_check_request(&replies[i], sizeof(replies[i]), replies[i].nfds), -EBADMSG);
		assert_int_equal(wire_check_reply(&requests[i], type, sizeof(requests[i]), requests[i].nfds), -EBADMSG);
	}
}

static void test_size_and_fds(void **state)
{
	struct wire_msg m;

	for (size_t i = 0; i < COUNT(requests); i++) {
		const uint32_t type = requests[i].type;

		for (size_t len = 0; len <= sizeof(m) + 1; len++) {
			int expected = len == sizeof(m) ? 0 : -EBADMSG;

			assert_int_equal(wire_check_request(&requests[i], len, requests[i].nfds), expected);
			assert_int_equal(wire_check_reply(&replies[i], type, len, replies[i].nfds), expected);
		}
		for (unsigned nfds = 0; nfds < WIRE_FDS_MAX + 2; nfds++) {
			m = requests[i];
			m.nfds = nfds;
			assert_int_equal(
				wire_check_request(&m, sizeof(m), nfds), nfds == requests[i].nfds ? 0 : -EBADMSG);
			assert_int_equal(wire_check_request(&m, sizeof(m), nfds + 1), -EBADMSG);
			m = replies[i];
			m.nfds = nfds;
			assert_int_equal(
				wire_check_reply(&m, type, sizeof(m), nfds), nfds == replies[i].nfds ? 0 : -EBADMSG);
			assert_int_equal(wire_check_reply(&m, type, sizeof(m), nfds + 1), -EBADMSG);
		}
	}
}

#define REQUEST(good, change)                                              \
	do {                                                               \
		struct wire_msg m = requests[(good)-WIRE_OPEN];            \
		change;                                                    \
		if (wire_check_request(&m, sizeof(m), m.nfds) != -EBADMSG) \
			fail_msg("taken: %s", #change);                    \
	} while (0)

#define REPLY(good, request, change)                                              \
	do {                                                                      \
		struct wire_msg m = (good);                                       \
		change;                                                           \
		if (wire_check_reply(&m, request, sizeof(m), m.nfds) != -EBADMSG) \
			fail_msg("taken: %s", #change);                           \
	} while (0)

static void test_request_bounds(void **state)
{
	REQUEST(WIRE_OPEN, m.type = 0);
	REQUEST(WIRE_OPEN, m.type = WIRE_SHARE + 1);
	REQUEST(WIRE_OPEN, m.type = WIRE_DONE);
	REQUEST(WIRE_OPEN, m.filter = 2);
	REQUEST(WIRE_OPEN, m.index = 1);
	REQUEST(WIRE_SHARE, m.index = 1);
	REQUEST(WIRE_MAKE, m.index++);
	REQUEST(WIRE_MAKE, m.index = UINT32_MAX);
	for (uint32_t type = WIRE_OPEN; type <= WIRE_SHARE; type++) {
		REQUEST(type, m.ifindex = 1);
		REQUEST(type, m.error = -1);
		REQUEST(type, m.error = 1);
		REQUEST(type, m.text[0] = 'a');
		REQUEST(type, m.text[WIRE_TEXT_MAX - 1] = 'a');
		if (type != WIRE_OPEN)
			REQUEST(type, m.filter = 1);
		if (type >= WIRE_MAKE && type <= WIRE_HAS)
			REQUEST(type, m.index = NETPLAN_INDEX_MAX + 1);
	}
}

static void test_reply_bounds(void **state)
{
	for (uint32_t type = WIRE_OPEN; type <= WIRE_SHARE; type++) {
		const struct wire_msg good = replies[type - WIRE_OPEN];

		REPLY(good, type, m.type = type);
		REPLY(good, type, m.type = WIRE_DONE + 1);
		REPLY(good, type, m.filter = 1);
		REPLY(good, type, m.index = NETPLAN_INDEX_MAX + 1);
		REPLY(good, type, m.error = 1);
		REPLY(good, type, m.text[0] = 'a');
		REPLY(good, type, m.text[WIRE_TEXT_MAX - 1] = 'a');
		REPLY(good, type, m.ifindex = m.ifindex ? 0 : 1);
		REPLY(good, type, m.ifindex = 1u << 31);
		REPLY(failed, type, m.nfds = 1);
		REPLY(failed, type, m.ifindex = 1);
		REPLY(failed, type, memset(m.text, 'a', sizeof(m.text)));
	}
	REPLY(replies[0], 0, m.index = 0);
	REPLY(replies[0], WIRE_DONE, m.index = 0);
}

static void test_names(void **state)
{
	char name[WIRE_NAME_MAX + 1], expected[WIRE_NAME_MAX + 1];

	wire_name(0, name);
	assert_string_equal(name, "inside");
	for (uint32_t index = 1; index <= NETPLAN_INDEX_MAX; index++) {
		snprintf(expected, sizeof(expected), "vmos%u", index);
		wire_name(index, name);
		assert_string_equal(name, expected);
	}
	wire_name(UINT32_MAX, name);
	assert_string_equal(name, "vmos4294967295");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_size_and_fds),
		cmocka_unit_test(test_request_bounds),
		cmocka_unit_test(test_reply_bounds),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
