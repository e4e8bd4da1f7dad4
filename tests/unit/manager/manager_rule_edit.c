/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "manager/line_edit.h"
#include "manager/rule_edit.h"
#include "policy/ruleset.h"
#include "tests/unit/unit.h"

static char *made;
static unsigned removed;

static void edit(const char *text, const char *line, time_t age)
{
	struct rule_edit e = { .subject = "a", .object = "b", .line = line, .written = 1000000, .now = 1000000 + age };

	free(made);
	made = NULL;
	assert_int_equal(rule_edit_text(text, &e, &made, &removed), 0);
}

static int free_it(void **state)
{
	free(made);
	made = NULL;
	return 0;
}

static void test_add(void **state)
{
	edit("", "a b w", 0);
	assert_string_equal(made, "a b w\n");
	assert_int_equal(removed, 0);
	edit("# mine\n\nc d w # yes\n", "a b w ask # now", 0);
	assert_string_equal(made, "# mine\n\nc d w # yes\na b w ask # now\n");
	edit("c d w", "a b w", 0); /* a last line without its end */
	assert_string_equal(made, "c d w\na b w\n");
	edit("c d w\r\n", "a b w", 0);
	assert_string_equal(made, "c d w\na b w\n");
}

/* The rule takes the place of those of its pair, and of no other. */
static void test_replace(void **state)
{
	edit("a b r\n# a b r\nb a r\n# a b r\n\ta  b -\na bb r\nA b r\na b r # why\n", "a b w", 0);
	assert_string_equal(made, "# a b r\nb a r\n# a b r\na bb r\nA b r\na b w\n");
	assert_int_equal(removed, 3);
}

static void test_remove(void **state)
{
	edit("a b r\nc d r\na b w for=1s\n", NULL, 5);
	assert_string_equal(made, "c d r\n");
	assert_int_equal(removed, 2);
	edit("c d r\n", NULL, 0);
	assert_string_equal(made, "c d r\n");
	assert_int_equal(removed, 0);
	edit("a b r\n", NULL, 0);
	assert_string_equal(made, "");
}

/* A line that is wrong stays as it is: it is for the user to see, and for the parser to refuse. */
static void test_broken(void **state)
{
	edit("a b q\na b\n???\n", "a b w", 0);
	assert_string_equal(made, "a b q\na b\n???\na b w\n");
	assert_int_equal(removed, 0);
}

/* Writing the file must not begin anybody's time anew. */
static void test_times(void **state)
{
	edit("c d w\tfor=10m  notify # for=10m\nc e w ask for=10m\nc f w for=1m\nc g w for=1h for=2m\n", "a b w", 100);
	assert_string_equal(made,
		"c d w\tfor=500s  notify # for=10m\nc e w ask for=10m\n# ended: c f w for=1m\nc g w for=20s for=20s\na "
		"b w\n");
	edit("c d w for=100s\n", "a b w", 100);
	assert_string_equal(made, "# ended: c d w for=100s\na b w\n");
	edit("c d w for=101s\n", "a b w", 100);
	assert_string_equal(made, "c d w for=1s\na b w\n");
	edit("c d w for=10m\n", "a b w", -1); /* written in the future: it never began */
	assert_string_equal(made, "# ended: c d w for=10m\na b w\n");
	edit("c d w for=10m\n", "a b w", 0);
	assert_string_equal(made, "c d w for=600s\na b w\n");
}

/* A rule of some words, now and then with one too many or too few, or a comment. */
static size_t add_line(char *text, size_t len, size_t size, uint64_t *seed)
{
	static const char *const words[][4] = { { "a", "b", "# c", "" }, { " a", "\tb", " _", " b" },
		{ " w", " r", "  -", " for=5m" }, { "", " ask", " for=5m", " for=1s" },
		{ "", " notify", " # for=5m", " for=2m" }, { "\n", "\n", "\r\n", " \n" } };

	for (unsigned i = 0; i < COUNT(words); i++)
		len += (size_t)snprintf(text + len, size - len, "%s", words[i][unit_random(seed) % 4]);
	return len;
}

/* Whatever text there was: what parsed before parses after, without the pair and with the new rule last. */
static void test_random(void **state)
{
	static struct rule before_rules[256], after_rules[256];
	uint64_t seed = 11;
	unsigned parsed = 0;

	for (unsigned n = 0; n < 20000; n++) {
		struct ruleset before = { .rules = before_rules, .cap = 256 };
		struct ruleset after = { .rules = after_rules, .cap = 256 };
		struct ruleset_error error;
		char text[1024] = "";
		size_t len = 0;

		for (uint64_t i = unit_random(&seed) % 6; i > 0; i--)
			len = add_line(text, len, sizeof(text), &seed);
		edit(text, "a b wx", 60);
		if (ruleset_parse(&before, 0, text, strlen(text), &error) < 0)
			continue;
		assert_int_equal(ruleset_parse(&after, 0, made, strlen(made), &error), 0);
		assert_true(after.count >= 1);
		assert_string_equal(after_rules[after.count - 1].subject, "a");
		assert_int_equal(after_rules[after.count - 1].access, RULE_WRITE | RULE_OPEN);
		for (size_t i = 0; i + 1 < after.count; i++)
			assert_false(
				strcmp(after_rules[i].subject, "a") == 0 && strcmp(after_rules[i].object, "b") == 0);
		parsed += before.count > 0;
	}
	assert_in_range(parsed, 1000, 19000);
}

static void test_write(void **state)
{
	char folder[] = "/tmp/vmos-test-edit-XXXXXX", *path, *text = NULL;
	struct stat st;
	size_t len;

	assert_non_null(mkdtemp(folder));
	path = paths_join(folder, RULE_EDIT_FILE, NULL);
	umask(0077); /* as vmosd has it in system mode; who may read the file is not its matter */
	assert_int_equal(line_edit_write(path, "one\n"), 0);
	assert_int_equal(line_edit_write(path, "two\n"), 0);
	assert_int_equal(fd_read_file(path, 100, &text, &len), 0);
	assert_string_equal(text, "two\n");
	free(text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0); /* what is in the way stays, and nothing else is left */
	assert_true(line_edit_write(path, "three\n") < 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_true(line_edit_write(path, "four\n") == -ENOENT);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_add, free_it),
		cmocka_unit_test_teardown(test_replace, free_it),
		cmocka_unit_test_teardown(test_remove, free_it),
		cmocka_unit_test_teardown(test_broken, free_it),
		cmocka_unit_test_teardown(test_times, free_it),
		cmocka_unit_test_teardown(test_random, free_it),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
