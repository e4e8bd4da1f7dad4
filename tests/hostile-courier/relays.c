/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-courier with transfers whose contents go by a relay: who is asked to take part, and which FARs pass. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "proto/ctl.h"
#include "proto/licence.h"
#include "proto/xfer.h"
#include "tests/hostile-courier/agent.h"
#include "tests/hostile-courier/stream.h"
#include "tests/hostile-courier/tests.h"

#define RELAY 900
#define AREA 5
#define FARS 40 /* of a good stream */
#define POINT_HEX "41000000200000000000000000000000" /* head of a POINT */
#define ZERO_HEX "00000000000000000000000000000000"

static struct courier courier;
static struct agent agent;

static char *const sender[] = { "cat", "web", "/home/user/file", NULL };
static char *const receiver[] = { "receive", POINT_HEX ZERO_HEX ZERO_HEX, "0123456789abcdef", NULL };

static void put_far(uint64_t count, uint32_t relay)
{
	const struct xfer_far far = { .count = count, .generation = relay, .bytes = XFER_DATA_MAX };
	uint8_t payload[XFER_FAR_LEN];

	xfer_far_put(payload, &far);
	stream_put(XFER_FAR, 0, payload, sizeof(payload));
}

/* A file of FARs: FARS of @relay, the last one with its count wrong by @wrong; then its end. */
static void make_stream(uint32_t relay, uint64_t wrong)
{
	static const uint8_t hash[XFER_HASH];
	const uint64_t size = (uint64_t)FARS * XFER_DATA_MAX;

	stream_start(size);
	stream_put(XFER_FILE, size, "file", 4);
	for (uint64_t i = 0; i < FARS; i++)
		put_far(i * XFER_DATA_MAX + (i == FARS - 1 ? wrong : 0), relay);
	stream_put(XFER_END, 0, hash, sizeof(hash));
	stream_put(XFER_ITEM, 0, NULL, 0);
	stream_put(XFER_DONE, 0, NULL, 0);
}

static void begin(const char *program)
{
	struct helper_msg m;

	courier_start(&courier, program, 7);
	agent_start(&agent, &courier);
	CHECK(courier_expect(&courier, HELPER_GUEST, &m) && courier_expect(&courier, HELPER_GUEST, &m));
	CHECK(m.guest.state == HELPER_GUEST_READY);
}

static void end(void)
{
	struct helper_msg m = { .type = HELPER_QUIT };

	agent_stop(&agent);
	CHECK(courier_send(&courier, &m, NULL, 0));
	CHECK(courier_reap(&courier) == 0);
}

/* Begins one that may pass; STARTED must name @joined. */
static void transfer(uint8_t flags, char *const *argv, uint32_t joined, struct command *cmd)
{
	static uint32_t next_id = 1;
	const struct helper_run req = { .id = next_id++, .flags = flags, .relay = RELAY, .area = AREA };
	int fd cleanup_fd = fd_memfd_sealed("licence", LICENCE_SIZE);
	struct licence *licence = mmap(NULL, LICENCE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct runctl m;

	CHECK(fd >= 0 && licence != MAP_FAILED);
	licence->allowed = 1;
	munmap(licence, LICENCE_SIZE);
	*cmd = (struct command){ -1, -1, -1, -1 };
	CHECK(command_transfer(&courier, &req, argv, fd, cmd));
	CHECK(command_hear(cmd, &m) && m.type == RUNCTL_STARTED);
	CHECK(m.n[0] == joined && m.n[1] == 0);
}

/* Writes the stream and hears how it ended; PROGRESS last said in @ret. */
static int32_t pass(struct command *cmd, struct runctl *ret)
{
	struct runctl m = { 0 };

	CHECK(fd_write_all(cmd->in, stream, stream_len) == 0);
	close(steal_fd(&cmd->in));
	while (m.type != RUNCTL_EXIT) {
		CHECK(command_hear(cmd, &m));
		if (m.type == RUNCTL_PROGRESS)
			*ret = m;
	}
	return m.a;
}

static void test_send(void)
{
	static uint8_t back[sizeof(stream)];
	struct runctl progress = { 0 };
	struct command cmd;

	make_stream(RELAY, 0);
	transfer(CTL_RUN_SEND, sender, RELAY, &cmd);
	CHECK(atomic_load(&agent.relay) == RELAY && atomic_load(&agent.area) == AREA);
	CHECK(pass(&cmd, &progress) == 0);
	CHECK(fd_read_all(cmd.out, back, sizeof(back)) == (ssize_t)stream_len && !memcmp(back, stream, stream_len));
	CHECK(progress.n[0] == (uint64_t)FARS * XFER_DATA_MAX && progress.n[1] == progress.n[0]);
	command_close(&cmd);
}

static void test_receive(void)
{
	struct runctl progress = { 0 };
	struct command cmd;

	make_stream(RELAY, 0);
	atomic_store(&agent.swallowed, 0);
	transfer(CTL_RUN_RECEIVE, receiver, RELAY, &cmd);
	CHECK(pass(&cmd, &progress) == 0);
	CHECK(atomic_load(&agent.swallowed) == stream_len);
	CHECK(progress.n[0] == (uint64_t)FARS * XFER_DATA_MAX);
	command_close(&cmd);
}

static void refused(uint8_t flags, char *const *argv)
{
	struct runctl progress;
	struct command cmd;

	transfer(flags, argv, RELAY, &cmd);
	CHECK(pass(&cmd, &progress) == -EBADMSG);
	command_close(&cmd);
}

/* Another relay's, and one that names bytes which the one before did not end at: by neither courier. */
static void test_refused(void)
{
	make_stream(RELAY + 1, 0);
	refused(CTL_RUN_SEND, sender);
	refused(CTL_RUN_RECEIVE, receiver);
	make_stream(RELAY, 1);
	refused(CTL_RUN_SEND, sender);
	refused(CTL_RUN_RECEIVE, receiver);
}

/* An agent of an older template is not asked, and then no FAR passes. */
static void test_old_agent(const char *program)
{
	struct command cmd = { -1, -1, -1, -1 };
	struct runctl progress;
	struct helper_msg m;

	begin(program);
	atomic_store(&agent.is_old, true); /* in the next session */
	CHECK(command_run(&courier, 1000, (char *[]){ "leave", NULL }, &cmd));
	do
		CHECK(courier_expect(&courier, HELPER_GUEST, &m));
	while (m.guest.state != HELPER_GUEST_READY);
	command_close(&cmd);
	make_stream(RELAY, 0);
	transfer(CTL_RUN_SEND, sender, 0, &cmd);
	CHECK(atomic_load(&agent.relay) == 0 && atomic_load(&agent.area) == 0);
	CHECK(pass(&cmd, &progress) == -EBADMSG);
	command_close(&cmd);
	end();
}

/* One that takes part in a relay that nobody named has broken the protocol. */
static void test_liar(const char *program)
{
	const struct helper_run req = { .id = 1, .flags = CTL_RUN_SEND };
	struct command cmd = { -1, -1, -1, -1 };
	struct helper_msg m;
	int fd cleanup_fd = fd_memfd_sealed("licence", LICENCE_SIZE);

	begin(program);
	atomic_store(&agent.joins, RELAY);
	CHECK(command_transfer(&courier, &req, sender, fd, &cmd));
	CHECK(courier_expect(&courier, HELPER_FAILED, &m) && m.fail.reason == HELPER_REASON_PROTOCOL);
	agent_stop(&agent);
	CHECK(WEXITSTATUS(courier_reap(&courier)) == HELPER_REASON_PROTOCOL);
	command_close(&cmd);
}

int relays(const char *program)
{
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	begin(program);
	test_send();
	printf("ok 1 - a sender's FARs pass, and count as bytes\n");
	test_receive();
	printf("ok 2 - and to a receiver\n");
	test_refused();
	printf("ok 3 - those of another relay, or out of turn, do not\n");
	end();
	test_old_agent(program);
	printf("ok 4 - an older agent is not asked\n");
	test_liar(program);
	printf("ok 5 - who takes part in a relay that was not named is refused\n1..5\n");
	return 0;
}
