/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/display.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/paths.h"

/* A folder with a socket that is listened to, links to both, and a file. */
struct place {
	char dir[64], sock[96], link[96], dir_link[96], through[128], file[96];
	int listener;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	FILE *file;

	assert_non_null(p);
	snprintf(p->dir, sizeof(p->dir), "/tmp/vmos-display.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(chmod(p->dir, 0755), 0);
	snprintf(p->sock, sizeof(p->sock), "%s/wayland-0", p->dir);
	snprintf(p->link, sizeof(p->link), "%s/link", p->dir);
	snprintf(p->dir_link, sizeof(p->dir_link), "%s.link", p->dir);
	snprintf(p->through, sizeof(p->through), "%s/wayland-0", p->dir_link);
	snprintf(p->file, sizeof(p->file), "%s/file", p->dir);
	p->listener = fd_unix_listen(p->sock, SOCK_STREAM, 4);
	assert_true(p->listener >= 0);
	assert_int_equal(symlink(p->sock, p->link), 0);
	assert_int_equal(symlink(p->dir, p->dir_link), 0);
	file = fopen(p->file, "we");
	assert_non_null(file);
	fclose(file);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	close(p->listener);
	unlink(p->dir_link);
	paths_remove(p->dir);
	free(p);
	return 0;
}

static void test_own(void **state)
{
	const struct place *p = *state;
	uid_t uid = 12345;
	int fd = display_connect(p->sock, geteuid());

	assert_true(fd >= 0);
	close(fd);
	fd = display_connect(p->sock, DISPLAY_ANY_UID);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(display_owner(p->sock, &uid), 0);
	assert_int_equal(uid, geteuid());
}

static void test_links(void **state)
{
	const struct place *p = *state;
	uid_t uid;

	assert_int_equal(display_connect(p->link, geteuid()), -ELOOP);
	assert_int_equal(display_connect(p->through, geteuid()), -ELOOP);
	assert_int_equal(display_owner(p->link, &uid), -ELOOP);
}

static void test_no_socket(void **state)
{
	const struct place *p = *state;

	assert_int_equal(display_connect("wayland-0", geteuid()), -EINVAL);
	assert_int_equal(display_connect("", geteuid()), -EINVAL);
	assert_int_equal(display_connect(p->file, geteuid()), -ENOTSOCK);
	assert_int_equal(display_connect("/nonexistent/wayland-0", geteuid()), -ENOENT);
}

/* The socket is the caller's, but somebody else listens there; and the other way round. */
static void test_others(void **state)
{
	const struct place *p = *state;

	assert_int_equal(display_connect(p->sock, geteuid() + 1), -EPERM);
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(p->sock, 1000, 1000), 0);
	assert_int_equal(display_connect(p->sock, 1000), -EPERM);
	assert_int_equal(display_connect(p->sock, 0), -EPERM);
	assert_int_equal(display_connect(p->sock, DISPLAY_ANY_UID), -EPERM);
}

/* Who listens but accepts nobody must not hold the caller up. */
static void test_full(void **state)
{
	const struct place *p = *state;
	int r = 0;

	alarm(20);
	for (unsigned i = 0; i < 64 && r >= 0; i++)
		r = display_connect(p->sock, geteuid());
	assert_int_equal(r, -EAGAIN);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_socket, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
