/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "manager/rules.h"
#include "tests/unit/manager/file_clock.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-rules-XXXXXX";
static char etc[64], var[64];
static const char *const dirs[] = { etc, var, NULL };
static struct rules rules;

static int set_up(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(etc, sizeof(etc), "%s/etc", folder);
	snprintf(var, sizeof(var), "%s/var", folder);
	return mkdir(etc, 0755) || mkdir(var, 0755);
}

static int tear_down(void **state)
{
	return paths_remove(folder);
}

static int empty(void **state)
{
	rules_finish(&rules);
	return paths_remove(etc) || paths_remove(var) || mkdir(etc, 0755) || mkdir(var, 0755);
}

static char *path_of(const char *dir, const char *name)
{
	char *path = paths_join(dir, name, NULL);

	assert_non_null(path);
	return path;
}

static void put(const char *dir, const char *name, const char *text)
{
	char *path = path_of(dir, name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	file_clock_pass(fd);
	close(fd);
	free(path);
}

static void change_mode(const char *dir, const char *name, mode_t mode)
{
	char *path = path_of(dir, name);

	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

/* Gives a file the age of @seconds. */
static void age(const char *dir, const char *name, time_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = time(NULL) - seconds }, { .tv_sec = time(NULL) - seconds } };
	char *path = path_of(dir, name);

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	free(path);
}

static bool error_says(const char *words)
{
	return rules.error && strstr(rules.error, words);
}

static void test_none(void **state)
{
	static const char *const nowhere[] = { "/nowhere/rules.d", NULL };

	assert_int_equal(rules_load(&rules, nowhere, false), 1);
	assert_int_equal(rules.set.count, 0);
	assert_null(rules.error);
	assert_int_equal(rules_load(&rules, nowhere, false), 0);
	assert_false(rules_may_always_write(&rules, "a", "b"));
}

/* Folder by folder, in each by name: the last line of a pair counts. */
static void test_order(void **state)
{
	const struct rule *rule;

	put(var, "10-first.rules", "a b -\nc d w\n");
	put(etc, "50-b.rules", "a b w\nc d -\n");
	put(etc, "40-a.rules", "c d w\ne f w\n");
	put(etc, "60-no.rules~", "e f -\n");
	put(etc, ".70-hidden.rules", "e f -\n");
	put(etc, ".rules", "e f -\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_int_equal(rules.nfiles, 3);
	assert_false(rules_may_always_write(&rules, "a", "b"));
	assert_true(rules_may_always_write(&rules, "c", "d"));
	assert_true(rules_may_always_write(&rules, "e", "f"));
	rule = ruleset_find(&rules.set, "c", "d");
	assert_non_null(strstr(rules_file_of(&rules, rule), "/var/10-first.rules"));
	assert_int_equal(rule->line, 2);
}

/* Names, not the order in which they were made, decide. */
static void test_sorted(void **state)
{
	static const char order[] = "hcafgbed";

	for (size_t i = 0; order[i]; i++) {
		char name[] = { order[i], '.', 'r', 'u', 'l', 'e', 's', '\0' };

		put(etc, name, "");
	}
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	for (size_t i = 0; order[i]; i++)
		assert_int_equal(strrchr(rules.files[i].path, '/')[1], 'a' + (int)i);
}

/* What must be asked for is not given to the kernel; what ends by itself is, until it ends. */
static void test_always(void **state)
{
	put(etc, "a.rules", "a b w\nc d w ask\ne f w for=1h\ng h axr\ni j w notify\n* a w\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_true(rules_may_always_write(&rules, "a", "b"));
	assert_false(rules_may_always_write(&rules, "b", "a"));
	assert_false(rules_may_always_write(&rules, "c", "d"));
	assert_true(rules_may_always_write(&rules, "e", "f"));
	assert_false(rules_may_always_write(&rules, "g", "h"));
	assert_true(rules_may_always_write(&rules, "i", "j"));
	assert_false(rules_may_always_write(&rules, "b", "b"));
	age(etc, "a.rules", 3600);
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_true(rules_may_always_write(&rules, "a", "b"));
	assert_false(rules_may_always_write(&rules, "e", "f"));
}

/* A rule for a time: from when its file was written, not a second longer, not before. */
static void test_expiry(void **state)
{
	const struct rule *rule, *ask;
	time_t begin;

	put(etc, "a.rules", "a b waxr for=10m\nc d w ask for=10m\n_ e w\na _ w for=10m\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	begin = rules.files[0].written;
	assert_in_range(begin, time(NULL) - 60, time(NULL));
	rule = ruleset_find(&rules.set, "a", "b");
	ask = ruleset_find(&rules.set, "c", "d");
	assert_false(rules_is_expired(&rules, rule, begin));
	assert_false(rules_is_expired(&rules, rule, begin + 599));
	assert_true(rules_is_expired(&rules, rule, begin + 600));
	assert_true(rules_is_expired(&rules, rule, begin - 1));
	assert_false(rules_is_expired(&rules, ask, begin + 600));
	assert_int_equal(rules_decide(&rules, "a", "b", begin + 599, NULL), RULE_ALL);
	assert_int_equal(rules_decide(&rules, "a", "b", begin + 600, &ask), 0);
	assert_ptr_equal(ask, rule); /* it is named all the same */
	assert_int_equal(rules_decide(&rules, "a", "_", begin, NULL), RULE_WRITE | RULE_READ | RULE_OPEN);
	assert_int_equal(rules_decide(&rules, "a", "_", begin + 600, NULL), RULE_READ | RULE_OPEN);
	assert_int_equal(rules_decide(&rules, "c", "d", begin + 600, NULL), RULE_WRITE);
	assert_int_equal(rules_decide(&rules, "d", "c", begin, &rule), 0);
	assert_null(rule);
}

/* The last line of the pair counts, also when its time is over: what stood before does not come back. */
static void test_expired_is_last(void **state)
{
	put(etc, "a.rules", "a b w\na b w for=1m\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_true(rules_may_always_write(&rules, "a", "b"));
	age(etc, "a.rules", 61);
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_false(rules_may_always_write(&rules, "a", "b"));
}

/* What is written anew counts anew; a date matters only where a rule hangs on it. */
static void test_touched(void **state)
{
	put(etc, "a.rules", "a b w\nc d w ask for=1m\n");
	put(etc, "b.rules", "e f w for=1m\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	age(etc, "a.rules", 100);
	assert_int_equal(rules_load(&rules, dirs, false), 0);
	age(etc, "b.rules", 100);
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_false(rules_may_always_write(&rules, "e", "f"));
	age(etc, "b.rules", 10);
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_true(rules_may_always_write(&rules, "e", "f"));
	age(etc, "b.rules", -100);
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_false(rules_may_always_write(&rules, "e", "f"));
}

static void test_next_change(void **state)
{
	time_t begin;

	put(etc, "a.rules", "a b w for=10m\na c w for=5m\na d w ask for=1m\na e w\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	begin = rules.files[0].written;
	assert_int_equal(rules_next_change(&rules, begin), begin + 300);
	assert_int_equal(rules_next_change(&rules, begin + 299), begin + 300);
	assert_int_equal(rules_next_change(&rules, begin + 300), begin + 600);
	assert_int_equal(rules_next_change(&rules, begin + 600), 0);
	assert_int_equal(rules_next_change(&rules, begin - 5), begin);
	put(etc, "a.rules", "a d w ask for=1m\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_int_equal(rules_next_change(&rules, begin), 0);
}

/* A draft is tried in the place its name has, and changes nothing. */
static void test_try(void **state)
{
	char *path = path_of(etc, "50-vmos.rules"), *error = NULL;
	struct line_draft draft = { .dir = etc, .path = path, .text = "a b w\n" };

	assert_int_equal(rules_try(dirs, false, &draft, &error), 0);
	assert_null(error);
	draft.text = "a b w\na b q\n";
	assert_int_equal(rules_try(dirs, false, &draft, &error), -EINVAL);
	assert_non_null(strstr(error, "50-vmos.rules:2:5: "));
	free(error);
	put(etc, "50-vmos.rules", "broken\n");
	draft.text = "a b w\n";
	assert_int_equal(rules_try(dirs, false, &draft, &error), 0);
	put(var, "90.rules", "\nbroken too\n");
	assert_int_equal(rules_try(dirs, false, &draft, &error), -EINVAL);
	assert_non_null(strstr(error, "/var/90.rules:2:"));
	free(error);
	free(path);
}

static void test_read(void **state)
{
	char *path = path_of(etc, "a.rules"), *text = NULL, *error = NULL;

	assert_int_equal(rules_read(path, false, &text, &error), -ENOENT);
	assert_non_null(strstr(error, "a.rules cannot be read"));
	free(error);
	put(etc, "a.rules", "a b w\n");
	assert_int_equal(rules_read(path, false, &text, &error), 0);
	assert_string_equal(text, "a b w\n");
	assert_null(error);
	free(text);
	assert_int_equal(truncate(path, 9), 0); /* three NUL bytes more */
	assert_int_equal(rules_read(path, false, &text, &error), -EINVAL);
	assert_non_null(strstr(error, "NUL"));
	free(error);
	free(path);
}

/* A broken file anywhere: the old rules stay, all of them, and the message says where. */
static void test_broken(void **state)
{
	put(etc, "a.rules", "a b w\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	put(etc, "a.rules", "c d w\n");
	put(var, "b.rules", "# fine\na b  rwt\n");
	assert_int_equal(rules_load(&rules, dirs, false), -EINVAL);
	assert_true(error_says("/var/b.rules:2:8: "));
	assert_true(error_says("letters of w, a, x and r"));
	assert_true(rules_may_always_write(&rules, "a", "b"));
	assert_false(rules_may_always_write(&rules, "c", "d"));
	put(var, "b.rules", "");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_null(rules.error);
	assert_true(rules_may_always_write(&rules, "c", "d"));
	assert_false(rules_may_always_write(&rules, "a", "b"));
}

static void test_same(void **state)
{
	put(etc, "a.rules", "a b w\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	assert_int_equal(rules_load(&rules, dirs, false), 0);
	put(etc, "a.rules", "a b w # said again\n");
	assert_int_equal(rules_load(&rules, dirs, false), 0);
	put(etc, "a.rules", "a b wr\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	put(etc, "a.rules", "a b wr ask\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	put(etc, "a.rules", "\na b wr ask\n");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	put(etc, "c.rules", "");
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	put(etc, "a.rules", "");
	put(etc, "c.rules", "\na b wr ask\n"); /* the same line of another file */
	assert_int_equal(rules_load(&rules, dirs, false), 1);
}

static void test_owner(void **state)
{
	char *path = path_of(etc, "a.rules");

	put(etc, "a.rules", "a b w\n");
	change_mode(etc, "a.rules", 0664);
	assert_int_equal(rules_load(&rules, dirs, true), -EPERM);
	assert_true(error_says("chmod go-w"));
	assert_int_equal(rules_load(&rules, dirs, false), 1);
	change_mode(etc, "a.rules", 0646);
	assert_int_equal(rules_load(&rules, dirs, false), -EPERM);
	change_mode(etc, "a.rules", 0644);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(rules_load(&rules, dirs, true), -EPERM);
		assert_true(error_says("chown root"));
		assert_int_equal(rules_load(&rules, dirs, false), -EPERM);
	}
	free(path);
}

/* A FIFO does not make it wait, a folder and a huge file are named. */
static void test_not_plain(void **state)
{
	char *path = path_of(etc, "a.rules");

	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(rules_load(&rules, dirs, false), -EINVAL);
	assert_true(error_says("no plain file"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(rules_load(&rules, dirs, false), -EINVAL);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(rules_load(&rules, dirs, false), -ENOENT);
	assert_true(error_says("a.rules cannot be read"));
	assert_int_equal(unlink(path), 0);
	put(etc, "a.rules", "");
	assert_int_equal(truncate(path, RULES_FILE_MAX + 1), 0);
	assert_int_equal(rules_load(&rules, dirs, false), -EFBIG);
	free(path);
}

static void test_too_many(void **state)
{
	char name[32];

	for (int i = 0; i <= RULES_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "%d.rules", i);
		put(etc, name, "");
	}
	assert_int_equal(rules_load(&rules, dirs, false), -E2BIG);
	assert_true(error_says("more than 256"));
}

static void test_too_many_rules(void **state)
{
	char *text = calloc(RULES_MAX + 1, sizeof("a b w\n") - 1);

	assert_non_null(text);
	for (int i = 0; i < RULES_MAX + 1; i++)
		memcpy(text + (size_t)i * 6, "a b w\n", 6);
	text[(RULES_MAX + 1) * 6 - 1] = '\0'; /* the last line needs no newline */
	put(etc, "a.rules", text);
	assert_int_equal(rules_load(&rules, dirs, false), -ENOSPC);
	assert_true(error_says("a.rules:4097:1: "));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none, empty),
		cmocka_unit_test_setup(test_order, empty),
		cmocka_unit_test_setup(test_sorted, empty),
		cmocka_unit_test_setup(test_always, empty),
		cmocka_unit_test_setup(test_expiry, empty),
		cmocka_unit_test_setup(test_expired_is_last, empty),
		cmocka_unit_test_setup(test_touched, empty),
		cmocka_unit_test_setup(test_next_change, empty),
		cmocka_unit_test_setup(test_try, empty),
		cmocka_unit_test_setup(test_read, empty),
		cmocka_unit_test_setup(test_broken, empty),
		cmocka_unit_test_setup(test_same, empty),
		cmocka_unit_test_setup(test_owner, empty),
		cmocka_unit_test_setup(test_not_plain, empty),
		cmocka_unit_test_setup(test_too_many, empty),
		cmocka_unit_test_setup_teardown(test_too_many_rules, empty, empty),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
