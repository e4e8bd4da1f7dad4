/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the queue of a card comes from vmosd to vmos-confine: both ends, with a memfd in the queue's place. */
#include "manager/net_cable.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "confine/cable.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-cable-XXXXXX";
static char path[64], netdev[128];
static const struct identity self = { 0 };
static sd_event *event;
static struct net_cable cable = { .client = -1, .queue = -1 };
static unsigned asked; /* whether it may go */
static bool refused;
static unsigned patience = 10000; /* ms */
static int given;

static int fetch(char *option, char **ret_option)
{
	char *argv[] = { "qemu", "-netdev", "user,id=u", "-netdev", option, NULL };
	const char *at = NULL;
	int r = cable_netdevs(argv, patience, &at);

	assert_string_equal(argv[2], "user,id=u");
	*ret_option = argv[4];
	return r;
}

/* As vmos-confine does: what came must be there for the program that it becomes. */
static void child_fetches(uid_t uid)
{
	char *option, text[8] = "", rest[32] = "";
	int fd = -1, r;

	if (uid && setuid(uid) < 0)
		_exit(1);
	r = fetch(netdev, &option);
	if (r < 0)
		_exit(-r);
	if (sscanf(option, "tap,id=vmosnet7,fd=%d%31s", &fd, rest) != 2 || strcmp(rest, ",vhost=off") != 0)
		_exit(2);
	if (fcntl(fd, F_GETFD) & FD_CLOEXEC || pread(fd, text, sizeof(text), 0) != 5 || strcmp(text, "queue") != 0)
		_exit(3);
	_exit(0);
}

static pid_t begin(uid_t uid)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		child_fetches(uid);
	return pid;
}

/* The exit status: 0, or how it failed. */
static int end(pid_t pid)
{
	int status = -1;

	for (unsigned i = 0; i < 1000 && waitpid(pid, &status, WNOHANG) == 0; i++)
		assert_true(sd_event_run(event, 10000) >= 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void wait_for_client(void)
{
	for (unsigned i = 0; cable.client < 0 && i < 1000; i++)
		assert_true(sd_event_run(event, 10000) >= 0);
	assert_true(cable.client >= 0);
}

static int queue(void)
{
	given = fd_memfd_data("queue", "queue", 5);
	assert_true(given >= 0);
	return given;
}

/* Else the device would stay when its QEMU has ended. */
static void assert_closed(void)
{
	assert_int_equal(cable.queue, -1);
	assert_int_equal(fcntl(given, F_GETFD), -1);
}

static int handle_permit(void *userdata)
{
	asked++;
	return refused ? -EPERM : 0;
}

static void open_cable(void)
{
	const struct net_cable_start start = {
		.event = event, .identity = &self, .path = path, .permit = handle_permit
	};

	asked = 0;
	assert_int_equal(net_cable_open(&cable, &start), 0);
}

/* Ours is closed when it was handed over, and nobody else can have it. */
static void assert_given(void)
{
	assert_int_equal(asked, 1);
	assert_closed();
	assert_null(cable.listening);
	assert_int_equal(cable.client, -1);
	assert_int_equal(fd_unix_connect(path, SOCK_STREAM), -ECONNREFUSED);
}

static void test_queue_first(void **state)
{
	open_cable();
	net_cable_give(&cable, queue());
	assert_int_equal(end(begin(0)), 0);
	assert_given();
}

static void test_client_first(void **state)
{
	pid_t pid;

	open_cable();
	pid = begin(0);
	wait_for_client();
	net_cable_give(&cable, queue());
	assert_int_equal(end(pid), 0);
	assert_given();
}

static void test_nothing_comes(void **state)
{
	pid_t pid;

	open_cable();
	patience = 200;
	assert_int_equal(end(begin(0)), ETIMEDOUT);
	patience = 10000;
	net_cable_close(&cable);
	open_cable();
	pid = begin(0);
	wait_for_client();
	net_cable_close(&cable);
	assert_int_equal(end(pid), EPIPE);
	assert_int_equal(end(begin(0)), ECONNREFUSED);
}

/* Who is no process of the VM's gets nothing, and takes nothing from who is. */
static void test_another_user(void **state)
{
	if (geteuid() != 0)
		skip(); /* it needs a second user */
	open_cable();
	assert_int_equal(chmod(folder, 0711), 0);
	assert_int_equal(end(begin(65534)), EACCES);
	assert_int_equal(chmod(path, 0666), 0);
	net_cable_give(&cable, queue());
	assert_int_equal(end(begin(65534)), EPIPE);
	assert_true(cable.queue >= 0);
	assert_int_equal(end(begin(0)), 0);
	assert_given();
}

/* Where the kernel does not let it receive the queue, it is not sent. */
static void test_not_permitted(void **state)
{
	open_cable();
	refused = true;
	net_cable_give(&cable, queue());
	assert_int_equal(end(begin(0)), EPIPE);
	refused = false;
	assert_int_equal(asked, 1);
	assert_closed();
}

static void test_late_queue(void **state)
{
	net_cable_give(&cable, queue());
	assert_closed();
	net_cable_close(&cable);
}

static void test_bad_arguments(void **state)
{
	char *option, *argv[] = { "qemu", "-netdev", "tap,id=n,fd=9", NULL };
	const char *at = NULL;
	int fd;

	assert_int_equal(cable_netdevs(argv, patience, &at), -EBADMSG);
	assert_string_equal(at, "tap,id=n,fd=9");
	assert_int_equal(fetch("tap,id=n,path=/no/such/socket", &option), -ENOENT);
	argv[1] = "-chardev";
	assert_int_equal(cable_netdevs(argv, patience, &at), 0);
	/* one that sends no file */
	fd = fd_unix_listen(path, SOCK_STREAM, 1);
	assert_true(fd >= 0);
	if (fork() == 0) {
		int client = accept(fd, NULL, NULL);

		_exit(client < 0 || write(client, "x", 1) != 1);
	}
	assert_int_equal(fetch(netdev, &option), -EBADMSG);
	assert_int_equal(end(-1), 0);
	close(fd);
}

static int set_up(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/card,1.sock", folder);
	snprintf(netdev, sizeof(netdev), "tap,id=vmosnet7,path=%s/card,,1.sock,vhost=off", folder);
	return sd_event_new(&event);
}

static int tear_down(void **state)
{
	sd_event_unref(event);
	return paths_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue_first),
		cmocka_unit_test(test_client_first),
		cmocka_unit_test(test_nothing_comes),
		cmocka_unit_test(test_another_user),
		cmocka_unit_test(test_not_permitted),
		cmocka_unit_test(test_late_queue),
		cmocka_unit_test(test_bad_arguments),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
