/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vmos-tap of a NET VM as vmosd sees it: one that works, dies, lies or is found again. */
#include "manager/net_tap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "tests/unit/manager/tap_stand_in.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-tap-XXXXXX";
static const struct identity self = { 0 };
static sd_event *event;

static struct {
	unsigned up, found, have, ended, logs, drained, stats;
	struct tap_stats last;
} seen;

static void handle_up(struct net_tap *tap, bool found)
{
	seen.up++;
	seen.found += found;
}

static void handle_have(struct net_tap *tap, uint32_t index)
{
	assert_int_equal(index, 1);
	seen.have++;
}

static void handle_report(struct net_tap *tap, const struct tap_msg *m)
{
	if (m->type == TAP_STATS) {
		seen.stats++;
		seen.last = m->stats;
	}
	seen.logs += m->type == TAP_LOG;
}

static void handle_drained(struct net_tap *tap)
{
	seen.drained++;
}

static void handle_ended(struct net_tap *tap)
{
	seen.ended++;
}

static const struct net_tap_ops ops = {
	.up = handle_up,
	.have = handle_have,
	.report = handle_report,
	.drained = handle_drained,
	.ended = handle_ended,
};

static void run_until(const unsigned *counter, unsigned value)
{
	for (unsigned i = 0; *counter < value && i < 2000; i++)
		assert_true(sd_event_run(event, 10000) >= 0);
	assert_true(*counter >= value);
}

static void set_up_tap(struct net_tap *tap)
{
	memset(&seen, 0, sizeof(seen));
	net_tap_init(tap, &ops, NULL);
	tap->event = event;
	tap->identity = &self;
}

static const struct net_tap_start with = { .program = "/proc/self/exe", .run_dir = folder, .net = "net0" };

static void start(struct net_tap *tap)
{
	unsigned before = seen.up;

	assert_int_equal(net_tap_start(tap, &with), 0);
	run_until(&seen.up, before + 1);
	assert_int_equal(tap->state, NET_TAP_UP);
}

static void query(struct net_tap *tap)
{
	unsigned before = seen.stats;

	assert_int_equal(net_tap_send_type(tap, TAP_QUERY), 0);
	run_until(&seen.stats, before + 1);
}

static void tell(struct net_tap *tap, enum stand_in_act act)
{
	const struct tap_msg m = { .type = TAP_ANSWER, .answer = { .index = 1, .id = act } };

	assert_int_equal(net_tap_send(tap, &m, NULL), 0);
}

/* The next one goes on with what its predecessor remembered; one that is stopped leaves nothing. */
static void test_memory(void **state)
{
	struct net_tap tap;

	set_up_tap(&tap);
	start(&tap);
	query(&tap);
	assert_int_equal(seen.last.sent, 1);
	tell(&tap, STAND_IN_LEAVE);
	run_until(&seen.ended, 1);
	start(&tap);
	query(&tap);
	assert_int_equal(seen.last.sent, 2);
	net_tap_stop(&tap);
	start(&tap);
	query(&tap);
	assert_int_equal(seen.last.sent, 1);
	net_tap_stop(&tap);
	assert_int_equal(seen.ended, 1);
}

static void test_last_words(void **state)
{
	struct net_tap tap;

	set_up_tap(&tap);
	start(&tap);
	tell(&tap, STAND_IN_LAST_WORDS);
	run_until(&seen.ended, 1);
	assert_string_equal(tap.text, "the last words");
	start(&tap);
	tell(&tap, STAND_IN_LEAVE);
	run_until(&seen.ended, 2);
	assert_string_not_equal(tap.text, "the last words");
	net_tap_stop(&tap);
}

/* What is not valid, or was not asked for, ends it. */
static void test_lies(void **state)
{
	static const enum stand_in_act acts[] = { STAND_IN_SHORT, STAND_IN_FOREIGN, STAND_IN_STATE, STAND_IN_FLOOD };

	for (unsigned i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		struct net_tap tap;

		set_up_tap(&tap);
		start(&tap);
		tell(&tap, acts[i]);
		for (unsigned n = 0; !seen.ended && n < 200000; n++)
			assert_true(sd_event_run(event, 10000) >= 0);
		assert_int_equal(seen.ended, 1);
		assert_string_equal(tap.text, "its report to vmosd was not valid");
		assert_true(seen.logs <= NET_TAP_NEWS_MAX);
		net_tap_stop(&tap);
	}
}

/* A list is longer than a socket holds; it arrives whole and in order, with the plug that was sent between. */
static void test_long_list(void **state)
{
	struct net_target any = { .action = NET_ALLOW, .kind = NET_ANY, .port_high = 65535 };
	struct tap_msg m = { .type = TAP_LIST, .list = { .index = 1, .generation = 1, .count = 5000 } };
	struct net_tap tap;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	set_up_tap(&tap);
	start(&tap);
	tell(&tap, STAND_IN_PAUSE);
	assert_int_equal(net_tap_send(&tap, &m, NULL), 0);
	for (uint32_t i = 0; i < 5000; i++) {
		m = (struct tap_msg){ .type = TAP_LINE };
		m.line = (struct tap_line){ .index = 1, .generation = 1, .number = i, .target = any };
		assert_int_equal(net_tap_send(&tap, &m, NULL), 0);
	}
	assert_true(net_tap_is_behind(&tap));
	m = (struct tap_msg){ .type = TAP_LINK, .nfds = 2, .link = { .index = 1 } };
	assert_int_equal(net_tap_send(&tap, &m, pair), 0);
	close(pair[0]);
	close(pair[1]);
	query(&tap);
	assert_int_equal(seen.last.received, 5000);
	assert_int_equal(seen.last.sent_bytes, 1);
	assert_int_equal(seen.drained, 1);
	assert_false(net_tap_is_behind(&tap));
	net_tap_stop(&tap);
}

/* It outlives vmosd, and tells the next one all it has. */
static void test_adoption(void **state)
{
	struct net_tap tap, next;
	pid_t pid;

	set_up_tap(&tap);
	start(&tap);
	pid = tap.pid;
	/* as if this vmosd were gone: nobody waits for its child, and its socket is closed */
	sd_event_source_disable_unref(tap.io);
	sd_event_source_disable_unref(tap.child);
	close(tap.sock);
	close(tap.memory);
	set_up_tap(&next);
	assert_int_equal(net_tap_adopt(&next, folder), 0);
	run_until(&seen.up, 1);
	assert_int_equal(seen.found, 1);
	assert_int_equal(seen.have, 1);
	assert_true(next.memory >= 0);
	query(&next);
	assert_int_equal(seen.last.sent, 1);
	net_tap_stop(&next);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(net_tap_adopt(&next, folder) < 0);
}

/* One that does not say what it has is ended, although it is nobody's child; so is one that was never asked. */
static void test_no_answer(void **state)
{
	struct net_tap tap, next;
	pid_t pid;
	int status;

	set_up_tap(&tap);
	start(&tap);
	pid = tap.pid;
	sd_event_source_disable_unref(tap.io);
	sd_event_source_disable_unref(tap.child);
	close(tap.sock);
	close(tap.memory);
	set_up_tap(&next);
	assert_int_equal(net_tap_adopt(&next, folder), 0);
	tell(&next, STAND_IN_SHORT);
	run_until(&seen.ended, 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	set_up_tap(&tap);
	start(&tap);
	pid = tap.pid;
	sd_event_source_disable_unref(tap.io);
	sd_event_source_disable_unref(tap.child);
	set_up_tap(&next);
	start(&next);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	net_tap_stop(&next);
}

static void test_restarts(void **state)
{
	const struct net_tap_start no_program = { .program = "/no/such/program", .run_dir = folder, .net = "net0" };
	struct net_tap tap;

	set_up_tap(&tap);
	for (unsigned i = 0; i < NET_TAP_RESTARTS; i++)
		assert_true(net_tap_may_restart(&tap));
	assert_false(net_tap_may_restart(&tap));
	assert_int_equal(net_tap_start(&tap, &no_program), -ENOENT);
	assert_int_equal(tap.state, NET_TAP_NONE);
	assert_int_equal(net_tap_send_type(&tap, TAP_QUERY), -ENOTCONN);
	net_tap_stop(&tap);
}

static int set_up(void **state)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!mkdtemp(folder))
		return -1;
	return sd_event_new(&event);
}

static int tear_down(void **state)
{
	sd_event_unref(event);
	return paths_remove(folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_restarts),
	};

	if (argc == 2 && strcmp(argv[1], "net0") == 0)
		return tap_stand_in();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
