/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-courier on a stream: what no agent writes there, and connections that come and go. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/vstream.h"
#include "tests/hostile-courier/harness.h"
#include "tests/hostile-courier/tests.h"

#define HELLO_FRAME (VSTREAM_HEAD + VSTREAM_HELLO_LEN)
#define HANG_UPS 10
#define HANG_UPS_FREE 8 /* that the courier takes in a row without waiting */

static struct courier courier;

/* Starts a courier; the first connection to it, of which its HELLO has been read. */
static int begin(const char *program, uint8_t hello[HELLO_FRAME])
{
	struct helper_msg m;
	int fd;

	courier.streams = true;
	courier_start(&courier, program, 7);
	CHECK(courier_expect(&courier, HELPER_CONNECT, &m));
	fd = atomic_exchange(&courier.peer, -1);
	CHECK(fd >= 0 && fd_set_nonblock(fd, false) == 0);
	CHECK(recv(fd, hello, HELLO_FRAME, MSG_WAITALL) == HELLO_FRAME);
	return fd;
}

static void expect_refusal(const char *what)
{
	struct helper_msg m;
	int status;

	CHECK(courier_expect(&courier, HELPER_FAILED, &m) && m.fail.reason == HELPER_REASON_PROTOCOL);
	printf("# %s: %s\n", what, m.fail.text);
	status = courier_reap(&courier);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == HELPER_REASON_PROTOCOL);
}

static void end(void)
{
	struct helper_msg m = { .type = HELPER_QUIT };

	CHECK(courier_send(&courier, &m, NULL, 0));
	CHECK(courier_reap(&courier) == 0);
}

/* The HELLO with one byte changed. */
static void test_hello(const char *program)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} changes[] = { { "kind", 0, 9 }, { "length", 7, 1 }, { "magic", 8, 0 }, { "version", 12, 99 },
		{ "role", 16, VMOS_ROLE_GUI }, { "session before", 20, 6 }, { "no session", 20, 0 } };
	uint8_t hello[HELLO_FRAME];

	for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		int fd = begin(program, hello);

		CHECK(hello[20] == 7);
		hello[changes[i].at] = changes[i].value;
		CHECK(fd_write_all(fd, hello, sizeof(hello)) == 0);
		expect_refusal(changes[i].what);
		close(fd);
	}
}

/* After a HELLO as it should be: a head of 8 bytes that begins no frame there, with a message's length behind it. */
static void test_frames(const char *program)
{
	static const struct {
		const char *what;
		uint8_t head[VSTREAM_HEAD];
	} frames[] = {
		{ "second HELLO", { VSTREAM_HELLO } },
		{ "no kind", { 0 } },
		{ "blob too long", { VSTREAM_MESSAGE, 0, 0, 0, 1, 0, 2, 0 } },
		{ "endless blob", { VSTREAM_MESSAGE, 0, 0, 0, 255, 255, 255, 255 } },
		{ "message of zeros", { VSTREAM_MESSAGE } },
	};
	uint8_t hello[HELLO_FRAME], frame[VSTREAM_HEAD + VMOS_MSG_SIZE];

	for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		int fd = begin(program, hello);

		memset(frame, 0, sizeof(frame));
		memcpy(frame, frames[i].head, VSTREAM_HEAD);
		CHECK(fd_write_all(fd, hello, sizeof(hello)) == 0 && fd_write_all(fd, frame, sizeof(frame)) == 0);
		expect_refusal(frames[i].what);
		close(fd);
	}
}

/* Encodes HELLO of ctl as an agent does, with @len bytes of a blob that it does not name. */
static void test_unnamed_blob(const char *program)
{
	struct ctl_msg c = { .head.type = CTL_HELLO, .hello = { .version = CTL_VERSION, .gos = CTL_GOS_LINUX } };
	uint8_t hello[HELLO_FRAME], head[VSTREAM_HEAD] = { VSTREAM_MESSAGE, 0, 0, 0, 4 };
	struct msg m;
	int fd = begin(program, hello);

	CHECK(ctl_encode(&c, &m) == 0);
	CHECK(fd_write_all(fd, hello, sizeof(hello)) == 0 && fd_write_all(fd, head, sizeof(head)) == 0);
	CHECK(fd_write_all(fd, m.bytes, sizeof(m.bytes)) == 0 && fd_write_all(fd, "blob", 4) == 0);
	expect_refusal("bytes that no message names");
	close(fd);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * Hang-ups within a HELLO: the courier asks for the next connection, and the
 * epoch counts on. A guest that does so all the time is asked once a second.
 */
static void test_hang_ups(const char *program)
{
	uint8_t hello[HELLO_FRAME];
	struct helper_msg m;
	int fd = begin(program, hello);

	for (unsigned i = 0; i < HANG_UPS; i++) {
		double began = now();

		CHECK(hello[20] == 7 + i);
		CHECK(fd_write_all(fd, hello, i * 3 % HELLO_FRAME) == 0);
		close(fd);
		CHECK(courier_expect(&courier, HELPER_CONNECT, &m));
		CHECK(i < HANG_UPS_FREE || now() - began > 0.9);
		fd = atomic_exchange(&courier.peer, -1);
		CHECK(fd >= 0 && fd_set_nonblock(fd, false) == 0);
		CHECK(recv(fd, hello, sizeof(hello), MSG_WAITALL) == HELLO_FRAME);
	}
	close(fd);
	end();
}

/* One more than was asked for is closed, and the first one stays. */
static void test_second(const char *program)
{
	struct helper_msg m = { .type = HELPER_CONNECTION };
	uint8_t hello[HELLO_FRAME], byte;
	int fd = begin(program, hello), pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK(courier_send(&courier, &m, &pair[0], 1));
	close(pair[0]);
	CHECK(recv(pair[1], &byte, 1, 0) == 0);
	close(pair[1]);
	CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) < 0);
	close(fd);
	CHECK(courier_expect(&courier, HELPER_CONNECT, &m));
	end();
}

/* A vmosd that comes back hears again that there is no connection. */
static void test_adoption(const char *program)
{
	struct helper_msg m = { .type = HELPER_ADOPT };
	uint8_t hello[HELLO_FRAME];
	int fd = begin(program, hello);

	close(courier.sock);
	close(fd);
	poll(NULL, 0, 200);
	courier.sock = fd_unix_connect(courier.path, SOCK_SEQPACKET);
	CHECK(courier.sock >= 0 && courier_send(&courier, &m, NULL, 0));
	CHECK(courier_expect(&courier, HELPER_FDS, &m) && m.setup.carrier == HELPER_CARRIER_VSOCK);
	CHECK(m.setup.epoch == 8);
	CHECK(courier_expect(&courier, HELPER_CONNECT, &m));
	end();
}

#define RUN_TEST(f) (f(program), printf("ok %d - %s\n", ++count, #f))

int streams(const char *program)
{
	int count = 0;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	RUN_TEST(test_hello);
	RUN_TEST(test_frames);
	RUN_TEST(test_unnamed_blob);
	RUN_TEST(test_hang_ups);
	RUN_TEST(test_second);
	RUN_TEST(test_adoption);
	printf("1..%d\n", count);
	return 0;
}
