/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmosd asks vmos-courier which program has a port: each question gets one answer, whatever the guest does. */
#include <stdio.h>
#include <string.h>

#include "proto/ctl.h"
#include "tests/hostile-courier/asked.h"
#include "tests/hostile-courier/tests.h"

#define TCP 6

static struct asked stand;

static void ask(uint32_t id, uint32_t port)
{
	struct helper_msg m = { .type = HELPER_OWNER_REQ, .owner_req = { .id = id, .proto = TCP, .port = port } };

	CHECK(courier_send(&stand.courier, &m, NULL, 0));
}

static void expect(uint32_t id, const char *name)
{
	struct helper_msg m;

	CHECK(courier_expect(&stand.courier, HELPER_OWNER, &m));
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
	asked_run(&stand, "leave");
	for (uint32_t i = 1; i <= HELPER_OWNERS_MAX; i++)
		expect(i, "");
	asked_expect_ready(&stand);
	ask(8, 443);
	expect(8, "curl");
}

/* Its answers are no business of the next vmosd, which counts its questions anew. */
static void test_adoption(void)
{
	for (uint32_t i = 1; i <= HELPER_OWNERS_MAX / 2; i++)
		ask(i, AGENT_SILENT);
	ask(900, 443);
	expect(900, "curl");
	asked_adopt(&stand);
	ask(1, 443);
	expect(1, "curl");
	asked_return(&stand, false);
	ask(2, 443);
	expect(2, "curl");
}

static void test_old_agent(void)
{
	asked_return(&stand, true);
	ask(1, 443);
	expect(1, "");
	asked_return(&stand, false);
	ask(2, 443);
	expect(2, "curl");
}

static void test_not_asked(void)
{
	asked_run(&stand, "own");
	asked_expect_refusal(&stand);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int owners(const char *program)
{
	int count = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	asked_start(&stand, program);
	RUN_TEST(test_names);
	RUN_TEST(test_silence);
	RUN_TEST(test_adoption);
	RUN_TEST(test_old_agent);
	RUN_TEST(test_not_asked);
	printf("1..%d\n", count);
	return 0;
}
