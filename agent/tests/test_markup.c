/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/notify/markup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *text, *plain;
} cases[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "<b>bold</b> and <I>it</I>", "bold and it" },
	{ "<a href=\"https://e.org/?a>b\">link</a>", "b\">link" },
	{ "<img src=\"x\" alt=\"y\"/>after", "after" },
	{ "one<br/>two<br>three", "one two three" },
	{ "a < b > c", "a < b > c" },
	{ "<script>x</script>", "<script>x</script>" },
	{ "<base>", "<base>" },
	{ "<b", "<b" },
	{ "1 &lt; 2 &amp;&amp; 3 &gt; 2 &quot;q&quot; &apos;&#39;", "1 < 2 && 3 > 2 \"q\" ''" },
	{ "&amp;lt;b&amp;gt;", "&lt;b&gt;" },
	{ "AT&T &nbsp;", "AT&T &nbsp;" },
	{ " \n two\r\n\tlines \n", "two lines" },
	{ "<b>\n</b>", "" },
	{ "dir\xe2\x80\xaeraw", "dir\xef\xbf\xbdraw" },
	{ "bad\xff", "bad\xef\xbf\xbd" },
};

static void test_strip(void **state)
{
	char out[128];

	for (size_t i = 0; i < COUNT(cases); i++) {
		markup_strip(cases[i].text, out, sizeof(out));
		assert_string_equal(out, cases[i].plain);
	}
}

static void test_keep(void **state)
{
	char out[128];

	markup_keep("<b>as\nit is</b> &amp;", out, sizeof(out));
	assert_string_equal(out, "<b>as it is</b> &amp;");
}

/* Any text in any room: what comes ends in it, at a whole character. */
static void test_room(void **state)
{
	static char text[8192];
	char out[64];

	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	for (size_t cap = 1; cap <= sizeof(out); cap++) {
		memset(out, 'x', sizeof(out));
		markup_strip(text, out, cap);
		assert_int_equal(strlen(out), (cap - 1) / 3 * 3);
	}
	memset(text, '<', sizeof(text) - 1);
	markup_strip(text, out, sizeof(out));
	assert_int_equal(strlen(out), sizeof(out) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
