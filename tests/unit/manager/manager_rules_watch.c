/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders of rules and the time, as vmosd's loop sees them. There is no VM. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "manager/manager.h"
#include "tests/unit/unit.h"

static char home[] = "/tmp/vmos-test-watch-XXXXXX";
static char config[64], folder[64];
static struct manager m;
static unsigned calls, second_calls;

static void handle_change(struct manager *of)
{
	assert_ptr_equal(of, &m);
	calls++;
}

static void handle_change_too(struct manager *of)
{
	second_calls++;
}

static int set_up(void **state)
{
	if (!mkdtemp(home))
		return -1;
	setenv("XDG_CONFIG_HOME", home, 1);
	snprintf(config, sizeof(config), "%s/vmos", home);
	snprintf(folder, sizeof(folder), "%s/vmos/rules.d", home);
	return sd_event_new(&m.event);
}

static int tear_down(void **state)
{
	sd_event_unref(m.event);
	return paths_remove(home);
}

static int begin(void **state)
{
	int r = manager_rules_open(&m);

	calls = second_calls = 0;
	if (r == 0)
		r = manager_rules_on_change(&m, handle_change);
	return r;
}

static int end(void **state)
{
	manager_rules_close(&m);
	memset(m.rules_changed, 0, sizeof(m.rules_changed));
	return paths_remove(config);
}

static void put(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

/* Lets the loop run for @ms. */
static void run(unsigned ms)
{
	uint64_t now, until;

	sd_event_now(m.event, CLOCK_MONOTONIC, &now);
	until = now + ms * 1000u;
	do {
		assert_true(sd_event_run(m.event, 50000) >= 0);
		assert_int_equal(sd_event_now(m.event, CLOCK_MONOTONIC, &now), 0);
	} while (now < until);
}

static bool may(const char *from, const char *to)
{
	return rules_may_always_write(&m.rules, from, to);
}

static void test_files(void **state)
{
	struct stat st;

	assert_int_equal(stat(folder, &st), 0); /* it was made, so that it can be watched */
	put("a.rules", "a b w\n");
	run(150);
	assert_true(may("a", "b"));
	assert_in_range(calls, 1, 3);
	calls = 0;
	put("a.rules", "a b q\n");
	run(150);
	assert_true(may("a", "b"));
	assert_non_null(m.rules.error);
	put("a.rules~", "c d w\n");
	run(150);
	assert_false(may("c", "d"));
	put("a.rules", "c d w\n");
	run(150);
	assert_true(may("c", "d"));
	assert_false(may("a", "b"));
	assert_true(calls >= 1);
}

static void test_same(void **state)
{
	put("a.rules", "a b w\n");
	run(150);
	calls = 0;
	put("a.rules~", "");
	assert_int_equal(manager_rules_reload(&m), 0);
	run(150);
	assert_int_equal(calls, 0);
}

/* Gone and come back, at each of its parts. */
static void test_folder(void **state)
{
	char away[80];

	snprintf(away, sizeof(away), "%s.away", folder);
	for (unsigned i = 0; i < 3; i++) {
		put("a.rules", "a b w\n");
		run(150);
		assert_true(may("a", "b"));
		assert_int_equal(rename(folder, away), 0);
		run(150);
		assert_false(may("a", "b"));
		assert_int_equal(rename(away, folder), 0);
		run(150);
		assert_true(may("a", "b"));
		assert_int_equal(paths_remove(i ? config : folder), 0);
		run(150);
		assert_false(may("a", "b"));
		if (i)
			assert_int_equal(mkdir(config, 0755), 0);
		if (i == 1)
			run(150);
		assert_int_equal(mkdir(folder, 0755), 0);
		if (i != 2)
			run(150);
	}
}

static void test_time(void **state)
{
	put("a.rules", "a b w for=2s\n");
	run(150);
	assert_true(may("a", "b"));
	assert_non_null(m.rules_timer);
	calls = 0;
	run(2500);
	assert_false(may("a", "b"));
	assert_int_equal(calls, 1); /* told, though no file was changed */
	assert_null(m.rules_timer);
}

static void test_many(void **state)
{
	assert_int_equal(manager_rules_on_change(&m, handle_change_too), 0);
	for (unsigned i = 2; i < MANAGER_RULES_FNS; i++)
		assert_int_equal(manager_rules_on_change(&m, handle_change), 0);
	assert_true(manager_rules_on_change(&m, handle_change) < 0);
	put("a.rules", "a b w\n");
	assert_int_equal(manager_rules_reload(&m), 1);
	assert_int_equal(calls, MANAGER_RULES_FNS - 1);
	assert_int_equal(second_calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, begin, end),
		cmocka_unit_test_setup_teardown(test_same, begin, end),
		cmocka_unit_test_setup_teardown(test_folder, begin, end),
		cmocka_unit_test_setup_teardown(test_time, begin, end),
		cmocka_unit_test_setup_teardown(test_many, begin, end),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
