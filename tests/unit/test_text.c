/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "proto/text.h"
#include "tests/unit/unit.h"

#define BAD "\xef\xbf\xbd"

static void test_vm_name(void **state)
{
	static const char *const good[] = { "a", "work", "Work-2", "a_b.c-d", "9",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	static const char *const bad[] = { "", "-a", ".", "..", "_a", "a/b", "a b", "a\n", "ä", "a:b", "a\x7f",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(text_is_vm_name(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_is_vm_name(bad[i]));
}

static void check_next(const char *bytes, size_t len, size_t used, uint32_t cp)
{
	uint8_t *copy = malloc(len ? len : 1);
	uint32_t got = 0xdead;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	assert_int_equal(text_utf8_next(copy, len, &got), used);
	if (used)
		assert_int_equal(got, cp);
	free(copy);
}

static void test_utf8_bounds(void **state)
{
	check_next("", 0, 0, 0);
	check_next("\0", 1, 1, 0);
	check_next("\x7f", 1, 1, 0x7f);
	check_next("\xc2\x80", 2, 2, 0x80);
	check_next("\xdf\xbf", 2, 2, 0x7ff);
	check_next("\xe0\xa0\x80", 3, 3, 0x800);
	check_next("\xed\x9f\xbf", 3, 3, 0xd7ff);
	check_next("\xee\x80\x80", 3, 3, 0xe000);
	check_next("\xf0\x90\x80\x80", 4, 4, 0x10000);
	check_next("\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff);
	check_next("\x80", 1, 0, 0); /* a continuation first */
	check_next("\xc0\xaf", 2, 0, 0); /* overlong '/' */
	check_next("\xc1\xbf", 2, 0, 0);
	check_next("\xe0\x9f\xbf", 3, 0, 0);
	check_next("\xf0\x8f\xbf\xbf", 4, 0, 0);
	check_next("\xed\xa0\x80", 3, 0, 0); /* surrogate */
	check_next("\xf4\x90\x80\x80", 4, 0, 0); /* beyond U+10FFFF */
	check_next("\xff", 1, 0, 0);
	check_next("\xe2\x82", 2, 0, 0); /* truncated */
	check_next("\xf0\x9f\x98", 3, 0, 0);
	check_next("\xe2\x28\xa1", 3, 0, 0);
}

/* Every code point has one encoding, and the decoder finds it again. */
static void test_utf8_all(void **state)
{
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		uint8_t s[4] = { (uint8_t)cp };
		size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
		uint32_t got = 0;
		bool surrogate = cp >= 0xd800 && cp <= 0xdfff;

		for (size_t i = len; len > 1 && i-- > 0;)
			s[i] = (uint8_t)(0x80 | (cp >> 6 * (len - 1 - i) & 0x3f));
		if (len > 1)
			s[0] = (uint8_t)((0xf00u >> len) | cp >> 6 * (len - 1));
		assert_int_equal(text_utf8_next(s, len, &got), surrogate ? 0 : len);
		assert_true(surrogate || got == cp);
	}
}

static void check_sanitise(const char *in, const char *out)
{
	char dst[128];

	assert_int_equal(text_sanitise((const uint8_t *)in, strlen(in), dst, sizeof(dst)), strlen(out));
	assert_string_equal(dst, out);
}

static void test_sanitise(void **state)
{
	char dst[16];

	check_sanitise("plain text", "plain text");
	check_sanitise(
		"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	check_sanitise("a\nb\x1b[31m\x7f", "a" BAD "b" BAD "[31m" BAD);
	check_sanitise("\xc2\x9b", BAD); /* C1: a terminal's CSI */
	check_sanitise("\xe2\x80\xae"
		       "drow",
		BAD "drow"); /* right-to-left override */
	check_sanitise("a\xe2\x80\x8b"
		       "b\xef\xbb\xbf",
		"a" BAD "b" BAD); /* zero width */
	check_sanitise("\xe2\x80\xa8", BAD); /* line separator */
	check_sanitise("\xd8\x9c\xe2\x81\xa6", BAD BAD); /* Arabic mark, isolate */
	check_sanitise("\xf3\xa0\x81\x81", BAD); /* tag */
	check_sanitise("\xf1\x80\x80\x80", BAD); /* plane 4 */
	check_sanitise("\xff\xc3", BAD BAD);
	assert_int_equal(text_sanitise((const uint8_t *)"a\0b", 3, dst, sizeof(dst)), 5);
	assert_string_equal(dst, "a" BAD "b");
}

/* At every capacity: a NUL inside it, whole characters only, and never a byte beyond. */
static void test_sanitise_cuts_whole(void **state)
{
	static const char in[] = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xff!";

	for (size_t cap = 0; cap < 20; cap++) {
		char *dst = malloc(cap ? cap : 1);
		size_t len, at = 0;

		assert_non_null(dst);
		len = text_sanitise((const uint8_t *)in, sizeof(in) - 1, dst, cap);
		if (cap > 0)
			assert_int_equal(strnlen(dst, cap), len);
		while (at < len) {
			uint32_t cp;
			size_t used = text_utf8_next((const uint8_t *)dst + at, len - at, &cp);

			assert_true(used > 0);
			at += used;
		}
		free(dst);
	}
}

static void test_sanitise_random(void **state)
{
	uint64_t seed = 3;

	for (unsigned n = 0; n < 100000; n++) {
		uint8_t in[24];
		char dst[40], again[160];
		size_t len;

		for (size_t i = 0; i < sizeof(in); i++)
			in[i] = (uint8_t)(unit_random(&seed) >> 7);
		len = text_sanitise(in, n % (sizeof(in) + 1), dst, sizeof(dst));
		assert_true(len < sizeof(dst));
		assert_int_equal(text_sanitise((const uint8_t *)dst, len, again, sizeof(again)), len);
		assert_memory_equal(again, dst, len + 1);
	}
}

/* What is clean is what cleaning leaves alone. */
static void test_clean(void **state)
{
	uint64_t seed = 4;

	assert_true(text_is_clean(""));
	assert_true(text_is_clean("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"));
	assert_true(text_is_clean(BAD));
	assert_false(text_is_clean("a\nb"));
	assert_false(text_is_clean("\xe2\x80\xae"));
	assert_false(text_is_clean("\xe2\x82"));
	for (unsigned n = 0; n < 100000; n++) {
		char in[8] = { 0 }, out[32];

		for (size_t i = 0; i < 1 + n % 6; i++)
			in[i] = (char)(unit_random(&seed) >> 7 | 1);
		text_sanitise((const uint8_t *)in, strlen(in), out, sizeof(out));
		assert_true(text_is_clean(out));
		assert_int_equal(text_is_clean(in), strcmp(in, out) == 0);
	}
}

/* Copies to the heap, so that a sanitizer sees a byte read beyond. */
static bool is_file_name(const char *name, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool is;

	assert_non_null(copy);
	memcpy(copy, name, len);
	is = text_is_file_name(copy, len);
	free(copy);
	return is;
}

static void test_file_name(void **state)
{
	static const char *const good[] = { "a", "...", ".a", "..a", "a b", "-rf", "report.pdf", "\xc3\xbc",
		"\xf0\x9f\x98\x80", "a:b*?\\|", "~" };
	static const char *const bad[] = { "", ".", "..", "/", "a/b", "/a", "a/", "a\nb", "\x1b[31m", "\x7f",
		"\xc2\x9b", "\xff", "\xc0\xaf", "\xe2\x80\xaegpj.exe", "a\xe2\x80\x8b", "\xef\xbb\xbf", "\xed\xa0\x80",
		"a\xc3" };
	char longest[FILE_NAME_MAX + 1];

	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(is_file_name(good[i], strlen(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(is_file_name(bad[i], strlen(bad[i])));
	assert_false(is_file_name("a\0b", 3));
	assert_false(is_file_name("\0", 1));
	memset(longest, 'x', sizeof(longest));
	assert_true(is_file_name(longest, FILE_NAME_MAX));
	assert_false(is_file_name(longest, FILE_NAME_MAX + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vm_name),
		cmocka_unit_test(test_utf8_bounds),
		cmocka_unit_test(test_utf8_all),
		cmocka_unit_test(test_sanitise),
		cmocka_unit_test(test_sanitise_cuts_whole),
		cmocka_unit_test(test_sanitise_random),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_file_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
