/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to vmos-dial, whom it connects to whom, and the program itself, where no VM answers. */
#include "dial/vsock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "base/fd.h"
#include "proto/dial.h"
#include "proto/netplan.h"
#include "proto/vstream.h"
#include "tests/unit/unit.h"

#define NOBODY 65534

static const char *program;

static const uint32_t uids[] = { 0, 1, 1000, 1001, NOBODY, 0x3ffff };

/* No two of users and numbers have the same, and none is one that the kernel or libvirt has. */
static void test_cids(void **state)
{
	uint32_t last = NETPLAN_INDEX_MAX;

	for (unsigned i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		assert_true(dial_cid(uids[i], 1) >= 0x40000001 && dial_cid(uids[i], last) < VMADDR_CID_ANY);
		assert_int_equal(dial_cid(uids[i], last) - dial_cid(uids[i], 1), last - 1);
		if (i > 0)
			assert_true(dial_cid(uids[i], 1) > dial_cid(uids[i - 1], last));
	}
	assert_int_equal(dial_cid(0, 300), 0x4000012c);
}

/* Root may be connected to all of vmOS's VMs, others to their own: not to those of whose id theirs is a part. */
static void test_may(void **state)
{
	assert_true(dial_may(0, dial_cid(0, 1)));
	assert_true(dial_may(0, dial_cid(1000, NETPLAN_INDEX_MAX)));
	assert_true(dial_may(1000, dial_cid(1000, 7)));
	assert_false(dial_may(1000, dial_cid(1001, 7)));
	assert_false(dial_may(1000, dial_cid(0, 7)));
	assert_false(dial_may(1000 + 0x40000, dial_cid(1000, 7)));
	assert_false(dial_may(0, dial_cid(0, NETPLAN_INDEX_MAX) + 1));
	assert_false(dial_may(0, dial_cid(0, 0)));
	assert_false(dial_may(0, VMADDR_CID_HOST));
	assert_false(dial_may(0, 3));
	assert_false(dial_may(0, VMADDR_CID_ANY));
	assert_false(dial_may(0, dial_cid(0, 1) | 0x80000000));
}

static void test_messages(void **state)
{
	struct dial_request request = { .cid = dial_cid(0, 1) };
	struct dial_answer answer = { 0 };

	for (size_t len = 0; len < sizeof(request); len++) {
		assert_int_equal(dial_check_request(&request, len), -EBADMSG);
		assert_int_equal(dial_check_answer(&answer, len, 1), -EBADMSG);
	}
	assert_int_equal(dial_check_request(&request, sizeof(request)), 0);
	assert_int_equal(dial_check_request(&request, sizeof(request) + 1), -EBADMSG);
	request.zero = 1;
	assert_int_equal(dial_check_request(&request, sizeof(request)), -EBADMSG);
	request = (struct dial_request){ .cid = VMADDR_CID_HOST };
	assert_int_equal(dial_check_request(&request, sizeof(request)), -EBADMSG);
	assert_int_equal(dial_check_answer(&answer, sizeof(answer), 1), 0);
	assert_int_equal(dial_check_answer(&answer, sizeof(answer), 0), -EBADMSG);
	answer.error = -4095;
	assert_int_equal(dial_check_answer(&answer, sizeof(answer), 0), 0);
	assert_int_equal(dial_check_answer(&answer, sizeof(answer), 1), -EBADMSG);
	answer.error = -4096;
	assert_int_equal(dial_check_answer(&answer, sizeof(answer), 0), -EBADMSG);
	answer.error = 1;
	assert_int_equal(dial_check_answer(&answer, sizeof(answer), 0), -EBADMSG);
}

static uint32_t port_of(int fd)
{
	struct sockaddr_vm at = { 0 };
	socklen_t len = sizeof(at);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return at.svm_port;
}

/* Two sockets have two ports, which an agent believes. */
static void test_ports(void **state)
{
	int a = vsock_socket(), b = vsock_socket();

	if (a == -EAFNOSUPPORT || a == -EACCES) {
		print_message("no vsock here, or not for this user: %s\n", strerror(-a));
		skip();
	}
	assert_true(a >= 0 && b >= 0);
	assert_true(port_of(a) < VSTREAM_PORT_END && port_of(b) < VSTREAM_PORT_END);
	assert_int_not_equal(port_of(a), port_of(b));
	close(a);
	close(b);
}

static void become_dial(int sock, uid_t uid)
{
	if (dup2(sock, 3) < 0 || fd_set_cloexec(3, false) < 0 || (uid && setuid(uid) < 0))
		_exit(125);
	execl(program, "vmos-dial", (char *)NULL);
	_exit(126);
}

/* Starts the program as @uid, 0: as whoever we are, with @len bytes as its request. Its answer's error, 0 where it gives none. */
static int dial(uid_t uid, const void *request, size_t len, int *ret_status)
{
	struct dial_answer answer = { 0 };
	unsigned nfds = 0;
	int pair[2], fd;
	pid_t pid;
	ssize_t n;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	if (pid == 0)
		become_dial(pair[1], uid);
	close(pair[1]);
	assert_int_equal(fd_send_packet(pair[0], request, len, NULL, 0), 0);
	n = fd_recv_packet(pair[0], &answer, sizeof(answer), &fd, 1, &nfds);
	assert_true(waitpid(pid, ret_status, 0) == pid && WIFEXITED(*ret_status));
	close(pair[0]);
	if (n > 0)
		assert_int_equal(dial_check_answer(&answer, (size_t)n, nfds), 0);
	return n > 0 ? answer.error : 0;
}

/* Nobody has this CID. */
static void test_program(void **state)
{
	struct dial_request request = { .cid = dial_cid(getuid(), NETPLAN_INDEX_MAX) };
	int status;

	assert_true(dial(0, &request, sizeof(request), &status) < 0);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(dial(0, &request, sizeof(request) - 1, &status), 0);
	assert_int_equal(WEXITSTATUS(status), 1);
	request.cid = VMADDR_CID_HOST;
	assert_int_equal(dial(0, &request, sizeof(request), &status), 0);
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void test_another_user(void **state)
{
	struct dial_request request = { .cid = dial_cid(0, 1) };
	int status;

	if (getuid() != 0)
		skip();
	assert_int_equal(dial(NOBODY, &request, sizeof(request), &status), -EPERM);
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cids),
		cmocka_unit_test(test_may),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_another_user),
	};

	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
