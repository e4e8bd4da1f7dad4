/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-paths-XXXXXX";

static int set_up(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	return paths_remove(folder);
}

static void check_path(char *path, const char *expected)
{
	assert_non_null(path);
	assert_string_equal(path, expected);
	free(path);
}

static void test_join(void **state)
{
	check_path(paths_join("/a", NULL), "/a");
	check_path(paths_join("/a", "b", "c.d", NULL), "/a/b/c.d");
	check_path(paths_join("", "b", NULL), "/b");
}

static void test_xdg(void **state)
{
	setenv("HOME", "/h/u", 1);
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("XDG_CONFIG_HOME");
	check_path(paths_data(), "/h/u/.local/share/vmos");
	check_path(paths_cache(), "/h/u/.cache/vmos");
	check_path(paths_config(), "/h/u/.config/vmos");
	setenv("XDG_DATA_HOME", "/d", 1);
	setenv("XDG_CONFIG_HOME", "/f", 1);
	setenv("XDG_CACHE_HOME", "/c", 1);
	check_path(paths_data(), "/d/vmos");
	check_path(paths_cache(), "/c/vmos");
	check_path(paths_config(), "/f/vmos");
	setenv("XDG_DATA_HOME", "relative", 1); /* the specification: ignore it */
	setenv("XDG_CACHE_HOME", "", 1);
	check_path(paths_data(), "/h/u/.local/share/vmos");
	check_path(paths_cache(), "/h/u/.cache/vmos");
}

static void test_runtime(void **state)
{
	char *path, fallback[64];
	struct stat st;
	char *wanted = paths_join(folder, "vmos", NULL);

	setenv("XDG_RUNTIME_DIR", folder, 1);
	check_path(paths_runtime(), wanted);
	assert_int_equal(stat(wanted, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(chmod(wanted, 0755), 0);
	check_path(paths_runtime(), wanted); /* narrowed again */
	assert_int_equal(stat(wanted, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(rmdir(wanted), 0);
	assert_int_equal(symlink(folder, wanted), 0); /* ours, but not what we made */
	errno = 0;
	assert_null(paths_runtime());
	assert_int_equal(errno, EPERM);
	assert_int_equal(unlink(wanted), 0);
	free(wanted);
	snprintf(fallback, sizeof(fallback), "/tmp/vmos-%u", (unsigned)geteuid());
	unsetenv("XDG_RUNTIME_DIR");
	path = paths_runtime();
	check_path(path, fallback);
}

static void test_runtime_of_another(void **state)
{
	char *wanted = paths_join(folder, "vmos", NULL);

	if (geteuid() != 0) {
		free(wanted);
		skip(); /* only root can give a folder away */
	}
	setenv("XDG_RUNTIME_DIR", folder, 1);
	assert_int_equal(mkdir(wanted, 0700), 0);
	assert_int_equal(chown(wanted, 65534, 65534), 0);
	errno = 0;
	assert_null(paths_runtime());
	assert_int_equal(errno, EPERM);
	assert_int_equal(rmdir(wanted), 0);
	free(wanted);
}

static void test_mkdir(void **state)
{
	char *deep = paths_join(folder, "a", "b", "c", NULL);
	char *file = paths_join(folder, "file", NULL);
	char *under = paths_join(folder, "file", "x", NULL);
	struct stat st;

	assert_int_equal(paths_mkdir(deep), 0);
	assert_int_equal(paths_mkdir(deep), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(paths_mkdir(file), -ENOTDIR);
	assert_int_equal(paths_mkdir(under), -ENOTDIR);
	assert_int_equal(paths_mkdir(""), -EINVAL);
	free(deep);
	free(file);
	free(under);
}

/* A symlink goes, what it points to stays. */
static void test_remove(void **state)
{
	char *tree = paths_join(folder, "tree", NULL);
	char *deep = paths_join(folder, "tree", "x", "y", NULL);
	char *outside = paths_join(folder, "outside", NULL);
	char *kept = paths_join(folder, "outside", "kept", NULL);
	char *link = paths_join(folder, "tree", "x", "link", NULL);

	assert_int_equal(paths_mkdir(deep), 0);
	assert_int_equal(paths_mkdir(outside), 0);
	close(open(kept, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink(outside, link), 0);
	assert_int_equal(paths_remove(tree), 0);
	assert_int_equal(access(tree, F_OK), -1);
	assert_int_equal(access(kept, F_OK), 0);
	assert_int_equal(paths_remove(tree), 0); /* missing: no error */
	assert_int_equal(paths_remove(kept), 0);
	assert_int_equal(access(kept, F_OK), -1);
	free(tree);
	free(deep);
	free(outside);
	free(kept);
	free(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_xdg),
		cmocka_unit_test(test_runtime),
		cmocka_unit_test(test_runtime_of_another),
		cmocka_unit_test(test_mkdir),
		cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
