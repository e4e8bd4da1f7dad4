/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest may ask for: flags of runs, URLs, and the strings of a REQUEST. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/ctl.h"
#include "tests/unit/unit.h"

/* All 256 values: those that are taken are exactly these. */
static void test_flags(void **state)
{
	static const uint32_t good[] = { 0, CTL_RUN_PTY, CTL_RUN_WINDOW, CTL_RUN_PTY | CTL_RUN_WINDOW, CTL_RUN_SEND,
		CTL_RUN_SEND | CTL_RUN_PUBLIC, CTL_RUN_RECEIVE, CTL_RUN_URL };

	for (uint32_t flags = 0; flags < 256; flags++) {
		bool expected = false;

		for (size_t i = 0; i < COUNT(good); i++)
			expected = expected || flags == good[i];
		if (ctl_run_flags_ok(flags) != expected)
			fail_msg("flags 0x%x", flags);
	}
	assert_false(ctl_run_flags_ok(UINT32_MAX));
	assert_false(ctl_run_flags_ok(0x100));
}

static void test_url(void **state)
{
	static const char *const good[] = { "http://a", "https://example.org/a?b=c&d=%20#e", "mailto:a@b.c",
		"https://[::1]:8080/", "http://user:pass@host/" };
	static const char *const bad[] = { "", "http://", "mailto:", "http:", "HTTP://a", "file:///etc/passwd",
		"javascript:alert(1)", "data:text/html,x", "ftp://a", " http://a", "http://a b", "http://a\n",
		"http://a\x7f", "http://\xc3\xbc", "http://a\"b", "http://a'b", "http://<a>", "http://a`b",
		"http://a\\b", "http://{a}", "http://a|b", "http://a^b", "-http://a", "vmos://a" };
	char text[CTL_URL_MAX + 2] = "http://";

	for (size_t i = 0; i < COUNT(good); i++)
		if (!ctl_is_url(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (ctl_is_url(bad[i]))
			fail_msg("taken: %s", bad[i]);
	memset(text + 7, 'a', CTL_URL_MAX - 7);
	assert_true(ctl_is_url(text));
	text[CTL_URL_MAX] = 'a';
	assert_false(ctl_is_url(text));
}

static int check(uint8_t kind, char *const *strv)
{
	uint16_t argc = 0;

	while (strv[argc])
		argc++;
	return ctl_request_check(kind, strv, argc, 0);
}

#define STRINGS(...)                      \
	(char *const[])                   \
	{                                 \
		__VA_ARGS__, (char *)NULL \
	}

static void test_request(void **state)
{
	assert_int_equal(check(CTL_REQUEST_SEND, STRINGS("web", "a")), 0);
	assert_int_equal(check(CTL_REQUEST_SEND, STRINGS("", "a", "/b/c", "../d")), 0);
	assert_int_equal(check(CTL_REQUEST_OPEN, STRINGS("web", "a.pdf")), 0);
	assert_int_equal(check(CTL_REQUEST_URL, STRINGS("", "https://example.org/")), 0);

	assert_int_equal(check(CTL_REQUEST_SEND, STRINGS("web")), -EBADMSG); /* nothing to send */
	assert_int_equal(check(CTL_REQUEST_SEND, STRINGS("web", "")), -EBADMSG);
	assert_int_equal(check(CTL_REQUEST_SEND, STRINGS("web", "a", "")), -EBADMSG);
	assert_int_equal(check(CTL_REQUEST_SEND, STRINGS("we b", "a")), -EBADMSG);
	assert_int_equal(check(CTL_REQUEST_SEND, STRINGS("../web", "a")), -EBADMSG);
	assert_int_equal(check(CTL_REQUEST_OPEN, STRINGS("web", "a", "b")), -EBADMSG);
	assert_int_equal(check(CTL_REQUEST_URL, STRINGS("web", "file:///a")), -EBADMSG);
	assert_int_equal(check(CTL_REQUEST_URL, STRINGS("web", "http://a", "http://b")), -EBADMSG);
	assert_int_equal(ctl_request_check(CTL_REQUEST_SEND, STRINGS("web", "a", "b=c"), 2, 1), -EBADMSG);
}

/* As a courier does it: decode the blob, then check what it says. Cut anywhere it is refused. */
static void test_request_blob(void **state)
{
	uint8_t blob[64] = { 0 }, copy[64];
	char *strv[8];
	uint16_t argc, envc;
	int len = ctl_args_encode(STRINGS("web", "a", "b c"), NULL, blob, sizeof(blob));

	assert_true(len > 0);
	for (size_t cut = 0; cut < (size_t)len; cut++)
		assert_int_equal(ctl_args_check(blob, cut, &argc, &envc), -EBADMSG);
	memcpy(copy, blob, sizeof(copy));
	assert_int_equal(ctl_args_check(copy, (size_t)len, &argc, &envc), 0);
	ctl_args_fill(copy, argc, envc, strv);
	assert_int_equal(ctl_request_check(CTL_REQUEST_SEND, strv, argc, envc), 0);
	assert_string_equal(strv[2], "b c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_request_blob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
