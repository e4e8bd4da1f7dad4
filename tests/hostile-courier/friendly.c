/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-courier with a guest that behaves: what a run promises to the command that asked for it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/ctl.h"
#include "tests/hostile-courier/agent.h"
#include "tests/hostile-courier/tests.h"

#define BULK (100u << 20)

static struct courier courier;
static struct agent agent;
static uint32_t next_id = 1;

static void begin(const char *program)
{
	struct helper_msg m;

	courier_start(&courier, program, 7);
	agent_start(&agent, &courier);
	CHECK(courier_expect(&courier, HELPER_UP, &m));
	CHECK(courier_expect(&courier, HELPER_GUEST, &m) && m.guest.state == HELPER_GUEST_JOINED);
	CHECK(courier_expect(&courier, HELPER_GUEST, &m) && m.guest.state == HELPER_GUEST_READY);
	CHECK(m.guest.boot_ns == 123456789 && m.guest.epoch == 7);
}

static void end(void)
{
	struct helper_msg m = { .type = HELPER_QUIT };

	agent_stop(&agent);
	CHECK(courier_send(&courier, &m, NULL, 0));
	CHECK(courier_reap(&courier) == 0);
}

static void run(char *const *argv, int in, int out, struct command *ret)
{
	ret->in = in;
	ret->out = out;
	CHECK(command_run(&courier, next_id++, argv, ret));
}

static void expect(const struct command *cmd, uint32_t type, int32_t a)
{
	struct runctl m;

	CHECK(command_hear(cmd, &m));
	if (m.type != type || m.a != a)
		fprintf(stderr, "heard %u %d, expected %u %d\n", m.type, m.a, type, a);
	CHECK(m.type == type && m.a == a);
}

static void test_status(void)
{
	char *statuses[] = { "0", "7", "255", "265" };
	struct command cmd;

	for (int i = 0; i < 4; i++) {
		run((char *[]){ "exit", statuses[i], NULL }, -1, -1, &cmd);
		expect(&cmd, RUNCTL_STARTED, 42);
		expect(&cmd, RUNCTL_EXIT, (int32_t)strtol(statuses[i], NULL, 10));
		command_close(&cmd);
	}
	run((char *[]){ "nosuch", NULL }, -1, -1, &cmd);
	expect(&cmd, RUNCTL_EXIT, -ENOENT);
	command_close(&cmd);
}

static uint64_t sum(uint64_t hash, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * UINT64_C(1099511628211);
	return hash;
}

struct flow {
	int fd;
	uint64_t hash;
	size_t total;
};

static void *write_bulk(void *arg)
{
	struct flow *f = arg;
	static uint8_t data[99991];
	uint32_t x = 1;

	while (f->total < BULK) {
		size_t n = BULK - f->total < sizeof(data) ? BULK - f->total : sizeof(data);

		for (size_t i = 0; i < n; i++)
			data[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
		CHECK(!fd_write_all(f->fd, data, n));
		f->hash = sum(f->hash, data, n);
		f->total += n;
	}
	close(f->fd);
	return NULL;
}

static void read_bulk(struct flow *f)
{
	static uint8_t data[65536];
	ssize_t n;

	while ((n = read(f->fd, data, sizeof(data))) > 0) {
		f->hash = sum(f->hash, data, (size_t)n);
		f->total += (size_t)n;
	}
	CHECK(!n);
}

/* 100 MB through a program and back, byte for byte; then the end of file, then the status. */
static void test_bulk(void)
{
	struct flow there = { 0 }, back = { 0 };
	struct command cmd;
	pthread_t writer;

	run((char *[]){ "cat", NULL }, -1, -1, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42);
	there.fd = cmd.in;
	cmd.in = -1;
	back.fd = cmd.out;
	CHECK(!pthread_create(&writer, NULL, write_bulk, &there));
	read_bulk(&back);
	pthread_join(writer, NULL);
	CHECK(back.total == BULK && back.hash == there.hash);
	expect(&cmd, RUNCTL_EXIT, 0);
	command_close(&cmd);
}

/* epoll refuses regular files and /dev/null: they are read and written all the same. */
static void test_files(void)
{
	char name[] = "/tmp/courier-guest.XXXXXX";
	int file = mkstemp(name), in, out;
	char text[300000], back[300000];
	struct command cmd;

	CHECK(file >= 0);
	memset(text, 'v', sizeof(text));
	CHECK(!fd_write_all(file, text, sizeof(text)));
	in = open(name, O_RDONLY | O_CLOEXEC);
	unlink(name);
	snprintf(name, sizeof(name), "/tmp/courier-guest.XXXXXX");
	out = mkstemp(name);
	CHECK(in >= 0 && out >= 0);
	unlink(name);
	run((char *[]){ "cat", NULL }, in, dup(out), &cmd);
	expect(&cmd, RUNCTL_STARTED, 42);
	expect(&cmd, RUNCTL_EXIT, 0);
	command_close(&cmd);
	CHECK(pread(out, back, sizeof(back), 0) == sizeof(back) && !memcmp(text, back, sizeof(text)));
	close(file);
	close(out);
	run((char *[]){ "fill", "1000000", NULL }, open("/dev/null", O_RDONLY), open("/dev/null", O_WRONLY), &cmd);
	expect(&cmd, RUNCTL_STARTED, 42);
	expect(&cmd, RUNCTL_EXIT, 0);
	command_close(&cmd);
}

static void test_signals(void)
{
	struct command cmd;

	run((char *[]){ "wait", NULL }, -1, -1, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42);
	command_say(&cmd, RUNCTL_WINCH, 50, 132);
	command_say(&cmd, RUNCTL_SIGNAL, SIGTERM, 0);
	expect(&cmd, RUNCTL_EXIT, 256 + SIGTERM);
	command_close(&cmd);
	run((char *[]){ "wait", NULL }, -1, -1, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42);
	command_close(&cmd);
	for (int i = 0; i < 200 && atomic_load(&agent.last_signal) != SIGHUP; i++)
		poll(NULL, 0, 10);
	CHECK(atomic_load(&agent.last_signal) == SIGHUP);
}

/* A reader that stands still holds up its own run only; one that leaves ends it by SIGPIPE. */
static void test_stalled_reader(void)
{
	struct command slow, quick;
	struct flow f = { 0 };

	run((char *[]){ "fill", "3000000", NULL }, -1, -1, &slow);
	expect(&slow, RUNCTL_STARTED, 42);
	poll(NULL, 0, 200);
	run((char *[]){ "exit", "3", NULL }, -1, -1, &quick);
	expect(&quick, RUNCTL_STARTED, 42);
	expect(&quick, RUNCTL_EXIT, 3);
	command_close(&quick);
	f.fd = slow.out;
	read_bulk(&f);
	CHECK(f.total == 3000000);
	expect(&slow, RUNCTL_EXIT, 0);
	command_close(&slow);

	run((char *[]){ "fill", "900000000", NULL }, -1, -1, &slow);
	expect(&slow, RUNCTL_STARTED, 42);
	close(slow.out);
	slow.out = -1;
	expect(&slow, RUNCTL_EXIT, 256 + SIGPIPE);
	command_close(&slow);
}

static void query(struct helper_msg *m)
{
	*m = (struct helper_msg){ .type = HELPER_QUERY };
	CHECK(courier_send(&courier, m, NULL, 0));
	CHECK(courier_expect(&courier, HELPER_STATS, m));
}

static void test_stats_and_idle(void)
{
	struct helper_msg m;
	uint64_t before;

	query(&m);
	CHECK(m.stats.cpu_permille == 7 && m.stats.mem_used_kib == 8 && m.stats.mem_total_kib == 9);
	poll(NULL, 0, 600);
	query(&m);
	before = m.stats.wakeups;
	poll(NULL, 0, 1500);
	query(&m);
	printf("# wake-ups in 1.5 s without work, two of them by the question itself: %d\n",
		(int)(m.stats.wakeups - before));
	CHECK(m.stats.wakeups - before <= 2);
	CHECK(atomic_load(&agent.got_time) > 1000000000);
}

static void test_resumed(void)
{
	struct helper_msg m = { .type = HELPER_RESUMED };

	atomic_store(&agent.got_time, 0);
	CHECK(courier_send(&courier, &m, NULL, 0));
	for (int i = 0; i < 500 && !atomic_load(&agent.got_time); i++)
		poll(NULL, 0, 10);
	CHECK(atomic_load(&agent.got_time) > 1000000000);
}

static void test_agent_leaves(void)
{
	struct command waiting, leaver;
	struct helper_msg m;

	run((char *[]){ "wait", NULL }, -1, -1, &waiting);
	expect(&waiting, RUNCTL_STARTED, 42);
	run((char *[]){ "leave", NULL }, -1, -1, &leaver);
	expect(&waiting, RUNCTL_LOST, 0);
	expect(&leaver, RUNCTL_LOST, 0);
	command_close(&waiting);
	command_close(&leaver);
	CHECK(courier_expect(&courier, HELPER_GUEST, &m) && m.guest.state == HELPER_GUEST_GONE);
	CHECK(courier_expect(&courier, HELPER_GUEST, &m) && m.guest.state == HELPER_GUEST_JOINED);
	CHECK(m.guest.epoch == 8);
	CHECK(courier_expect(&courier, HELPER_GUEST, &m) && m.guest.state == HELPER_GUEST_READY);
	test_status();
}

/* vmosd dies and comes back; a program runs on across it. */
static void test_adoption(void)
{
	struct helper_msg m = { .type = HELPER_ADOPT };
	struct command cmd;

	run((char *[]){ "wait", NULL }, -1, -1, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42);
	close(courier.sock);
	courier.sock = fd_unix_connect(courier.path, SOCK_SEQPACKET);
	CHECK(courier.sock >= 0);
	CHECK(courier_send(&courier, &m, NULL, 0));
	CHECK(courier_expect(&courier, HELPER_FDS, &m) && !strcmp(m.setup.vm, "work"));
	CHECK(courier_expect(&courier, HELPER_GUEST, &m) && m.guest.state == HELPER_GUEST_READY);
	command_say(&cmd, RUNCTL_SIGNAL, SIGINT, 0);
	expect(&cmd, RUNCTL_EXIT, 256 + SIGINT);
	command_close(&cmd);
	test_status();
}

/* As many programs as there may be, then one more: it alone is refused. */
static void test_many_runs(void)
{
	struct command cmds[CTL_RUNS_MAX], one_more;

	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		run((char *[]){ "wait", NULL }, -1, -1, &cmds[i]);
		expect(&cmds[i], RUNCTL_STARTED, 42);
	}
	run((char *[]){ "exit", "0", NULL }, -1, -1, &one_more);
	expect(&one_more, RUNCTL_EXIT, -EBUSY);
	command_close(&one_more);
	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		command_say(&cmds[i], RUNCTL_SIGNAL, SIGTERM, 0);
		expect(&cmds[i], RUNCTL_EXIT, 256 + SIGTERM);
		command_close(&cmds[i]);
	}
}

/* Arguments that are none, and an id that is taken: nothing else suffers. */
static void test_bad_requests(void)
{
	struct helper_msg m = { .type = HELPER_RUN };
	int fds[5];
	struct command cmd, waiting;

	for (int i = 0; i < 5; i++)
		fds[i] = fd_memfd_data("bad", "\1\0\0\0abcdef", 10);
	m.run = (struct helper_run){ .id = 4000, .args_len = 10 };
	CHECK(courier_send(&courier, &m, fds, 5));
	fd_close_all(fds, 5);
	run((char *[]){ "wait", NULL }, -1, -1, &waiting);
	expect(&waiting, RUNCTL_STARTED, 42);
	next_id--;
	run((char *[]){ "exit", "5", NULL }, -1, -1, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42);
	expect(&cmd, RUNCTL_EXIT, 5);
	command_close(&cmd);
	command_say(&waiting, RUNCTL_SIGNAL, SIGTERM, 0);
	expect(&waiting, RUNCTL_EXIT, 256 + SIGTERM);
	command_close(&waiting);
}

static void expect_refusal(void)
{
	struct helper_msg m;
	int status;

	CHECK(courier_expect(&courier, HELPER_FAILED, &m) && m.fail.reason == HELPER_REASON_PROTOCOL);
	printf("# refused: %s\n", m.fail.text);
	agent_stop(&agent);
	status = courier_reap(&courier);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == HELPER_REASON_PROTOCOL);
}

static void test_refusals(const char *program)
{
	struct command cmd;

	agent.version = 9;
	courier_start(&courier, program, 1);
	agent_start(&agent, &courier);
	expect_refusal();
	agent.version = CTL_VERSION;
	begin(program);
	run((char *[]){ "overrun", NULL }, -1, -1, &cmd);
	expect_refusal();
	command_close(&cmd);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int friendly(const char *program, bool streams)
{
	int count = 0;

	courier.streams = streams;
	signal(SIGPIPE, SIG_IGN); /* a courier that refuses hangs up */
	setvbuf(stdout, NULL, _IOLBF, 0);
	begin(program);
	RUN_TEST(test_status);
	RUN_TEST(test_files);
	RUN_TEST(test_signals);
	RUN_TEST(test_stalled_reader);
	RUN_TEST(test_stats_and_idle);
	RUN_TEST(test_resumed);
	RUN_TEST(test_many_runs);
	RUN_TEST(test_bad_requests);
	RUN_TEST(test_agent_leaves);
	RUN_TEST(test_adoption);
	RUN_TEST(test_bulk);
	end();
	test_refusals(program);
	printf("ok %d - test_refusals\n1..%d\n", count + 1, count + 1);
	return 0;
}
