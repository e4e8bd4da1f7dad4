/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/palette.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_parse(void **state)
{
	uint32_t rgb = 0;

	assert_int_equal(palette_parse("#12aBef", &rgb), 0);
	assert_int_equal(rgb, 0x12abef);
	assert_int_equal(palette_parse("#0f8", &rgb), 0);
	assert_int_equal(rgb, 0x00ff88);
	assert_int_equal(palette_parse("Blue", &rgb), 0);
	assert_int_equal(palette_parse("gray", &rgb), 0);
}

static void test_refuse(void **state)
{
	static const char *const wrong[] = { "", "#", "#12", "#1234", "#12345", "#1234567", "#12345g", "mauve", "blue ",
		"#-12345" };
	uint32_t rgb = 7;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(palette_parse(wrong[i], &rgb), -EINVAL);
		assert_int_equal(rgb, 7);
	}
}

static void test_names_parse(void **state)
{
	char *names = strdup(palette_names()), *at = names, *name;
	uint32_t rgb;
	unsigned n = 0;

	assert_non_null(names);
	while ((name = strsep(&at, ", ")) != NULL) {
		if (!*name)
			continue;
		assert_int_equal(palette_parse(name, &rgb), 0);
		n++;
	}
	assert_true(n >= 8);
	free(names);
}

/* New VMs get different colours for as long as the palette has any. */
static void test_pick(void **state)
{
	uint32_t used[12] = { 0 };

	for (unsigned i = 0; i < 12; i++) {
		used[i] = palette_pick(used, i);
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(used[i], used[k]);
	}
	assert_int_equal(palette_pick(used, 12), used[0]);
}

/* Each name of the palette has a pattern of its own, and what is nearly its colour has the same. */
static void test_pattern(void **state)
{
	bool seen[PALETTE_PATTERNS] = { false };
	uint32_t used[PALETTE_PATTERNS];

	for (unsigned i = 0; i < PALETTE_PATTERNS; i++) {
		unsigned pattern;

		used[i] = palette_pick(used, i);
		pattern = palette_pattern(used[i]);
		assert_true(pattern < PALETTE_PATTERNS && !seen[pattern]);
		seen[pattern] = true;
		assert_int_equal(palette_pattern(used[i] ^ 0x010101), pattern);
	}
}

static void test_format(void **state)
{
	char text[8];
	uint32_t rgb;

	palette_format(0x0000ff, text);
	assert_string_equal(text, "#0000ff");
	assert_int_equal(palette_parse(text, &rgb), 0);
	assert_int_equal(rgb, 0x0000ff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_names_parse),
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
