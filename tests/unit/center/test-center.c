/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of vmos-center needs no window: when a key counts, and what is made of a question. */
#include "center/guard.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "center/note.h"
#include "center/question.h"
#include "tests/unit/unit.h"

#define MSEC 1000ull
#define T0 (5000 * MSEC)

static void test_half_a_second(void **state)
{
	struct guard g = { 0 };

	assert_false(guard_is_open(&g, T0));
	assert_true(guard_left(&g, T0) == UINT64_MAX);
	guard_set(&g, true, T0);
	assert_false(guard_is_open(&g, T0));
	assert_false(guard_is_open(&g, T0 + 499 * MSEC));
	assert_true(guard_left(&g, T0 + 400 * MSEC) == 100 * MSEC);
	assert_true(guard_is_open(&g, T0 + 500 * MSEC));
	/* telling it again what it knows does not begin anew, nor is it a shortcut */
	guard_set(&g, true, T0 + 600 * MSEC);
	assert_true(guard_is_open(&g, T0 + 600 * MSEC));
}

static void test_interrupted(void **state)
{
	struct guard g = { 0 };

	guard_set(&g, true, T0);
	guard_set(&g, false, T0 + 400 * MSEC);
	assert_false(guard_is_open(&g, T0 + 600 * MSEC));
	guard_set(&g, true, T0 + 401 * MSEC);
	assert_false(guard_is_open(&g, T0 + 900 * MSEC));
	assert_true(guard_is_open(&g, T0 + 901 * MSEC));
	guard_set(&g, false, T0 + 902 * MSEC);
	assert_false(guard_is_open(&g, T0 + 902 * MSEC));
}

static void test_presses(void **state)
{
	struct guard g = { 0 };

	guard_set(&g, true, T0);
	assert_false(guard_press(&g, 36, T0 + 100 * MSEC));
	/* it repeats, and is let go of, when the guard is open */
	assert_false(guard_press(&g, 36, T0 + 600 * MSEC));
	assert_true(guard_press(&g, 9, T0 + 600 * MSEC));
	assert_true(guard_release(&g, 9, T0 + 650 * MSEC));
	assert_false(guard_release(&g, 36, T0 + 700 * MSEC));
	assert_true(guard_press(&g, 36, T0 + 800 * MSEC));
	assert_true(guard_release(&g, 36, T0 + 801 * MSEC));
}

/* A mouse button that went down too early does nothing when it comes up. */
static void test_click(void **state)
{
	struct guard g = { 0 };

	guard_set(&g, true, T0);
	assert_false(guard_press(&g, GUARD_BUTTON + 1, T0 + 499 * MSEC));
	assert_false(guard_release(&g, GUARD_BUTTON + 1, T0 + 501 * MSEC));
	assert_true(guard_press(&g, GUARD_BUTTON + 1, T0 + 502 * MSEC));
	/* down in time, up after the focus was lost */
	guard_set(&g, false, T0 + 503 * MSEC);
	assert_false(guard_release(&g, GUARD_BUTTON + 1, T0 + 504 * MSEC));
	/* codes beyond the table are one key, and never outside of it */
	assert_false(guard_press(&g, UINT32_MAX, T0 + 505 * MSEC));
	assert_false(guard_press(&g, GUARD_TOUCH, T0 + 505 * MSEC));
}

static GVariant *parse_dict(const char *text)
{
	GError *error = NULL;
	GVariant *dict = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

	if (!dict)
		fail_msg("%s", error->message);
	return dict;
}

static struct question *parse(const char *text)
{
	GVariant *dict = parse_dict(text);
	struct question *q = question_new(dict);

	g_variant_unref(dict);
	return q;
}

static void test_question(void **state)
{
	struct question *q = parse("{'Id': <uint32 7>, 'Kind': <'fetch'>, 'Subject': <'web'>, 'SubjectColor': "
				   "<'#DC2626'>, 'Object': <'work'>, 'ObjectColor': <'red'>, 'Claim': "
				   "<'a\\u202eb<b>c'>, 'Bytes': <uint64 4404019>, 'Files': <uint32 3>, 'Timeout': "
				   "<uint32 60>, 'Rule': <'r:1'>, 'Unknown': <true>}");
	char text[64];

	assert_non_null(q);
	assert_int_equal(q->id, 7);
	assert_int_equal(q->kind, KIND_FETCH);
	assert_true(question_is_inward(q));
	assert_string_equal(q->subject.name, "web");
	assert_int_equal(q->subject.rgb, 0xdc2626);
	assert_int_equal(q->object.rgb, 0x888888);
	assert_string_equal(q->claim,
		"a\xef\xbf\xbd"
		"b<b>c");
	assert_null(q->choices);
	question_amount(q, text, sizeof(text));
	assert_non_null(strstr(text, "4.2"));
	assert_non_null(strstr(text, "MiB in 3 files"));
	question_free(q);
}

static void test_choices(void **state)
{
	struct question *q =
		parse("{'Kind': <'what'>, 'Subject': <'web'>, 'Candidates': <[('work', '#2563eb'), ('a b', "
		      "'#000000'), ('', ''), ('vault', '#12345')]>}");

	assert_non_null(q);
	assert_int_equal(q->kind, KIND_OTHER);
	assert_int_equal(q->nchoices, 2);
	assert_string_equal(q->choices[1].name, "vault");
	assert_int_equal(q->choices[1].rgb, 0x888888);
	question_free(q);
}

/* Answers that last are offered whole, or not at all. */
static void test_lasting(void **state)
{
	static const struct {
		const char *text;
		bool lasting;
	} cases[] = {
		{ "{'Subject': <'work'>, 'Object': <'net0'>, 'Kind': <'net'>, 'Answers': <['once', 'session', "
		  "'always']>, "
		  "'Program': <'fire\\u001bfox'>, 'Address': <'203.0.113.1'>}",
			true },
		{ "{'Subject': <'work'>, 'Kind': <'net'>, 'Answers': <['a', 'always', 'once', 'session']>}", true },
		{ "{'Subject': <'work'>, 'Kind': <'net'>, 'Answers': <['once', 'always']>}", false },
		{ "{'Subject': <'work'>, 'Kind': <'net'>, 'Answers': <@as []>}", false },
		{ "{'Subject': <'work'>, 'Kind': <'net'>, 'Answers': <'once'>}", false },
		{ "{'Subject': <'work'>, 'Kind': <'net'>}", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct question *q = parse(cases[i].text);

		assert_non_null(q);
		assert_int_equal(q->kind, KIND_NET);
		assert_int_equal(q->lasting, cases[i].lasting);
		if (i == 0) {
			assert_string_equal(q->address, "203.0.113.1");
			assert_string_equal(q->program,
				"fire\xef\xbf\xbd"
				"fox");
		}
		question_free(q);
	}
}

/* What names no VM, or what is no VM's name, is not asked. */
static void test_refused(void **state)
{
	static const char *const bad[] = {
		"{'Kind': <'send'>}",
		"{'Subject': <''>, 'Object': <'work'>}",
		"{'Subject': <'we b'>, 'Object': <'work'>}",
		"{'Subject': <'web'>, 'Object': <'../work'>}",
		"{'Subject': <'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>, 'Object': <'work'>}",
		"{'Subject': <uint32 3>, 'Object': <'work'>}",
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(parse(bad[i]));
}

static void test_short_claim(void **state)
{
	struct question *q = parse("{'Subject': <'web'>, 'Claim': <'abcdefghijklmnopqrstuvwxyz'>}");
	char text[QUESTION_TEXT_MAX];

	question_short_claim(q, 26, text, sizeof(text));
	assert_string_equal(text, "abcdefghijklmnopqrstuvwxyz");
	question_short_claim(q, 9, text, sizeof(text));
	assert_string_equal(text, "abcde\xe2\x80\xa6xyz");
	g_strlcpy(q->claim, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa9", sizeof(q->claim));
	question_short_claim(q, 3, text, sizeof(text));
	assert_string_equal(text, "\xc3\xa4\xe2\x80\xa6\xc3\xa9");
	question_free(q);
}

static struct note *parse_note(const char *text)
{
	GVariant *dict = parse_dict(text);
	struct note *n = note_new(dict);

	g_variant_unref(dict);
	return n;
}

/* Whatever a guest writes, the VM's name stands in front of it, and nothing of it is markup. */
static void test_note(void **state)
{
	struct note *n =
		parse_note("{'VM': <'work'>, 'Color': <'#2563eb'>, 'Id': <uint32 7>, 'Urgency': <uint32 2>, "
			   "'Timeout': <uint32 9000>, 'App': <'foot'>, 'Summary': <'vault: <b>pay</b>\\n\\u202ex'>, "
			   "'Body': <'<a href=\"x\">1 & 2</a>'>, 'Unknown': <true>}");
	char title[NOTE_LINE_MAX], body[NOTE_BODY_MAX];

	assert_non_null(n);
	assert_int_equal(n->vm.rgb, 0x2563eb);
	assert_int_equal(n->timeout_ms, 9000);
	assert_false(n->low);
	note_title(n, title);
	assert_string_equal(title,
		"work: vault: \xe2\x80\xb9"
		"b\xe2\x80\xbapay\xe2\x80\xb9/b\xe2\x80\xba\xef\xbf\xbd\xef\xbf\xbdx");
	note_body(n, true, body);
	assert_string_equal(body, "&lt;a href=\"x\"&gt;1 &amp; 2&lt;/a&gt;");
	note_body(n, false, body);
	assert_null(strpbrk(body, "<>"));
	assert_non_null(strstr(body, "1 & 2"));
	note_free(n);
}

static void test_note_held(void **state)
{
	struct note *n = parse_note("{'VM': <'work'>, 'Color': <'#2563eb'>, 'Held': <uint32 995>}");
	char text[NOTE_BODY_MAX];

	assert_non_null(n);
	note_title(n, text);
	assert_string_equal(text, "work");
	note_body(n, true, text);
	assert_string_equal(text, "995 more were held back");
	n->held = 1;
	note_held(n, text, sizeof(text));
	assert_string_equal(text, "1 more was held back");
	note_free(n);
}

/* The longest text there is, all of it to be escaped: it fits. */
static void test_note_long(void **state)
{
	struct note n = { .vm = { .name = "work" }, .id = 1 };
	char title[NOTE_LINE_MAX], body[NOTE_BODY_MAX];

	memset(n.text.summary, '<', sizeof(n.text.summary) - 1);
	memset(n.text.body, '&', sizeof(n.text.body) - 1);
	note_title(&n, title);
	assert_int_equal(strlen(title), strlen("work: ") + 3 * (NOTIFICATION_SUMMARY_MAX - 1));
	note_body(&n, true, body);
	assert_int_equal(strlen(body), 5 * (NOTIFICATION_BODY_MAX - 1));
}

static void test_note_refused(void **state)
{
	static const char *const bad[] = {
		"{'Id': <uint32 1>, 'Summary': <'x'>}",
		"{'VM': <''>, 'Id': <uint32 1>}",
		"{'VM': <'work: x'>, 'Id': <uint32 1>}",
		"{'VM': <'work'>}",
		"{'VM': <'work'>, 'Id': <uint32 0>, 'Summary': <'x'>}",
		"{'VM': <'work'>, 'Id': <'1'>}",
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(parse_note(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_a_second),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_presses),
		cmocka_unit_test(test_click),
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_lasting),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_short_claim),
		cmocka_unit_test(test_note),
		cmocka_unit_test(test_note_held),
		cmocka_unit_test(test_note_long),
		cmocka_unit_test(test_note_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
