/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pump.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* One turn of the loop that the command runs. */
static void turn(struct pump *p)
{
	struct pollfd fds[2];

	pump_poll(p, &fds[0], &fds[1]);
	assert_true(poll(fds, 2, 0) >= 0);
	pump_work(p, fds[0].revents, fds[1].revents);
}

static void test_input(void **state)
{
	static struct pump p;
	int ours[2], far;
	char buf[64];

	assert_int_equal(pipe(ours), 0);
	assert_int_equal(pump_open(&p, ours[0], -1, &far), 0);
	assert_int_equal(write(ours[1], "hello", 5), 5);
	turn(&p);
	turn(&p);
	assert_int_equal(read(far, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	close(ours[1]);
	turn(&p);
	assert_int_equal(p.sock, -1);
	assert_int_equal(read(far, buf, sizeof(buf)), 0);
	close(far);
	close(ours[0]);
}

/* The program closed its input: no more is taken from the user's. */
static void test_input_refused(void **state)
{
	static struct pump p;
	int ours[2], far;

	assert_int_equal(pipe(ours), 0);
	assert_int_equal(pump_open(&p, ours[0], -1, &far), 0);
	close(far);
	turn(&p);
	assert_int_equal(p.sock, -1);
	close(ours[0]);
	close(ours[1]);
}

/* Nothing is read from the courier while our reader is slow, and nothing is lost. */
static void test_output(void **state)
{
	static struct pump p;
	static char sent[PUMP_BYTES * 8], got[sizeof(sent)];
	size_t in = 0, out = 0;
	int ours[2], far;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7 + i / 251);
	assert_int_equal(pipe(ours), 0);
	assert_int_equal(fcntl(ours[1], F_SETPIPE_SZ, 4096), 4096);
	assert_int_equal(pump_open(&p, -1, ours[1], &far), 0);
	while (out < sizeof(sent)) {
		ssize_t n = send(far, sent + in, sizeof(sent) - in, MSG_DONTWAIT);

		in += n > 0 ? (size_t)n : 0;
		for (int i = 0; i < 8; i++)
			turn(&p);
		n = read(ours[0], got + out, 4096);
		assert_true(n > 0);
		out += (size_t)n;
	}
	assert_memory_equal(sent, got, sizeof(sent));
	close(far);
	turn(&p);
	assert_int_equal(p.sock, -1);
	close(ours[0]);
	close(ours[1]);
}

/* The word of the end overtakes output that is still in the socket; the end is not lost. */
static void test_drain(void **state)
{
	static struct pump p;
	int ours[2], far;
	char buf[64];

	assert_int_equal(pipe(ours), 0);
	assert_int_equal(pump_open(&p, -1, ours[1], &far), 0);
	assert_int_equal(write(far, "last words", 10), 10);
	pump_drain(&p); /* the far end is still open, as a background program keeps it */
	assert_int_equal(read(ours[0], buf, sizeof(buf)), 10);
	assert_memory_equal(buf, "last words", 10);
	pump_close(&p);
	close(far);
	close(ours[0]);
	close(ours[1]);
}

/* Our reader left: the courier hears of it. */
static void test_output_refused(void **state)
{
	static struct pump p;
	int ours[2], far;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ours), 0);
	assert_int_equal(pump_open(&p, -1, ours[1], &far), 0);
	close(ours[0]);
	turn(&p);
	assert_int_equal(p.sock, -1);
	assert_int_equal(send(far, "x", 1, MSG_NOSIGNAL), -1);
	close(far);
	close(ours[1]);
}

/* The same, with bytes on their way to it. */
static void test_output_lost(void **state)
{
	static struct pump p;
	int ours[2], far;

	assert_int_equal(pipe(ours), 0);
	assert_int_equal(pump_open(&p, -1, ours[1], &far), 0);
	assert_int_equal(write(far, "x", 1), 1);
	turn(&p);
	assert_int_equal(p.len, 1);
	close(ours[0]);
	turn(&p);
	assert_int_equal(p.sock, -1);
	close(far);
	close(ours[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_input_refused),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_output_refused),
		cmocka_unit_test(test_output_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
