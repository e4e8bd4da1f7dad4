/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmosd asks vmos-courier for the time: each question gets one answer but where the guest keeps silent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/ctl.h"
#include "tests/hostile-courier/asked.h"
#include "tests/hostile-courier/tests.h"

#define SLACK_NS 500000000 /* a busy machine */
#define HOUR_NS (3600 * 1000000000ll)

static struct asked stand;

/* The agent is ready again, and no answer about the time came on the way there. */
static void expect_ready_only(void)
{
	struct helper_msg m = { 0 };

	while (m.type != HELPER_GUEST || m.guest.state != HELPER_GUEST_READY) {
		CHECK(courier_report(&stand.courier, &m, 20000));
		CHECK(m.type != HELPER_CLOCK);
	}
}

static void ask(uint32_t id, const char *server)
{
	struct helper_msg m = { .type = HELPER_CLOCK_REQ, .clock_req.id = id };

	snprintf(m.clock_req.server, sizeof(m.clock_req.server), "%s", server);
	CHECK(courier_send(&stand.courier, &m, NULL, 0));
}

static void expect(uint32_t id, uint32_t status, int64_t offset_ns)
{
	struct helper_msg m;

	CHECK(courier_expect(&stand.courier, HELPER_CLOCK, &m));
	if (m.clock.id != id || m.clock.status != status)
		fprintf(stderr, "%u has status %u, expected: %u with %u\n", m.clock.id, m.clock.status, id, status);
	CHECK(m.clock.id == id && m.clock.status == status);
	CHECK(llabs(m.clock.offset_ns - offset_ns) < (status == CTL_CLOCK_OK ? SLACK_NS : 1));
	CHECK(m.clock.error_us == (status == CTL_CLOCK_OK ? 20 : 0));
}

static void test_answers(void)
{
	ask(7, "right");
	expect(7, CTL_CLOCK_OK, 0);
	ask(8, "slow");
	expect(8, CTL_CLOCK_OK, -HOUR_NS);
	ask(9, "elsewhere");
	expect(9, CTL_CLOCK_NO_NAME, 0);
	for (uint32_t i = 1; i <= 1000; i++) {
		ask(i, "right");
		expect(i, CTL_CLOCK_OK, 0);
	}
}

/* While one waits another is refused; the one that waits is over when the guest leaves. */
static void test_silence(void)
{
	ask(20, "silent");
	ask(21, "right");
	expect(21, CTL_CLOCK_FAILED, 0);
	asked_run(&stand, "leave");
	expect(20, CTL_CLOCK_FAILED, 0);
	asked_expect_ready(&stand);
	ask(22, "right");
	expect(22, CTL_CLOCK_OK, 0);
}

/* What a vmosd before it asked is no business of the next one, but the guest is still busy with it. */
static void test_adoption(void)
{
	ask(30, "silent");
	asked_adopt(&stand);
	ask(1, "right");
	expect(1, CTL_CLOCK_FAILED, 0);
	asked_run(&stand, "leave");
	expect_ready_only();
	ask(2, "right");
	expect(2, CTL_CLOCK_OK, 0);
}

static void test_old_agent(void)
{
	asked_return(&stand, true);
	ask(1, "right");
	expect(1, CTL_CLOCK_FAILED, 0);
	asked_return(&stand, false);
	ask(2, "right");
	expect(2, CTL_CLOCK_OK, 0);
}

static void test_not_asked(void)
{
	asked_run(&stand, "clock");
	asked_expect_refusal(&stand);
}

static void test_twice(const char *program)
{
	asked_start(&stand, program);
	ask(1, "twice");
	asked_expect_refusal(&stand);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int clocks(const char *program)
{
	int count = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	asked_start(&stand, program);
	RUN_TEST(test_answers);
	RUN_TEST(test_silence);
	RUN_TEST(test_adoption);
	RUN_TEST(test_old_agent);
	RUN_TEST(test_not_asked);
	test_twice(program);
	printf("ok %d - test_twice\n1..%d\n", count + 1, count + 1);
	return 0;
}
