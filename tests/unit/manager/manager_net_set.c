/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of network lists: what is read, what is refused, what ends by itself, what a change leaves. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "manager/line_edit.h"
#include "manager/net_edit.h"
#include "manager/net_set.h"
#include "tests/unit/manager/file_clock.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-net-XXXXXX";
static char etc[64], var[64];
static const char *const dirs[] = { etc, var, NULL };
static struct net_set set;

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
	net_set_finish(&set);
	return paths_remove(etc) || paths_remove(var) || mkdir(etc, 0755) || mkdir(var, 0755);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	file_clock_pass(fd);
	close(fd);
}

static void age(const char *dir, const char *name, time_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = time(NULL) - seconds }, { .tv_sec = time(NULL) - seconds } };
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_order(void **state)
{
	put(var, "50-vmos.net", "work allow third.example\n");
	put(etc, "b.net", "work deny second.example notify for=10m\n");
	put(etc, "a.net", "# mine\n\nwork allow first.example:443/tcp # why\n");
	put(etc, "a.rules", "no list\n");
	put(etc, ".c.net", "no list\n");
	assert_int_equal(net_set_load(&set, dirs, false), 1);
	assert_null(set.error);
	assert_int_equal(set.nfiles, 3);
	assert_int_equal(set.list.count, 3);
	assert_string_equal(set.list.lines[0].target.name, "first.example");
	assert_int_equal(set.list.lines[0].line, 3);
	assert_string_equal(set.list.lines[1].target.name, "second.example");
	assert_true(set.list.lines[1].notify);
	assert_int_equal(set.list.lines[1].for_seconds, 600);
	assert_non_null(strstr(net_set_file_of(&set, &set.list.lines[2]), "/var/50-vmos.net"));
	assert_int_equal(net_set_load(&set, dirs, false), 0);
	assert_int_equal(set.generation, 1);
}

/* A file that does not parse changes nothing. */
static void test_bad(void **state)
{
	put(etc, "a.net", "work allow a.example\n");
	assert_int_equal(net_set_load(&set, dirs, false), 1);
	put(var, "b.net", "work allow b.example\nwork permit c.example\n");
	assert_int_equal(net_set_load(&set, dirs, false), -EINVAL);
	assert_non_null(strstr(set.error, "/var/b.net:2:6: "));
	assert_int_equal(set.list.count, 1);
	assert_int_equal(set.nfiles, 1);
	put(var, "b.net", "work allow b.example\n");
	assert_int_equal(net_set_load(&set, dirs, false), 1);
	assert_null(set.error);
	assert_int_equal(set.list.count, 2);
}

static void test_owner(void **state)
{
	char path[160];

	put(etc, "a.net", "work allow a.example\n");
	snprintf(path, sizeof(path), "%s/a.net", etc);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(net_set_load(&set, dirs, false), -EPERM);
	assert_non_null(strstr(set.error, "its network lists do not count"));
}

static void test_time(void **state)
{
	time_t now = time(NULL);

	put(etc, "a.net", "work allow a.example for=10m\nwork ask b.example for=1h\nwork deny any\n");
	age(etc, "a.net", 60);
	assert_int_equal(net_set_load(&set, dirs, false), 1);
	assert_false(net_set_is_over(&set, &set.list.lines[0], now));
	assert_true(net_set_is_over(&set, &set.list.lines[0], now + 560));
	assert_true(net_set_is_over(&set, &set.list.lines[0], now - 120)); /* not written yet */
	assert_false(net_set_is_over(&set, &set.list.lines[1], now + 560));
	assert_true(net_set_is_over(&set, &set.list.lines[1], now + 3600));
	assert_false(net_set_is_over(&set, &set.list.lines[2], now + 1000000));
	assert_in_range(net_set_next_change(&set, now), now + 535, now + 541);
	assert_int_equal(net_set_next_change(&set, now + 7200), 0);
	age(etc, "a.net", 50);
	assert_int_equal(net_set_load(&set, dirs, false), 1); /* its lines count longer */
}

static char *edit(const char *text, const struct net_edit *what, const char *line, time_t passed)
{
	const struct line_edit e = { net_edit_look, what, line, 1000000, 1000000 + passed };
	static unsigned removed;
	char *made = NULL;

	assert_int_equal(line_edit_text(text, &e, &made, &removed), 0);
	return made;
}

static void check_edit(const char *text, const struct net_edit *what, const char *line, const char *want)
{
	char *made = edit(text, what, line, 60);

	assert_string_equal(made, want);
	free(made);
}

static void test_edit(void **state)
{
	struct net_target target = { 0 };
	struct ruleset_error error;
	const struct net_edit by_target = { "work", &target, 0 }, by_number = { "work", NULL, 2 };

	assert_int_equal(netlist_parse_target("example.org:443/tcp", &target, &error), 0);
	check_edit("# mine\nwork deny example.org:443/tcp # why\nweb deny example.org:443/tcp\n"
		   "work deny example.org:443\nnonsense\n",
		&by_target, "work allow example.org:443/tcp",
		"# mine\nweb deny example.org:443/tcp\nwork deny example.org:443\nnonsense\n"
		"work allow example.org:443/tcp\n");
	check_edit("work allow a.example\nwork allow b.example\nwork allow c.example\n", &by_number, NULL,
		"work allow a.example\nwork allow c.example\n");
	check_edit("work allow a.example\nweb allow b.example\n", &by_number, NULL,
		"work allow a.example\nweb allow b.example\n");
	/* what is limited gets what is left of its time, or becomes a comment */
	check_edit("work allow a.example for=2m # x\nwork allow b.example for=30s\nwork ask c.example for=60s\n",
		&by_target, NULL,
		"work allow a.example for=60s # x\n# ended: work allow b.example for=30s\n"
		"# ended: work ask c.example for=60s\n");
}

static void test_try(void **state)
{
	char path[160], *error = NULL, *text = NULL;
	struct line_draft draft = { etc, path, "work allow a.example\n" };

	snprintf(path, sizeof(path), "%s/50-vmos.net", etc);
	assert_int_equal(net_set_try(dirs, false, &draft, &error), 0);
	assert_null(error);
	draft.text = "work allow\n";
	assert_int_equal(net_set_try(dirs, false, &draft, &error), -EINVAL);
	assert_non_null(strstr(error, "50-vmos.net:1:"));
	free(error);
	assert_int_equal(net_set_read(path, false, &text, &error), -ENOENT);
	free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_order, empty),
		cmocka_unit_test_teardown(test_bad, empty),
		cmocka_unit_test_teardown(test_owner, empty),
		cmocka_unit_test_teardown(test_time, empty),
		cmocka_unit_test_teardown(test_edit, empty),
		cmocka_unit_test_teardown(test_try, empty),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
