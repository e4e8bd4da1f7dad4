/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-courier with transfers and requests, of guests that behave and of guests whose bytes are wrong. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "courier/request.h"
#include "courier/transfer.h"
#include "proto/ctl.h"
#include "proto/licence.h"
#include "proto/xfer.h"
#include "tests/hostile-courier/agent.h"
#include "tests/hostile-courier/stream.h"
#include "tests/hostile-courier/tests.h"

#define POINT_HEX "41000000200000000000000000000000" /* head of a POINT */
#define ZERO_HEX "00000000000000000000000000000000"

static struct courier courier;
static struct agent agent;
static struct licence *licence;
static int licence_fd;
static uint32_t next_id = 1;

/* A file of @size bytes, all of the stream but its last @cut records. */
static void make_stream(size_t size, int cut)
{
	static uint8_t data[XFER_DATA_MAX];
	static const uint8_t hash[XFER_HASH];

	stream_start(size);
	stream_put(XFER_FILE, size, "file", 4);
	for (size_t at = 0; at < size; at += XFER_DATA_MAX) {
		memset(data, (int)(at / XFER_DATA_MAX + 1), sizeof(data));
		stream_put(XFER_DATA, 0, data, size - at < XFER_DATA_MAX ? size - at : XFER_DATA_MAX);
	}
	if (cut < 3)
		stream_put(XFER_END, 0, hash, sizeof(hash));
	if (cut < 2)
		stream_put(XFER_ITEM, 0, NULL, 0);
	if (cut < 1)
		stream_put(XFER_DONE, 0, NULL, 0);
}

static void begin(const char *program)
{
	struct helper_msg m;

	licence_fd = fd_memfd_sealed("licence", LICENCE_SIZE);
	CHECK(licence_fd >= 0);
	licence = mmap(NULL, LICENCE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, licence_fd, 0);
	CHECK(licence != MAP_FAILED);
	courier_start(&courier, program, 7);
	agent_start(&agent, &courier);
	CHECK(courier_expect(&courier, HELPER_GUEST, &m) && courier_expect(&courier, HELPER_GUEST, &m));
	CHECK(m.guest.state == HELPER_GUEST_READY);
}

static void set_licence(uint32_t allowed)
{
	__atomic_store_n(&licence->allowed, allowed, __ATOMIC_RELEASE);
}

static void transfer(uint8_t flags, char *const *argv, struct command *cmd)
{
	const struct helper_run req = { .id = next_id++, .flags = flags };

	*cmd = (struct command){ -1, -1, -1, -1 };
	CHECK(command_transfer(&courier, &req, argv, licence_fd, cmd));
}

static void run(char *const *argv)
{
	struct command cmd = { -1, -1, -1, -1 };
	struct runctl m;

	CHECK(command_run(&courier, next_id++, argv, &cmd));
	CHECK(command_hear(&cmd, &m) && m.type == RUNCTL_STARTED);
	CHECK(command_hear(&cmd, &m) && m.type == RUNCTL_EXIT && m.a == 0);
	command_close(&cmd);
}

/* The next word that is not PROGRESS; the last of these is kept. */
static struct runctl progress;

static void expect(const struct command *cmd, uint32_t type, int32_t a, struct runctl *ret)
{
	do {
		CHECK(command_hear(cmd, ret));
		if (ret->type == RUNCTL_PROGRESS)
			progress = *ret;
	} while (ret->type == RUNCTL_PROGRESS);
	if (ret->type != type || ret->a != a)
		fprintf(stderr, "heard %u %d, expected %u %d\n", ret->type, ret->a, type, a);
	CHECK(ret->type == type && ret->a == a);
}

/* Reads to the end of a pipe that may be non-blocking. Returns the bytes, the first @cap of them in @dst. */
static size_t read_out(int fd, uint8_t *dst, size_t cap)
{
	static uint8_t data[65536];
	size_t total = 0;
	ssize_t n;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		CHECK(poll(&p, 1, 20000) > 0);
		n = read(fd, data, sizeof(data));
		if (n < 0 && errno == EAGAIN)
			continue;
		CHECK(n >= 0);
		if (!n)
			return total;
		if (total + (size_t)n <= cap)
			memcpy(dst + total, data, (size_t)n);
		total += (size_t)n;
	}
}

/* Bytes of the stream that the pipe took; stops at @stop (may be NULL) or where nobody reads. */
static size_t write_stream(int fd, atomic_bool *stop)
{
	size_t at = 0;

	while (at < stream_len && !(stop && atomic_load(stop))) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n;

		if (poll(&p, 1, 100) <= 0)
			continue;
		n = write(fd, stream + at, stream_len - at < 65536 ? stream_len - at : 65536);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n < 0)
			break;
		at += (size_t)n;
	}
	return at;
}

struct writer {
	pthread_t thread;
	int fd;
	atomic_bool stop;
};

static void *writer_main(void *arg)
{
	struct writer *w = arg;

	write_stream(w->fd, &w->stop);
	close(w->fd);
	return NULL;
}

static void writer_start(struct writer *w, struct command *cmd)
{
	w->fd = steal_fd(&cmd->in);
	atomic_store(&w->stop, false);
	CHECK(!pthread_create(&w->thread, NULL, writer_main, w));
}

static void writer_stop(struct writer *w)
{
	atomic_store(&w->stop, true);
	pthread_join(w->thread, NULL);
}

static char *const sender[] = { "cat", "web", "/home/user/file", NULL };

/* A whole transfer passes byte for byte; vmosd hears how far it is. */
static void test_send(void)
{
	static uint8_t back[sizeof(stream)];
	struct writer w;
	struct command cmd;
	struct runctl m;

	set_licence(1);
	make_stream(3u << 20, 0);
	transfer(CTL_RUN_SEND, sender, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	writer_start(&w, &cmd);
	CHECK(read_out(cmd.out, back, sizeof(back)) == stream_len && !memcmp(back, stream, stream_len));
	writer_stop(&w);
	expect(&cmd, RUNCTL_EXIT, 0, &m);
	CHECK(progress.n[0] == 3u << 20 && progress.n[1] == 3u << 20);
	command_close(&cmd);
}

/* Ends as success that is none, by a stream that is not whole. */
static void test_send_short(void)
{
	struct command cmd;
	struct runctl m;

	for (int cut = 1; cut < 4; cut++) {
		make_stream(1000, cut);
		transfer(CTL_RUN_SEND, sender, &cmd);
		expect(&cmd, RUNCTL_STARTED, 42, &m);
		CHECK(write_stream(cmd.in, NULL) == stream_len);
		close(steal_fd(&cmd.in));
		expect(&cmd, RUNCTL_EXIT, -EBADMSG, &m);
		command_close(&cmd);
	}
}

/* The chunk with the wrong byte does not pass, the program is killed, the courier lives. */
static void test_send_bad(void)
{
	struct command cmd;
	struct runctl m;

	make_stream(1000, 3);
	stream_put(XFER_DONE, 0, NULL, 0); /* within a file */
	atomic_store(&agent.last_signal, 0);
	transfer(CTL_RUN_SEND, sender, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	CHECK(write_stream(cmd.in, NULL) == stream_len);
	expect(&cmd, RUNCTL_EXIT, -EBADMSG, &m);
	CHECK(read_out(cmd.out, NULL, 0) == 0);
	for (int i = 0; i < 500 && atomic_load(&agent.last_signal) != SIGKILL; i++)
		poll(NULL, 0, 10);
	CHECK(atomic_load(&agent.last_signal) == SIGKILL);
	command_close(&cmd);
	test_send();
}

/* More than are told. */
static void test_many_problems(void)
{
	struct command cmd;
	struct runctl m;

	stream_len = 0;
	for (int i = 0; i < TRANSFER_PROBLEMS_MAX + 10; i++)
		stream_put(XFER_PROBLEM, ELOOP, "link", 4);
	transfer(CTL_RUN_SEND, (char *[]){ "cat2", "web", "a", NULL }, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	CHECK(write_stream(cmd.in, NULL) == stream_len);
	close(steal_fd(&cmd.in));
	for (int i = 0; i < TRANSFER_PROBLEMS_MAX; i++)
		expect(&cmd, RUNCTL_PROBLEM, ELOOP, &m);
	expect(&cmd, RUNCTL_EXIT, -EBADMSG, &m);
	command_close(&cmd);
}

static void test_problems(void)
{
	struct command cmd;
	struct runctl m;

	stream_len = 0;
	stream_put(XFER_PROBLEM, EACCES, "secret\n\x1b[31m", 12);
	for (int i = 1; i < TRANSFER_PROBLEMS_MAX; i++)
		stream_put(XFER_PROBLEM, ELOOP, "link", 4);
	memcpy(stream + stream_len, "cat: what is this?\n", 19);
	stream_len += 19;
	transfer(CTL_RUN_SEND, (char *[]){ "cat2", "web", "a", NULL }, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	CHECK(write_stream(cmd.in, NULL) == stream_len);
	expect(&cmd, RUNCTL_PROBLEM, EACCES, &m);
	CHECK(!strcmp(m.text, "secret\xef\xbf\xbd\xef\xbf\xbd[31m"));
	for (int i = 1; i < TRANSFER_PROBLEMS_MAX; i++)
		expect(&cmd, RUNCTL_PROBLEM, ELOOP, &m);
	poll(NULL, 0, 200);
	stream_len = 0;
	stream_put(XFER_PROBLEM, EIO, "behind words that are none", 26);
	CHECK(write_stream(cmd.in, NULL) == stream_len);
	close(steal_fd(&cmd.in));
	expect(&cmd, RUNCTL_EXIT, -EBADMSG, &m); /* it sent nothing */
	CHECK(read_out(cmd.err, NULL, 0) == 0);
	command_close(&cmd);
}

/* After the licence is gone, what is in the pipe already is all that comes. */
static void test_send_revoked(void)
{
	struct command cmd;
	struct runctl m;
	struct writer w;
	size_t before, total;
	int in_pipe = 0;

	make_stream(3u << 20, 0);
	transfer(CTL_RUN_SEND, sender, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	writer_start(&w, &cmd);
	poll(NULL, 0, 300);
	set_licence(0);
	CHECK(!ioctl(cmd.out, FIONREAD, &in_pipe) && in_pipe > 0);
	before = (size_t)in_pipe;
	total = read_out(cmd.out, NULL, 0);
	printf("# %zu bytes were in the pipe at the revocation, %zu came\n", before, total);
	CHECK(total == before); /* the courier was not within a write, it waited for room */
	expect(&cmd, RUNCTL_EXIT, -EPERM, &m);
	writer_stop(&w);
	command_close(&cmd);
	set_licence(1);
	test_send();
}

/* However much has gathered, the courier asks for the licence before each 64 KiB: a socket keeps its writes apart. */
static void test_send_chunks(void)
{
	struct command cmd = { -1, -1, -1, -1 };
	static uint8_t packet[1u << 20];
	ssize_t n, longest = 0, total = 0;
	int pair[2], room = 1 << 20;
	struct runctl m;
	struct writer w;

	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
	CHECK(!setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)));
	make_stream(3u << 20, 0);
	cmd.out = pair[1];
	CHECK(command_transfer(
		&courier, &(struct helper_run){ .id = next_id++, .flags = CTL_RUN_SEND }, sender, licence_fd, &cmd));
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	writer_start(&w, &cmd);
	for (;;) {
		struct pollfd p = { .fd = pair[0], .events = POLLIN };

		poll(NULL, 0, 2); /* so that more gathers */
		CHECK(poll(&p, 1, 20000) == 1);
		n = recv(pair[0], packet, sizeof(packet), 0);
		if (n <= 0)
			break;
		longest = n > longest ? n : longest;
		total += n;
	}
	printf("# the longest of its writes had %zd bytes\n", longest);
	CHECK((size_t)total == stream_len && longest <= CTL_CHUNK && longest > CTL_CHUNK / 2);
	expect(&cmd, RUNCTL_EXIT, 0, &m);
	writer_stop(&w);
	close(pair[0]);
	command_close(&cmd);
}

static char *const receiver[] = { "receive",
	POINT_HEX "02000000000000000300000000000000"
		  "00000100000000000000000000000000",
	"0123456789abcdef", NULL };

static void test_receive(void)
{
	struct command cmd;
	struct runctl m;
	struct writer w;

	make_stream(3u << 20, 0);
	atomic_store(&agent.swallowed, 0);
	transfer(CTL_RUN_RECEIVE, receiver, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	expect(&cmd, RUNCTL_POINT, 2, &m);
	CHECK(m.n[0] == 3 && m.n[1] == 65536);
	writer_start(&w, &cmd);
	expect(&cmd, RUNCTL_EXIT, 0, &m);
	writer_stop(&w);
	CHECK(atomic_load(&agent.swallowed) == stream_len);
	CHECK(progress.n[0] == 3u << 20);
	CHECK(read_out(cmd.out, NULL, 0) == 0);
	command_close(&cmd);
}

/* A courier that was taken over sends what it likes: the one of the receiver looks, too. */
static void test_receive_bad(void)
{
	struct command cmd;
	struct runctl m;

	stream_start(0);
	stream_put(XFER_FILE, 0, "../up", 5);
	atomic_store(&agent.swallowed, 0);
	atomic_store(&agent.last_signal, 0);
	transfer(CTL_RUN_RECEIVE, receiver, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	expect(&cmd, RUNCTL_POINT, 2, &m);
	CHECK(write_stream(cmd.in, NULL) == stream_len);
	expect(&cmd, RUNCTL_EXIT, -EBADMSG, &m);
	for (int i = 0; i < 500 && atomic_load(&agent.last_signal) != SIGKILL; i++)
		poll(NULL, 0, 10);
	CHECK(atomic_load(&agent.last_signal) == SIGKILL && atomic_load(&agent.swallowed) == 0);
	command_close(&cmd);
	test_receive();
}

/* The sender ends early: the receiver reads the end, and its success does not count. */
static void test_receive_short(void)
{
	struct command cmd;
	struct runctl m;

	make_stream(1000, 2);
	transfer(CTL_RUN_RECEIVE, receiver, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	expect(&cmd, RUNCTL_POINT, 2, &m);
	CHECK(write_stream(cmd.in, NULL) == stream_len);
	close(steal_fd(&cmd.in));
	expect(&cmd, RUNCTL_EXIT, -EBADMSG, &m);
	command_close(&cmd);
}

static void test_receive_revoked(void)
{
	struct command cmd;
	struct runctl m;
	unsigned long before;

	make_stream(3u << 20, 0);
	transfer(CTL_RUN_RECEIVE, receiver, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	expect(&cmd, RUNCTL_POINT, 2, &m);
	atomic_store(&agent.swallowed, 0);
	CHECK(write(cmd.in, stream, 60000) == 60000);
	for (int i = 0; i < 500 && atomic_load(&agent.swallowed) < 60000; i++)
		poll(NULL, 0, 10);
	before = atomic_load(&agent.swallowed);
	set_licence(0);
	CHECK(before == 60000 && write(cmd.in, stream + 60000, 60000) == 60000);
	expect(&cmd, RUNCTL_EXIT, -EPERM, &m);
	CHECK(atomic_load(&agent.swallowed) == before);
	command_close(&cmd);
	set_licence(1);
}

/* What is not one POINT, whole and alone. */
static void test_bad_points(void)
{
	static char *const words[] = { POINT_HEX ZERO_HEX "0000000000000000000000000000000000", /* one byte more */
		POINT_HEX ZERO_HEX "00000000000000000000000000000001", /* not zero behind */
		"42000000200000000000000000000000" ZERO_HEX ZERO_HEX, /* another type */
		POINT_HEX ZERO_HEX "00000000000000000000000000000000" POINT_HEX };
	struct command cmd;
	struct runctl m;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		transfer(CTL_RUN_RECEIVE, (char *[]){ "receive", words[i], "0123456789abcdef", NULL }, &cmd);
		expect(&cmd, RUNCTL_STARTED, 42, &m);
		expect(&cmd, RUNCTL_EXIT, -EBADMSG, &m);
		command_close(&cmd);
	}
}

/* Two transfers that nobody drains or feeds, and a program beside them. */
static void test_blocks_nobody(void)
{
	struct command there, here;
	struct runctl m;
	struct writer w;

	make_stream(3u << 20, 0);
	transfer(CTL_RUN_SEND, sender, &there);
	expect(&there, RUNCTL_STARTED, 42, &m);
	writer_start(&w, &there);
	transfer(CTL_RUN_RECEIVE, receiver, &here);
	expect(&here, RUNCTL_STARTED, 42, &m);
	poll(NULL, 0, 200);
	run((char *[]){ "exit", "0", NULL });
	CHECK(read_out(there.out, NULL, 0) == stream_len);
	expect(&there, RUNCTL_EXIT, 0, &m);
	writer_stop(&w);
	command_close(&there);
	command_close(&here);
	run((char *[]){ "exit", "0", NULL });
}

/* A page that could be taken away is no licence, and without one nothing begins. */
static void test_bad_licence(void)
{
	const struct helper_run req = { .id = next_id++, .flags = CTL_RUN_SEND };
	int loose = memfd_create("loose", MFD_ALLOW_SEALING);
	struct command cmd = { -1, -1, -1, -1 };
	struct runctl m;

	CHECK(loose >= 0 && !ftruncate(loose, LICENCE_SIZE));
	CHECK(command_transfer(&courier, &req, sender, loose, &cmd));
	expect(&cmd, RUNCTL_EXIT, -EBADFD, &m);
	close(loose);
	command_close(&cmd);
	set_licence(0);
	make_stream(10, 0);
	transfer(CTL_RUN_SEND, sender, &cmd);
	expect(&cmd, RUNCTL_STARTED, 42, &m);
	CHECK(write_stream(cmd.in, NULL) == stream_len);
	expect(&cmd, RUNCTL_EXIT, -EPERM, &m);
	CHECK(read_out(cmd.out, NULL, 0) == 0);
	command_close(&cmd);
	set_licence(1);
}

static void answer(uint32_t id, uint32_t status)
{
	struct helper_msg m = { .type = HELPER_ANSWER,
		.answer = { .id = id, .status = status, .done = 1, .total = 2 } };

	CHECK(courier_send(&courier, &m, NULL, 0));
}

static void wait_answer(uint32_t id, uint32_t status)
{
	for (int i = 0; i < 500 && atomic_load(&agent.answers[id]) != status; i++)
		poll(NULL, 0, 10);
	CHECK(atomic_load(&agent.answers[id]) == status);
}

static void expect_request(uint32_t id, struct helper_msg *m)
{
	CHECK(courier_expect(&courier, HELPER_REQUEST, m));
	CHECK(m->request.id == id);
}

static void test_request(void)
{
	struct helper_msg m;

	run((char *[]){ "ask", "5", "1", "web", "/home/user/gr\xc3\xbc\xc3\x9f\x1b.pdf/", "/b", NULL });
	expect_request(5, &m);
	CHECK(m.request.kind == CTL_REQUEST_SEND && !strcmp(m.request.object, "web"));
	CHECK(!strcmp(m.request.claim, "gr\xc3\xbc\xc3\x9f\xef\xbf\xbd.pdf"));
	CHECK(m.request.files == 1 && m.request.bytes == 1000);
	CHECK(!strcmp(courier.args + 4, "web") && !strcmp(courier.args + 8, "/home/user/gr\xc3\xbc\xc3\x9f\x1b.pdf/"));
	answer(5, CTL_ANSWER_ASKED);
	wait_answer(5, CTL_ANSWER_ASKED);
	answer(5, CTL_ANSWER_MOVING);
	wait_answer(5, CTL_ANSWER_MOVING);
	answer(5, CTL_ANSWER_DONE);
	wait_answer(5, CTL_ANSWER_DONE);
	answer(5, CTL_ANSWER_DENIED); /* of none: no matter */
	run((char *[]){ "ask", "5", "3", "", "https://example.org/a/b", NULL });
	expect_request(5, &m);
	CHECK(m.request.kind == CTL_REQUEST_URL && !m.request.object[0]);
	CHECK(!strcmp(m.request.claim, "https://example.org/a/b"));
	answer(5, CTL_ANSWER_DENIED);
	wait_answer(5, CTL_ANSWER_DENIED);
}

/* The guest gives up; it is over when vmosd says so. */
static void test_cancel(void)
{
	struct helper_msg m;

	run((char *[]){ "ask", "6", "1", "web", "a", NULL });
	expect_request(6, &m);
	run((char *[]){ "cancel", "6", NULL });
	run((char *[]){ "cancel", "6", NULL });
	run((char *[]){ "cancel", "7", NULL });
	CHECK(courier_expect(&courier, HELPER_CANCEL, &m) && m.cancel.id == 6);
	answer(6, CTL_ANSWER_CANCELLED);
	wait_answer(6, CTL_ANSWER_CANCELLED);
}

/* The ninth is refused by the courier itself, and the others stay open. */
static void test_too_many(void)
{
	struct helper_msg m;
	char id[8];

	for (uint32_t i = 10; i < 10 + HELPER_REQUESTS_MAX; i++) {
		snprintf(id, sizeof(id), "%u", i);
		run((char *[]){ "ask", id, "1", "web", "a", NULL });
		expect_request(i, &m);
	}
	run((char *[]){ "ask", "30", "1", "web", "a", NULL });
	wait_answer(30, CTL_ANSWER_FAILED);
	CHECK(atomic_load(&agent.reasons[30]) == XFER_R_INTERNAL);
	for (uint32_t i = 10; i < 10 + HELPER_REQUESTS_MAX; i++) {
		answer(i, CTL_ANSWER_DENIED);
		wait_answer(i, CTL_ANSWER_DENIED);
	}
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* However fast a guest asks and is denied, vmosd hears of a few a second. */
static void test_flood(void)
{
	uint64_t begin_ms = now_ms(), least = 10 * REQUESTS_GAP_US / 1000;
	struct helper_msg m;

	for (int i = 0; i < REQUESTS_BURST + 10; i++) {
		run((char *[]){ "ask", "8", "1", "web", "a", NULL });
		expect_request(8, &m);
		answer(8, CTL_ANSWER_DENIED);
		wait_answer(8, CTL_ANSWER_DENIED);
		atomic_store(&agent.answers[8], 0);
	}
	printf("# %d requests took %d ms\n", REQUESTS_BURST + 10, (int)(now_ms() - begin_ms));
	CHECK(now_ms() - begin_ms + REQUESTS_GAP_US / 1000 >= least);
}

/* A new vmosd hears of what is open; what the guest gave up meanwhile is answered without it. */
static void test_adoption(void)
{
	struct helper_msg m = { .type = HELPER_ADOPT };

	run((char *[]){ "ask", "40", "1", "web", "a", NULL });
	expect_request(40, &m);
	run((char *[]){ "ask", "41", "1", "web", "b", NULL });
	expect_request(41, &m);
	close(courier.sock);
	courier.sock = -1;
	poll(NULL, 0, 300);
	courier.sock = fd_unix_connect(courier.path, SOCK_SEQPACKET);
	CHECK(courier.sock >= 0);
	m = (struct helper_msg){ .type = HELPER_ADOPT };
	CHECK(courier_send(&courier, &m, NULL, 0));
	CHECK(courier_expect(&courier, HELPER_FDS, &m));
	expect_request(40, &m);
	expect_request(41, &m);
	CHECK(!strcmp(courier.args + 8, "b"));
	answer(40, CTL_ANSWER_DONE);
	wait_answer(40, CTL_ANSWER_DONE);
	answer(41, CTL_ANSWER_DONE);
	wait_answer(41, CTL_ANSWER_DONE);
}

/* The agent leaves: nobody waits for the answer any more. */
static void test_session_ends(void)
{
	struct helper_msg m;
	struct command cmd = { -1, -1, -1, -1 };

	run((char *[]){ "ask", "50", "1", "web", "a", NULL });
	expect_request(50, &m);
	CHECK(command_run(&courier, next_id++, (char *[]){ "leave", NULL }, &cmd));
	CHECK(courier_expect(&courier, HELPER_CANCEL, &m) && m.cancel.id == 50);
	command_close(&cmd);
	do
		CHECK(courier_expect(&courier, HELPER_GUEST, &m));
	while (m.guest.state != HELPER_GUEST_READY);
	run((char *[]){ "ask", "50", "1", "web", "a", NULL }); /* its id is not free yet */
	wait_answer(50, CTL_ANSWER_FAILED);
	answer(50, CTL_ANSWER_CANCELLED);
	poll(NULL, 0, 300);
	run((char *[]){ "ask", "50", "1", "web", "a", NULL });
	expect_request(50, &m);
	answer(50, CTL_ANSWER_DONE);
	wait_answer(50, CTL_ANSWER_DONE);
}

/* The request of @argv ends the courier, the first time or the second. */
static void expect_refusal(const char *program, char *const *argv, bool second)
{
	struct command cmd = { -1, -1, -1, -1 };
	struct helper_msg m;

	begin(program);
	if (second)
		run(argv);
	CHECK(command_run(&courier, next_id++, argv, &cmd));
	CHECK(courier_expect(&courier, HELPER_FAILED, &m) && m.fail.reason == HELPER_REASON_PROTOCOL);
	printf("# refused: %s\n", m.fail.text);
	agent_stop(&agent);
	CHECK(WEXITSTATUS(courier_reap(&courier)) == HELPER_REASON_PROTOCOL);
	command_close(&cmd);
}

static void end(void)
{
	struct helper_msg m = { .type = HELPER_QUIT };

	agent_stop(&agent);
	CHECK(courier_send(&courier, &m, NULL, 0));
	CHECK(courier_reap(&courier) == 0);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int transfers(const char *program)
{
	int count = 0;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	begin(program);
	RUN_TEST(test_send);
	RUN_TEST(test_send_short);
	RUN_TEST(test_send_bad);
	RUN_TEST(test_problems);
	RUN_TEST(test_many_problems);
	RUN_TEST(test_send_revoked);
	RUN_TEST(test_send_chunks);
	RUN_TEST(test_receive);
	RUN_TEST(test_receive_short);
	RUN_TEST(test_receive_bad);
	RUN_TEST(test_receive_revoked);
	RUN_TEST(test_bad_points);
	RUN_TEST(test_blocks_nobody);
	RUN_TEST(test_bad_licence);
	RUN_TEST(test_request);
	RUN_TEST(test_cancel);
	RUN_TEST(test_too_many);
	RUN_TEST(test_flood);
	RUN_TEST(test_adoption);
	RUN_TEST(test_session_ends);
	end();
	expect_refusal(program, (char *[]){ "ask", "1", "3", "web", "file:///etc/passwd", NULL }, false);
	expect_refusal(program, (char *[]){ "ask", "1", "1", "we/b", "a", NULL }, false);
	expect_refusal(program, (char *[]){ "ask", "1", "1", "web", "a", NULL }, true);
	printf("ok %d - requests that are not well formed\n1..%d\n", count + 1, count + 1);
	return 0;
}
