/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A courier's wish for a connection, with all of vmosd behind it but libvirt.
 * There is no VM, and so nobody whom vmos-dial could connect to: this program
 * stands in for it under that name, and does what a file beside it says, a
 * letter a start.
 */
#include "manager/vm_vsock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/manager.h"
#include "proto/dial.h"
#include "tests/unit/unit.h"

#define WAIT 10000000u /* usec: what is waited for comes sooner, or never */
#define SHORT 300000u
#define STEPS "/steps" /* the file */

static char folder[] = "/tmp/vmos-test-vsock-XXXXXX";
static struct manager m;
static struct vm vm;
static int courier; /* its end of the socket to vmosd */

/* The next letter of the file, which is gone then; 0: none is left. */
static char next_step(const char *path)
{
	char *steps = NULL, step;
	size_t len;
	int fd;

	if (fd_read_file(path, 64, &steps, &len) < 0)
		return 0;
	step = steps[0];
	fd = open(path, O_WRONLY | O_TRUNC);
	if (len > 1)
		fd_write_all(fd, steps + 1, len - 1);
	close(fd);
	free(steps);
	return step;
}

static int stand_in(const char *self)
{
	struct dial_answer answer = { 0 };
	struct dial_request request;
	int pair[2] = { -1, -1 };
	char path[128], step;
	unsigned nfds = 0;

	snprintf(path, sizeof(path), "%.*s" STEPS, (int)(strrchr(self, '/') - self), self);
	step = next_step(path);
	if (fd_recv_packet(3, &request, sizeof(request), NULL, 0, &nfds) != sizeof(request) ||
		dial_check_request(&request, sizeof(request)) < 0 || request.cid != dial_cid(getuid(), 300))
		return 1;
	if (step == 'x')
		return 1;
	answer.error = step == 'n' ? -ECONNRESET : step == 'a' ? -EACCES : step == 'j' ? 1 : 0;
	if (answer.error == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0)
		fd_write_all(pair[1], "hello", 5);
	return fd_send_packet(3, &answer, sizeof(answer), pair, pair[0] >= 0) < 0;
}

static void set_steps(const char *steps)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s" STEPS, folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(fd_write_all(fd, steps, strlen(steps)), 0);
	close(fd);
}

static size_t steps_left(void)
{
	struct stat st;
	char path[128];

	snprintf(path, sizeof(path), "%s" STEPS, folder);
	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

/* Lets vmosd run for as long, or until the courier hears something or there is an error. Whether it heard: the connection. */
static int hear(uint64_t usec)
{
	struct helper_msg msg;
	unsigned nfds = 0;
	uint64_t now, end;
	int fd = -1;

	sd_event_now(m.event, CLOCK_MONOTONIC, &now);
	for (end = now + usec; now < end && !vm.last_error;) {
		ssize_t n;

		assert_true(sd_event_run(m.event, 20000) >= 0);
		n = fd_recv_packet(courier, &msg, sizeof(msg), &fd, 1, &nfds);
		if (n > 0) {
			assert_int_equal(helper_check_request(&msg, (size_t)n, nfds), 0);
			assert_int_equal(msg.type, HELPER_CONNECTION);
			return fd;
		}
		sd_event_now(m.event, CLOCK_MONOTONIC, &now);
	}
	return -1;
}

static void says_hello(int fd)
{
	char text[8] = "";

	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text) - 1), 5);
	assert_string_equal(text, "hello");
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
}

/* Nobody answers, one ends without a word, one says nonsense: it goes on, until there is a connection, and no further. */
static void test_tries_again(void **state)
{
	set_steps("nnxjcc");
	vm_vsock_connect(&vm);
	vm_vsock_connect(&vm); /* as often as a courier likes */
	says_hello(hear(WAIT));
	assert_int_equal(steps_left(), 1);
	assert_int_equal(hear(SHORT), -1);
	assert_int_equal(steps_left(), 1);
	vm_vsock_connect(&vm); /* it has lost that one */
	says_hello(hear(WAIT));
	assert_null(vm.last_error);
}

/* A courier that asks as soon as it has a connection makes vmosd begin more and more rarely. */
static void test_asks_all_the_time(void **state)
{
	static const char many[] = "cccccccccccccccccccccccccccccccc";
	uint64_t now, end;

	set_steps(many);
	sd_event_now(m.event, CLOCK_MONOTONIC, &now);
	for (end = now + 4 * SHORT; now < end; sd_event_now(m.event, CLOCK_MONOTONIC, &now)) {
		int fd;

		vm_vsock_connect(&vm);
		fd = hear(end - now);
		if (fd >= 0)
			close(fd);
	}
	vm_vsock_stop(&vm);
	assert_in_range(sizeof(many) - 1 - steps_left(), 1, 6);
}

/* As long as libvirt starts the VM its CID may be another's. */
static void test_waits_for_start(void **state)
{
	set_steps("c");
	vm.start_job = true;
	vm_vsock_connect(&vm);
	assert_int_equal(hear(SHORT), -1);
	assert_int_equal(steps_left(), 1);
	vm.start_job = false;
	says_hello(hear(WAIT));
}

static void test_gives_up(void **state)
{
	size_t left;

	set_steps("nnnnnnnnnnnnnnnn");
	vm_vsock_connect(&vm);
	assert_int_equal(hear(SHORT / 3), -1);
	vm_vsock_stop(&vm);
	assert_int_equal(hear(SHORT), -1); /* one that was started may come to its step late */
	left = steps_left();
	assert_true(left > 0);
	assert_int_equal(hear(SHORT), -1);
	assert_int_equal(steps_left(), left);
}

static void expect_error(const char *words)
{
	assert_int_equal(hear(WAIT), -1);
	assert_non_null(vm.last_error);
	assert_non_null(strstr(vm.last_error, words));
	vm_set_error(&vm, NULL);
	assert_int_equal(hear(SHORT), -1); /* what does not mend itself is not tried again */
}

static void test_errors(void **state)
{
	char path[128], away[128];

	set_steps("ac");
	vm_vsock_connect(&vm);
	expect_error("setcap cap_net_bind_service=ep");
	assert_int_equal(steps_left(), 1);
	snprintf(path, sizeof(path), "%s/vmos-dial", folder);
	snprintf(away, sizeof(away), "%s/away", folder);
	assert_int_equal(rename(path, away), 0);
	vm_vsock_connect(&vm);
	expect_error("is not there");
	assert_int_equal(rename(away, path), 0);
}

static int setup(void **state)
{
	struct helper *h = &vm.helper[HELPER_COURIER];
	char path[128], self[512] = "";
	sigset_t set;
	int pair[2];

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vmos-dial", folder);
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(symlink(self, path), 0);
	assert_true(sd_event_new(&m.event) >= 0);
	m.libexec = folder;
	vm = (struct vm){
		.manager = &m, .state = VM_RUNNING, .config = { .name = "work", .net_index = 300, .vsock = true }
	};
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	h->sock = pair[0];
	courier = pair[1];
	return 0;
}

static int teardown(void **state)
{
	char path[128];

	vm_vsock_stop(&vm);
	snprintf(path, sizeof(path), "%s" STEPS, folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vmos-dial", folder);
	unlink(path);
	rmdir(folder);
	close(vm.helper[HELPER_COURIER].sock);
	close(courier);
	sd_event_unref(m.event);
	return 0;
}

/* Long after the test before. */
static int begin_test(void **state)
{
	vm.vsock = (struct vm_vsock){ 0 };
	return 0;
}

#define TEST(f) cmocka_unit_test_setup(f, begin_test)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tries_again),
		TEST(test_asks_all_the_time),
		TEST(test_waits_for_start),
		TEST(test_gives_up),
		TEST(test_errors),
	};
	const char *name = strrchr(argv[0], '/');

	if (name && strcmp(name, "/vmos-dial") == 0)
		return stand_in(argv[0]);
	return cmocka_run_group_tests(tests, setup, teardown);
}
