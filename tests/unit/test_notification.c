/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/notification.h"
#include "proto/text.h"
#include "tests/unit/unit.h"

static const struct notification good = { .app = "Firefox", .summary = "Gr\xc3\xbc\xc3\x9f", .body = "<b>a</b> & b" };

static void test_round_trip(void **state)
{
	uint8_t bytes[NOTIFICATION_WIRE_BYTES];
	struct notification back;

	notification_encode(&good, bytes);
	memset(&back, 0xff, sizeof(back));
	assert_int_equal(notification_decode(bytes, sizeof(bytes), &back), 0);
	assert_memory_equal(&back, &good, sizeof(back));
	assert_int_equal(notification_check(&back), 0);
}

/* Every length but the right one, and nothing is written then. */
static void test_truncated(void **state)
{
	uint8_t bytes[NOTIFICATION_WIRE_BYTES];
	struct notification back, before;

	notification_encode(&good, bytes);
	memset(&back, 0x5a, sizeof(back));
	before = back;
	for (size_t len = 0; len < sizeof(bytes); len++) {
		uint8_t *cut = malloc(len ? len : 1); /* a sanitizer sees what is read behind it */

		memcpy(cut, bytes, len);
		assert_int_equal(notification_decode(cut, len, &back), -EBADMSG);
		free(cut);
	}
	assert_int_equal(notification_decode(bytes, sizeof(bytes) + 1, &back), -EBADMSG);
	assert_memory_equal(&back, &before, sizeof(back));
}

/* A field without an end. */
static void test_endless(void **state)
{
	static const struct {
		size_t at, size;
	} fields[] = {
		{ offsetof(struct notification, app), NOTIFICATION_APP_MAX },
		{ offsetof(struct notification, summary), NOTIFICATION_SUMMARY_MAX },
		{ offsetof(struct notification, body), NOTIFICATION_BODY_MAX },
	};

	for (size_t i = 0; i < COUNT(fields); i++) {
		struct notification n = good, back;

		memset((char *)&n + fields[i].at, 'x', fields[i].size);
		assert_int_equal(notification_decode((uint8_t *)&n, sizeof(n), &back), -EBADMSG);
		assert_int_equal(notification_check(&n), -EBADMSG);
		((char *)&n)[fields[i].at + fields[i].size - 1] = '\0';
		assert_int_equal(notification_decode((uint8_t *)&n, sizeof(n), &back), 0);
		assert_memory_equal(&n, &back, sizeof(n));
	}
}

/* What could move, hide or break the host's words beside it. A helper that hands on such text is not believed. */
static void test_deception(void **state)
{
	static const char *const bad[] = { "work\nvmOS: all is well", "\xe2\x80\xaemoc.live", "a\tb", "\x1b[2J",
		"\xff\xfe", "zero\xe2\x80\x8bwidth", "\xe2\x81\xa6isolate", "\xed\xa0\x80" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct notification n = { 0 }, back;
		uint8_t bytes[NOTIFICATION_WIRE_BYTES];

		snprintf(n.summary, sizeof(n.summary), "%s", bad[i]);
		assert_int_equal(notification_check(&n), -EBADMSG);
		notification_encode(&n, bytes);
		assert_int_equal(notification_decode(bytes, sizeof(bytes), &back), 0);
		assert_int_equal(notification_check(&back), 0);
		assert_non_null(strstr(back.summary, "\xef\xbf\xbd"));
		assert_null(strpbrk(back.summary, "\n\t\x1b"));
	}
}

/* Characters that grow when they are made safe are cut whole. */
static void test_growth(void **state)
{
	struct notification n = { 0 }, back;
	uint8_t bytes[NOTIFICATION_WIRE_BYTES];

	memset(n.body, 0x01, sizeof(n.body) - 1);
	notification_encode(&n, bytes);
	assert_int_equal(notification_decode(bytes, sizeof(bytes), &back), 0);
	assert_int_equal(strlen(back.body), (NOTIFICATION_BODY_MAX - 1) / 3 * 3);
	assert_true(text_is_clean(back.body));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_deception),
		cmocka_unit_test(test_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
