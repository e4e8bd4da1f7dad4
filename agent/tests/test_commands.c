/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-send and vmos-open, with the test in the place of vmos-agent:
 *   test_commands VMOS_SEND VMOS_OPEN
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/common/ask.h"
#include "agent/files/client.h"
#include "agent/files/launch.h"
#include "agent/tests/tree.h"
#include "base/fd.h"
#include "proto/xfer.h"

static const char *program_send, *program_open;
static char folder[] = "/tmp/test-commands.XXXXXX", socket_path[64];
static int listener;

/* What a command asked. */
static struct {
	pid_t pid;
	int fd; /* -1: it did not */
	struct ask_request request;
	uint8_t packet[ASK_PACKET_MAX];
	char *strv[CTL_ARGC_MAX + 2];
} asked;

static void start(const char *program, char *const *argv)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	uint16_t argc, envc;
	ssize_t n;

	asked.pid = fork();
	CHECK(asked.pid >= 0);
	if (asked.pid == 0) {
		setenv("VMOS_ASK_SOCKET", socket_path, 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		execv(program, argv);
		_exit(127);
	}
	asked.fd = -1;
	if (poll(&p, 1, 2000) <= 0 || !p.revents)
		return;
	asked.fd = accept(listener, NULL, NULL);
	n = recv(asked.fd, asked.packet, sizeof(asked.packet), 0);
	CHECK(n > 0 && ask_check_request(asked.packet, (size_t)n, &asked.request) == 0);
	CHECK(ctl_args_check(asked.packet + sizeof(asked.request), asked.request.len, &argc, &envc) == 0);
	ctl_args_fill(asked.packet + sizeof(asked.request), argc, envc, asked.strv);
}

static void answer(uint32_t status, uint32_t reason)
{
	const struct ask_answer a = { .status = status, .reason = reason, .done = 1, .total = 2 };

	CHECK(send(asked.fd, &a, sizeof(a), 0) == sizeof(a));
}

static int end(void)
{
	int status;

	if (asked.fd >= 0)
		close(asked.fd);
	CHECK(waitpid(asked.pid, &status, 0) == asked.pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define ARGS(...)                         \
	(char *const[])                   \
	{                                 \
		__VA_ARGS__, (char *)NULL \
	}

static void test_send(void)
{
	char path[128];

	start(program_send, ARGS("vmos-send", "--to", "web", "a.txt", "d/", "./d/.."));
	CHECK(asked.fd >= 0 && asked.request.kind == CTL_REQUEST_SEND);
	CHECK(strcmp(asked.strv[0], "web") == 0);
	snprintf(path, sizeof(path), "%s/a.txt", folder);
	CHECK(strcmp(asked.strv[1], path) == 0);
	snprintf(path, sizeof(path), "%s/d/", folder);
	CHECK(strcmp(asked.strv[2], path) == 0);
	CHECK(strcmp(asked.strv[3], folder) == 0 && !asked.strv[4]);
	CHECK(asked.request.files == 1 + 2 + 3 && asked.request.bytes == 100 + 300 + 400);
	answer(CTL_ANSWER_ASKED, 0);
	answer(CTL_ANSWER_MOVING, 0);
	answer(CTL_ANSWER_DONE, 0);
	CHECK(end() == CLIENT_OK);
}

static void test_ends(void)
{
	static const struct {
		uint32_t status, reason;
		int exit;
	} ends[] = { { CTL_ANSWER_DONE, XFER_R_SOME, CLIENT_OK }, { CTL_ANSWER_DENIED, 0, CLIENT_DENIED },
		{ CTL_ANSWER_CANCELLED, 0, CLIENT_DENIED }, { CTL_ANSWER_FAILED, XFER_R_NO_SPACE, CLIENT_FAILED },
		{ CTL_ANSWER_FAILED, 250, CLIENT_FAILED } };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		start(program_send, ARGS("vmos-send", "a.txt"));
		CHECK(asked.fd >= 0 && !asked.strv[0][0]);
		answer(ends[i].status, ends[i].reason);
		CHECK(end() == ends[i].exit);
	}
	start(program_send, ARGS("vmos-send", "a.txt"));
	CHECK(end() == CLIENT_FAILED); /* the agent went away */
	start(program_send, ARGS("vmos-send", "a.txt"));
	CHECK(asked.fd >= 0 && send(asked.fd, "nonsense", 8, 0) == 8);
	CHECK(end() == CLIENT_FAILED);
}

static void test_open(void)
{
	start(program_open, ARGS("vmos-open", "--in", "web", "https://example.org/a?b=c"));
	CHECK(asked.fd >= 0 && asked.request.kind == CTL_REQUEST_URL &&
		strcmp(asked.strv[1], "https://example.org/a?b=c") == 0);
	answer(CTL_ANSWER_DONE, 0);
	CHECK(end() == CLIENT_OK);
	start(program_open, ARGS("vmos-open", "a.txt"));
	CHECK(asked.fd >= 0 && asked.request.kind == CTL_REQUEST_OPEN && asked.request.bytes == 100 && !asked.strv[2]);
	answer(CTL_ANSWER_FAILED, XFER_R_OPEN);
	CHECK(end() == CLIENT_FAILED);
}

/* Nobody is asked. */
static void expect_unasked(const char *program, char *const *argv, int status)
{
	start(program, argv);
	CHECK(asked.fd < 0 && end() == status);
}

static void test_wrong_words(void)
{
	expect_unasked(program_send, ARGS("vmos-send"), CLIENT_USAGE);
	expect_unasked(program_send, ARGS("vmos-send", "--to", "we b", "a.txt"), CLIENT_USAGE);
	expect_unasked(program_send, ARGS("vmos-send", "--frob", "a.txt"), CLIENT_USAGE);
	expect_unasked(program_send, ARGS("vmos-send", "missing"), CLIENT_FAILED);
	expect_unasked(program_open, ARGS("vmos-open", "a.txt", "d"), CLIENT_USAGE);
	expect_unasked(program_open, ARGS("vmos-open", "file:///etc/passwd"), CLIENT_FAILED);
}

/* What was opened for another VM is not sent on: two VMs without a browser would play ball. */
static void test_no_ping_pong(void)
{
	setenv(LAUNCH_MARK, "1", 1);
	expect_unasked(program_open, ARGS("vmos-open", "https://example.org/"), CLIENT_FAILED);
	unsetenv(LAUNCH_MARK);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int main(int argc, char **argv)
{
	int count = 0;

	if (argc != 3)
		return 2;
	program_send = tree_path(argv[1]);
	program_open = tree_path(argv[2]);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	snprintf(socket_path, sizeof(socket_path), "/tmp/test-commands.%d.sock", (int)getpid());
	listener = fd_unix_listen(socket_path, SOCK_SEQPACKET, 4);
	CHECK(listener >= 0);
	tree_file(100, 1, "a.txt");
	tree_file(100, 1, "d/b");
	tree_file(200, 1, "d/c/e");
	RUN_TEST(test_send);
	RUN_TEST(test_ends);
	RUN_TEST(test_open);
	RUN_TEST(test_wrong_words);
	RUN_TEST(test_no_ping_pong);
	printf("1..%d\n", count);
	unlink(socket_path);
	CHECK(chdir("/") == 0);
	tree_clean(folder);
	rmdir(folder);
	return 0;
}
