/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmosd asks vmos-courier which program has a port: each question gets one answer, whatever the guest does. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/ctl.h"
#include "tests/hostile-courier/agent.h"
#include "tests/hostile-courier/tests.h"

#define TCP 6

static struct courier courier;
static struct agent agent;
static uint32_t next_run = 1;

static void expect_ready(void)
{
	struct helper_msg m;

	do {
		CHECK(courier_expect(&courier, HELPER_GUEST, &m));
	} while (m.guest.state != HELPER_GUEST_READY);
}

static void run(char *word)
{
	struct command cmd = { .in = -1, .out = -1 };

	CHECK(command_run(&courier, next_run++, (char *[]){ word, NULL }, &cmd));
	command_close(&cmd);
}

static void ask(uint32_t id, uint32_t port)
{
	struct helper_msg m = { .type = HELPER_OWNER_REQ, .owner_req = { .id = id, .proto = TCP, .port = port } };

	CHECK(courier_send(&courier, &m, NULL, 0));
}

static void expect(uint32_t id, const char *name)
{
	struct helper_msg m;

	CHECK(courier_expect(&courier, HELPER_OWNER, &m));
	if (m.owner.id != id || strcmp(m.owner.name, name) != 0)
		fprintf(stderr, "%u is of \"%s\", expected: %u of \"%s\"\n", m.owner.id, m.owner.name, id, name);
	CHECK(m.owner.id == id && !strcmp(m.owner.name, name));
}

static void test_names(void)
{
	ask(7, 443);
	expect(7, "curl");
	ask(7, 80);
	expect(7, "");
	for (uint32_t i = 1; i <= 1000; i++) {
		ask(i, 443);
		expect(i, "curl");
	}
}

/* A guest that keeps silent fills the table, no more; when it leaves, all of it is answered. */
static void test_silence(void)
{
	for (uint32_t i = 1; i <= HELPER_OWNERS_MAX; i++)
		ask(i, AGENT_SILENT);
	ask(1000, 443);
	expect(1000, "");
	run("leave");
	for (uint32_t i = 1; i <= HELPER_OWNERS_MAX; i++)
		expect(i, "");
	expect_ready();
	ask(8, 443);
	expect(8, "curl");
}

/* Its answers are no business of the next vmosd, which counts its questions anew. */
static void test_adoption(void)
{
	struct helper_msg m = { .type = HELPER_ADOPT };

	for (uint32_t i = 1; i <= HELPER_OWNERS_MAX / 2; i++)
		ask(i, AGENT_SILENT);
	ask(900, 443);
	expect(900, "curl");
	close(courier.sock);
	courier.sock = fd_unix_connect(courier.path, SOCK_SEQPACKET);
	CHECK(courier.sock >= 0 && courier_send(&courier, &m, NULL, 0));
	expect_ready();
	ask(1, 443);
	expect(1, "curl");
	run("leave");
	expect_ready();
	ask(2, 443);
	expect(2, "curl");
}

static void test_old_agent(void)
{
	atomic_store(&agent.is_old, true);
	run("leave");
	expect_ready();
	ask(1, 443);
	expect(1, "");
	atomic_store(&agent.is_old, false);
	run("leave");
	expect_ready();
	ask(2, 443);
	expect(2, "curl");
}

static void test_not_asked(void)
{
	struct helper_msg m;
	int status;

	run("own");
	CHECK(courier_expect(&courier, HELPER_FAILED, &m) && m.fail.reason == HELPER_REASON_PROTOCOL);
	agent_stop(&agent);
	status = courier_reap(&courier);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == HELPER_REASON_PROTOCOL);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int owners(const char *program)
{
	int count = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	courier_start(&courier, program, 1);
	agent_start(&agent, &courier);
	expect_ready();
	RUN_TEST(test_names);
	RUN_TEST(test_silence);
	RUN_TEST(test_adoption);
	RUN_TEST(test_old_agent);
	RUN_TEST(test_not_asked);
	printf("1..%d\n", count);
	return 0;
}
