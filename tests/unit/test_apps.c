/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/apps.h"
#include "tests/unit/unit.h"

static struct app good(const char *id)
{
	struct app a = { .name = "Gr\xc3\xbc\xc3\x9f", .window = "Foot", .categories = 0xffff };

	snprintf(a.id, sizeof(a.id), "%s", id);
	memset(a.icon, 0xa5, sizeof(a.icon));
	return a;
}

static void test_id(void **state)
{
	static const char *const ids[] = { "foot", "org.gnome.Nautilus", "a", "0ad", "_x", "a..b", "firefox-esr" };
	static const char *const bad[] = { "", ".foot", "-foot", "a b", "a/b", "a\n", "fr\xc3\xbc", "a;b", "a%u",
		"$x" };
	char longest[APP_ID_MAX + 1];

	for (size_t i = 0; i < COUNT(ids); i++)
		assert_true(app_is_id(ids[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(app_is_id(bad[i]));
	memset(longest, 'a', sizeof(longest));
	longest[APP_ID_MAX] = '\0';
	assert_false(app_is_id(longest));
	longest[APP_ID_MAX - 1] = '\0';
	assert_true(app_is_id(longest));
}

static void test_round_trip(void **state)
{
	struct app a = good("foot"), back;
	uint8_t bytes[APP_WIRE_BYTES];

	app_encode(&a, bytes);
	memset(&back, 0xff, sizeof(back));
	assert_int_equal(app_decode(bytes, sizeof(bytes), &back), 0);
	assert_memory_equal(&a, &back, sizeof(a));
	assert_int_equal(apps_check(&back, 1), 0);
}

/* Every length but the right one, and nothing is written then. */
static void test_truncated(void **state)
{
	struct app a = good("foot"), back, before;
	uint8_t *bytes = malloc(APP_WIRE_BYTES);

	app_encode(&a, bytes);
	memset(&back, 0x5a, sizeof(back));
	before = back;
	for (size_t len = 0; len < APP_WIRE_BYTES; len++) {
		uint8_t *cut = malloc(len ? len : 1); /* a sanitizer sees what is read behind it */

		memcpy(cut, bytes, len);
		assert_int_equal(app_decode(cut, len, &back), -EBADMSG);
		free(cut);
	}
	assert_int_equal(app_decode(bytes, APP_WIRE_BYTES + 1, &back), -EBADMSG);
	assert_memory_equal(&back, &before, sizeof(back));
	free(bytes);
}

#define REFUSED(change)                                                              \
	do {                                                                         \
		struct app a = good("foot"), back;                                   \
		uint8_t bytes[APP_WIRE_BYTES];                                       \
                                                                                     \
		change;                                                              \
		app_encode(&a, bytes);                                               \
		assert_int_equal(app_decode(bytes, sizeof(bytes), &back), -EBADMSG); \
		assert_int_equal(apps_check(&a, 1), -EBADMSG);                       \
	} while (0)

static void test_refused(void **state)
{
	REFUSED(a.id[0] = '\0');
	REFUSED(a.id[1] = '/');
	REFUSED(a.id[APP_ID_MAX - 1] = 'x'); /* behind its NUL */
	REFUSED(memset(a.id, 'x', sizeof(a.id))); /* no NUL */
	REFUSED(a.window[0] = '.');
	REFUSED(memset(a.window, 'x', sizeof(a.window)));
	REFUSED(a.name[0] = '\0');
	REFUSED(a.categories = 1u << APP_CATEGORIES);
}

/* What would break a line, turn it round or hide in it is replaced; a helper that leaves it in is not believed. */
static void test_name(void **state)
{
	static const struct {
		const char *claimed, *shown;
	} names[] = {
		{ "a\nExec=rm",
			"a\xef\xbf\xbd"
			"Exec=rm" },
		{ "a\xe2\x80\xae"
		  "b",
			"a\xef\xbf\xbd"
			"b" },
		{ "\xff", "\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		struct app a = good("foot"), back;
		uint8_t bytes[APP_WIRE_BYTES];

		memset(a.name, 0, sizeof(a.name));
		snprintf(a.name, sizeof(a.name), "%s", names[i].claimed);
		assert_int_equal(apps_check(&a, 1), -EBADMSG);
		app_encode(&a, bytes);
		assert_int_equal(app_decode(bytes, sizeof(bytes), &back), 0);
		assert_string_equal(back.name, names[i].shown);
		assert_int_equal(apps_check(&back, 1), 0);
	}
}

/* A name that fills its field and would grow is cut; the result is a helper's to hand on. */
static void test_long_name(void **state)
{
	struct app a = good("foot"), back;
	uint8_t bytes[APP_WIRE_BYTES];

	memset(a.name, '\n', sizeof(a.name));
	app_encode(&a, bytes);
	assert_int_equal(app_decode(bytes, sizeof(bytes), &back), 0);
	assert_true(strlen(back.name) < APP_NAME_MAX);
	assert_int_equal(apps_check(&back, 1), 0);
}

static void test_list(void **state)
{
	struct app *list = calloc(APPS_MAX + 1, sizeof(*list));

	assert_non_null(list);
	for (int i = 0; i <= APPS_MAX; i++) {
		list[i] = good("x");
		snprintf(list[i].id, sizeof(list[i].id), "app%03d", i);
	}
	assert_int_equal(apps_check(list, 0), 0);
	assert_int_equal(apps_check(list, APPS_MAX), 0);
	assert_int_equal(apps_check(list, APPS_MAX + 1), -EBADMSG);
	memcpy(list[7].id, list[6].id, sizeof(list[7].id));
	assert_int_equal(apps_check(list, APPS_MAX), -EBADMSG);
	assert_int_equal(apps_check(list, 7), 0);
	free(list);
}

static void test_categories(void **state)
{
	for (unsigned bit = 0; bit < APP_CATEGORIES; bit++)
		assert_non_null(app_category(bit));
	assert_null(app_category(APP_CATEGORIES));
	assert_string_equal(app_category(__builtin_ctz(APP_FILE_MANAGER)), "FileManager");
	assert_string_equal(app_category(__builtin_ctz(APP_TERMINAL)), "TerminalEmulator");
	assert_string_equal(app_category(__builtin_ctz(APP_BROWSER)), "WebBrowser");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_categories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
