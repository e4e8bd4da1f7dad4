/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to vmos-clock, where they may lead, and the program itself where it may set no clock: in a user namespace. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/set.h"
#include "proto/clock.h"

#define SECOND 1000000000ll
#define EPOCH (1800000000ll * SECOND)
#define NO_NAMESPACE 77 /* of the child */

static const char *program;

#define REFUSED(check, good, change)                    \
	do {                                            \
		struct clock_msg m = (good);            \
		change;                                 \
		if (check(&m, sizeof(m)) != -EBADMSG)   \
			fail_msg("taken: %s", #change); \
	} while (0)

static void test_messages(void **state)
{
	const struct clock_msg slew = { .type = CLOCK_SLEW, .offset_ns = CLOCK_SLEW_MAX };
	const struct clock_msg step = { .type = CLOCK_STEP, .offset_ns = -CLOCK_STEP_MAX };
	const struct clock_msg done = { .type = CLOCK_DONE, .error = -4095 };

	assert_int_equal(clock_check_request(&slew, sizeof(slew)), 0);
	assert_int_equal(clock_check_request(&step, sizeof(step)), 0);
	assert_int_equal(clock_check_reply(&done, sizeof(done)), 0);
	for (size_t len = 0; len < sizeof(slew); len++) {
		assert_int_equal(clock_check_request(&slew, len), -EBADMSG);
		assert_int_equal(clock_check_reply(&done, len), -EBADMSG);
	}
	REFUSED(clock_check_request, slew, m.type = 0);
	REFUSED(clock_check_request, slew, m.type = CLOCK_DONE);
	REFUSED(clock_check_request, slew, m.error = -1);
	REFUSED(clock_check_request, slew, m.offset_ns = 0);
	REFUSED(clock_check_request, slew, m.offset_ns++);
	REFUSED(clock_check_request, slew, m.offset_ns = -CLOCK_SLEW_MAX - 1);
	REFUSED(clock_check_request, step, m.offset_ns--);
	REFUSED(clock_check_request, step, m.offset_ns = CLOCK_STEP_MAX + 1);
	REFUSED(clock_check_request, step, m.offset_ns = INT64_MIN);
	REFUSED(clock_check_reply, done, m.type = CLOCK_STEP);
	REFUSED(clock_check_reply, done, m.error = 1);
	REFUSED(clock_check_reply, done, m.error--);
	REFUSED(clock_check_reply, done, m.offset_ns = 1);
}

static void test_epoch(void **state)
{
	assert_int_equal(set_check(EPOCH + 10, -10, EPOCH), 0);
	assert_int_equal(set_check(EPOCH + 10, -11, EPOCH), -ERANGE);
	/* a clock whose battery is empty may come nearer */
	assert_int_equal(set_check(0, EPOCH - 1, EPOCH), 0);
	assert_int_equal(set_check(EPOCH - 10, 5, EPOCH), 0);
	assert_int_equal(set_check(EPOCH - 10, -1, EPOCH), -ERANGE);
	assert_int_equal(set_check(7258118400ll * SECOND, 1, EPOCH), -ERANGE);
	assert_int_equal(set_check(INT64_MAX, 1, EPOCH), -ERANGE);
	assert_int_equal(set_check(EPOCH, INT64_MIN, EPOCH), -ERANGE);
}

/* As root of a user namespace of its own: no clock is in it. */
static void run_program(int sock)
{
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(NO_NAMESPACE);
	dup2(sock, STDIN_FILENO);
	dup2(sock, STDOUT_FILENO);
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	execl(program, program, NULL);
	_exit(127);
}

/* Its exit status; the reply, if there was one, is in @ret_reply. */
static int ask(const void *request, size_t len, struct clock_msg *ret_reply, ssize_t *ret_len)
{
	int pair[2], status;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	if (pid == 0)
		run_program(pair[1]);
	assert_true(pid > 0);
	close(pair[1]);
	(void)!send(pair[0], request, len, MSG_NOSIGNAL);
	*ret_len = recv(pair[0], ret_reply, sizeof(*ret_reply), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_program(void **state)
{
	const struct clock_msg slew = { .type = CLOCK_SLEW, .offset_ns = 1000000 };
	const struct clock_msg step = { .type = CLOCK_STEP, .offset_ns = 3600 * SECOND };
	const struct clock_msg past = { .type = CLOCK_STEP, .offset_ns = -80ll * 365 * 86400 * SECOND };
	const struct clock_msg bad = { .type = CLOCK_SLEW, .offset_ns = CLOCK_SLEW_MAX + 1 };
	struct clock_msg reply;
	ssize_t len;
	int status = ask(&slew, sizeof(slew), &reply, &len);

	if (status == NO_NAMESPACE)
		skip();
	assert_int_equal(status, 0);
	assert_int_equal(clock_check_reply(&reply, (size_t)len), 0);
	assert_int_equal(reply.error, -EPERM);
	assert_int_equal(ask(&step, sizeof(step), &reply, &len), 0);
	assert_int_equal(reply.error, -EPERM);
	/* refused before the kernel is asked */
	assert_int_equal(ask(&past, sizeof(past), &reply, &len), 0);
	assert_int_equal(reply.error, -ERANGE);
	assert_int_equal(ask(&bad, sizeof(bad), &reply, &len), 1);
	assert_int_equal(len, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_program),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_clock VMOS-CLOCK\n");
		return 2;
	}
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
