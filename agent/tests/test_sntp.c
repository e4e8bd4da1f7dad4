/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a time server may say, byte by byte; and real ones on this machine, of which some lie or keep silent. */
#include "agent/ctl/sntp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NONCE 0x0123456789abcdefull
#define SECOND 1000000000ll
#define UNIX_EPOCH 2208988800ull
#define TODAY (1800000000ll) /* seconds: January 2027 */

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put_time(uint8_t *p, int64_t ns)
{
	put32(p, (uint32_t)((uint64_t)(ns / SECOND) + UNIX_EPOCH));
	put32(p + 4, (uint32_t)(((uint64_t)(ns % SECOND) << 32) / SECOND));
}

/*
 * An answer to @nonce that came in at @receive and left a millisecond later, by a server of stratum 2. On one machine
 * that is longer than it was away: such a server reads its clock coarsely.
 */
static void make_answer(uint8_t p[SNTP_PACKET], uint64_t nonce, int64_t receive)
{
	memset(p, 0, SNTP_PACKET);
	p[0] = 4 << 3 | 4;
	p[1] = 2;
	put32(p + 4, 65536 / 100); /* 10 ms to its own server and back */
	put32(p + 8, 65536 / 50);
	put32(p + 24, (uint32_t)(nonce >> 32));
	put32(p + 28, (uint32_t)nonce);
	put_time(p + 32, receive);
	put_time(p + 40, receive + SECOND / 1000);
}

static int64_t apart(int64_t a, int64_t b)
{
	return llabs(a - b);
}

static void test_request(void **state)
{
	uint8_t p[SNTP_PACKET], expected[SNTP_PACKET] = { 0x23 };

	memset(p, 0xff, sizeof(p));
	sntp_request(NONCE, p);
	memcpy(expected + 40, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	assert_memory_equal(p, expected, sizeof(p));
}

/* 41 ms on the way, of which one at the server: the middle of both is the middle of what we saw. */
static void test_answer(void **state)
{
	const struct sntp_times times = { .sent_ns = 5 * SECOND, .received_ns = 5 * SECOND + 41 * SECOND / 1000 };
	struct sntp_sample s;
	uint8_t p[SNTP_PACKET];

	make_answer(p, NONCE, TODAY * SECOND);
	assert_int_equal(sntp_read(p, NONCE, &times, &s), 0);
	assert_true(apart(s.base_ns, TODAY * SECOND - 5 * SECOND - 20 * SECOND / 1000) < 100);
	/* half of 40 ms, half of 10 ms, 20 ms */
	assert_true(apart(s.error_ns, 45 * SECOND / 1000) < 100000);
}

static void test_eras(void **state)
{
	static const int64_t seconds[] = { 0, 2085978495, 2085978496, 2085978497, 4102444800 };
	const struct sntp_times times = { .received_ns = SECOND / 10 };
	struct sntp_sample s;
	uint8_t p[SNTP_PACKET];

	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
		make_answer(p, NONCE, seconds[i] * SECOND);
		assert_int_equal(sntp_read(p, NONCE, &times, &s), 0);
		assert_true(apart(s.base_ns, seconds[i] * SECOND) < SECOND);
	}
}

#define REFUSED(error, change)                                   \
	do {                                                     \
		make_answer(p, NONCE, TODAY *SECOND);            \
		change;                                          \
		if (sntp_read(p, NONCE, &times, &s) != -(error)) \
			fail_msg("not %s: %s", #error, #change); \
	} while (0)

static void test_bad_answers(void **state)
{
	struct sntp_times times = { .received_ns = SECOND / 10 };
	struct sntp_sample s;
	uint8_t p[SNTP_PACKET];

	REFUSED(EBADMSG, p[0] = 4 << 3 | 3); /* a client's */
	REFUSED(EBADMSG, p[0] = 4 << 3 | 5); /* a broadcast */
	REFUSED(EBADMSG, p[31] ^= 1); /* of another request */
	REFUSED(EBADMSG, memset(p + 24, 0, 8));
	REFUSED(EBADMSG, memset(p + 40, 0, 8));
	REFUSED(EBADMSG, p[43]--); /* it left before it came */
	REFUSED(EBADMSG, p[43]++); /* it stayed longer than we waited */
	REFUSED(ESTALE, p[0] |= 3 << 6); /* it does not know the time */
	REFUSED(ESTALE, p[1] = 0); /* it asks to be left alone */
	REFUSED(ESTALE, p[1] = 16);
	REFUSED(ESTALE, p[9] = 2); /* two seconds off */
	REFUSED(ESTALE, p[5] = 4);
	times.received_ns = -SECOND;
	REFUSED(EBADMSG, (void)0);
}

/* Whatever the bytes are, what comes out is a time or a refusal: the sanitizer watches the arithmetic. */
static void test_any_bytes(void **state)
{
	const struct sntp_times times = { .sent_ns = 100 * SECOND, .received_ns = 101 * SECOND };
	struct sntp_sample s;
	uint8_t p[SNTP_PACKET];
	unsigned taken = 0;

	srand(1);
	for (unsigned n = 0; n < 300000; n++) {
		make_answer(p, NONCE, TODAY * SECOND);
		for (unsigned i = 0; i < 4; i++)
			p[n % 2 ? 32 + rand() % 16 : rand() % SNTP_PACKET] = (uint8_t)rand();
		taken += sntp_read(p, NONCE, &times, &s) == 0;
	}
	assert_true(taken > 1000);
}

static void test_choice(void **state)
{
	struct sntp_sample s, one[] = { { 5, 7 } }, two[] = { { 2000, 50 }, { 1000, 40 } };
	struct sntp_sample far[] = { { 0, 50 }, { SNTP_SPREAD_NS + 1, 40 } };
	struct sntp_sample liar[] = { { 1000, 50 }, { 1ll << 60, 1 }, { 3000, 60 } };
	struct sntp_sample none[] = { { 0, 1 }, { 10 * SECOND, 1 }, { 20 * SECOND, 1 }, { 30 * SECOND, 1 } };

	assert_int_equal(sntp_choose(one, 0, &s), -ESTALE);
	assert_int_equal(sntp_choose(one, 1, &s), 0);
	assert_int_equal(s.base_ns, 5);
	assert_int_equal(s.error_ns, 7);
	assert_int_equal(sntp_choose(two, 2, &s), 0);
	assert_int_equal(s.base_ns, 2000);
	assert_int_equal(s.error_ns, 1000); /* the other one may be right */
	assert_int_equal(sntp_choose(far, 2, &s), -ESTALE);
	assert_int_equal(sntp_choose(liar, 3, &s), 0);
	assert_int_equal(s.base_ns, 3000);
	assert_int_equal(s.error_ns, 60);
	assert_int_equal(sntp_choose(none, 4, &s), -ESTALE);
}

/* What a server of this machine does, in a process of its own. */
enum manner { HONEST, SILENT, FOREIGN, SHORT_FIRST };

static int bind_server(uint16_t *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static int64_t realtime_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static void serve(int fd, enum manner manner, int64_t ahead)
{
	uint8_t p[SNTP_PACKET];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint64_t nonce = 0;

	while (recvfrom(fd, p, sizeof(p), 0, (struct sockaddr *)&from, &len) == sizeof(p)) {
		for (unsigned i = 0; i < 8; i++)
			nonce = nonce << 8 | p[40 + i];
		if (manner == SHORT_FIRST) { /* by an hour and a byte */
			make_answer(p, nonce, realtime_ns() + ahead + 3600 * SECOND);
			sendto(fd, p, SNTP_PACKET - 1, 0, (struct sockaddr *)&from, len);
		}
		make_answer(p, manner == FOREIGN ? nonce + 1 : nonce, realtime_ns() + ahead);
		if (manner != SILENT)
			sendto(fd, p, sizeof(p), 0, (struct sockaddr *)&from, len);
	}
}

static pid_t start_server(enum manner manner, int64_t ahead, uint16_t *ret_port)
{
	int fd = bind_server(ret_port);
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, manner, ahead);
		_exit(1);
	}
	assert_true(pid > 0);
	close(fd);
	return pid;
}

static void stop_server(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static void check_server(enum manner manner, int64_t ahead, int expected)
{
	struct sntp_sample s = { 0 };
	uint16_t port;
	pid_t pid = start_server(manner, ahead, &port);
	int r = sntp_ask("127.0.0.1", port, &s);

	stop_server(pid);
	assert_int_equal(r, expected);
	if (r == 0)
		assert_true(apart(s.base_ns + monotonic_ns(), realtime_ns() + ahead) < SECOND / 2);
}

static void test_servers(void **state)
{
	struct sntp_sample s;
	uint16_t port;

	check_server(HONEST, 0, 0);
	check_server(HONEST, 7200 * SECOND, 0);
	check_server(HONEST, -7200 * SECOND, 0);
	check_server(SHORT_FIRST, 0, 0);
	check_server(SILENT, 0, -ETIMEDOUT);
	check_server(FOREIGN, 0, -ETIMEDOUT);
	close(bind_server(&port));
	assert_int_equal(sntp_ask("127.0.0.1", port, &s), -ETIMEDOUT);
	assert_int_equal(sntp_ask("no.such.name.invalid", 123, &s), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_eras),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
