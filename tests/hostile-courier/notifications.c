/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs of the guest show: a few come through, a flood is counted, and what became of one goes back. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "courier/notifications.h"
#include "tests/hostile-courier/asked.h"
#include "tests/hostile-courier/tests.h"

#define FLOOD 900 /* as many as there is room for in the ring at once */

static struct asked stand;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void expect(uint32_t id, const char *summary)
{
	struct helper_msg m;

	CHECK(courier_expect(&stand.courier, HELPER_NOTIFY, &m));
	CHECK(m.notify.id == id && m.notify.urgency == NOTIFICATION_CRITICAL);
	if (strcmp(stand.courier.shown.summary, summary))
		fprintf(stderr, "\"%s\", expected: \"%s\"\n", stand.courier.shown.summary, summary);
	CHECK(!strcmp(stand.courier.shown.summary, summary) && !strcmp(stand.courier.shown.body, "body"));
}

/* What the guest hears of number @id, modulo AGENT_ASKED. */
static void expect_end(uint32_t id, unsigned how)
{
	for (int i = 0; i < 2000 && atomic_load(&stand.agent.ended[id % AGENT_ASKED]) != how; i++)
		poll(NULL, 0, 10);
	CHECK(atomic_load(&stand.agent.ended[id % AGENT_ASKED]) == how);
	atomic_store(&stand.agent.ended[id % AGENT_ASKED], 0);
}

static void tell_ended(uint32_t id, uint32_t how)
{
	struct helper_msg m = { .type = HELPER_NOTIFIED, .notified = { .id = id, .how = how } };

	CHECK(courier_send(&stand.courier, &m, NULL, 0));
}

static void test_shown(void)
{
	asked_run(&stand, "notify show 1 Build finished");
	expect(1, "Build finished");
	tell_ended(1, NOTIFICATION_CLICKED);
	expect_end(1, NOTIFICATION_CLICKED);
}

static void test_deception(void)
{
	asked_run(&stand, "notify show 2 web: a\n<b>\xe2\x80\xae\x1b[2J");
	expect(2, "web: a\xef\xbf\xbd<b>\xef\xbf\xbd\xef\xbf\xbd[2J");
}

static void test_taken_back(void)
{
	struct helper_msg m;

	asked_run(&stand, "notify back 2");
	CHECK(courier_expect(&stand.courier, HELPER_UNNOTIFY, &m) && m.notify.id == 2);
	asked_run(&stand, "notify back 2"); /* twice is once */
	asked_run(&stand, "notify back 77"); /* nobody has seen that one */
	asked_run(&stand, "notify blink 4"); /* gone before vmosd could hear of it */
	asked_run(&stand, "notify show 3 still here");
	CHECK(courier_report(&stand.courier, &m, 20000) && m.type == HELPER_NOTIFY && m.notify.id == 3);
}

/* Of a flood as many come through as tokens are left, the number of the others follows, and the guest hears of some. */
static void test_flood(void)
{
	struct helper_msg m;
	uint64_t since;
	unsigned shown = 0;
	char word[32];

	since = now_ms();
	snprintf(word, sizeof(word), "notify flood %d", FLOOD);
	asked_run(&stand, word);
	for (;;) {
		CHECK(courier_report(&stand.courier, &m, 20000));
		if (m.type == HELPER_HELD)
			break;
		CHECK(m.type == HELPER_NOTIFY && m.notify.id >= 1000);
		shown++;
	}
	CHECK(now_ms() - since >= NOTIFICATIONS_HELD_US / 1000 - 100);
	CHECK(shown >= 1 && shown <= NOTIFICATIONS_BURST);
	CHECK(m.held.count == FLOOD - shown);
	expect_end(1000 + NOTIFICATIONS_BURST + 1, NOTIFICATION_UNDEFINED);
}

/* Of one that changes quickly the last text is seen in the end. */
static void test_newest(void)
{
	struct helper_msg m;

	asked_run(&stand, "notify parts 40");
	do {
		CHECK(courier_report(&stand.courier, &m, 20000) && m.type == HELPER_NOTIFY && m.notify.id == 1);
	} while (strcmp(stand.courier.shown.summary, "part 40"));
}

/* vmosd was away: its successor goes on. */
static void test_adoption(void)
{
	asked_adopt(&stand);
	asked_run(&stand, "notify show 6 after that");
	expect(6, "after that");
	tell_ended(6, NOTIFICATION_EXPIRED);
	expect_end(6, NOTIFICATION_EXPIRED);
}

static void test_old_agent(void)
{
	asked_return(&stand, true);
	asked_run(&stand, "notify show 7 unasked");
	asked_expect_refusal(&stand);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int notifications(const char *program)
{
	int count = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	asked_start(&stand, program);
	RUN_TEST(test_shown);
	RUN_TEST(test_deception);
	RUN_TEST(test_taken_back);
	RUN_TEST(test_flood);
	RUN_TEST(test_newest);
	RUN_TEST(test_adoption);
	RUN_TEST(test_old_agent);
	asked_start(&stand, program);
	asked_run(&stand, "notify endless");
	asked_expect_refusal(&stand);
	printf("ok %d - refused: a text without an end\n", ++count);
	printf("1..%d\n", count);
	return 0;
}
