/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A card's switch and its plugs, with the real programs: argv[1] is vmos-confine. */
#include "manager/net_switch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "manager/net_plug.h"
#include "manager/proc_note.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-switch-XXXXXX";
static const struct identity self = { 0 };
static struct net_switch_start with = { .identity = &self };
static int plugs[2][2];
static unsigned opened, refused, ended;

static void handle_plug(const int *fds, void *userdata)
{
	if (!fds) {
		refused++;
		return;
	}
	plugs[opened][0] = fcntl(fds[0], F_DUPFD_CLOEXEC, 3);
	plugs[opened][1] = fcntl(fds[1], F_DUPFD_CLOEXEC, 3);
	opened++;
}

static void handle_ended(struct net_switch *sw, void *userdata)
{
	ended++;
}

static void run_until(const unsigned *counter, unsigned value)
{
	for (unsigned i = 0; *counter < value && i < 2000; i++)
		assert_true(sd_event_run(with.event, 10000) >= 0);
	assert_int_equal(*counter, value);
}

static void run_for(unsigned turns)
{
	for (unsigned i = 0; i < turns; i++)
		assert_true(sd_event_run(with.event, 10000) >= 0);
}

static void begin(struct net_switch *sw)
{
	opened = refused = ended = 0;
	assert_int_equal(net_switch_init(sw, folder, "switch"), 0);
	sw->ended = handle_ended;
}

/* Opened at once after the start: who opens a plug waits until the switch serves. */
static void test_frames(void **state)
{
	struct net_plug *plug;
	struct net_switch sw = { 0 };
	char buf[64] = "";

	begin(&sw);
	assert_int_equal(net_switch_start(&sw, &with), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(net_plug_open(&with, sw.dir, handle_plug, NULL, &plug), 0);
	run_until(&opened, 2);
	assert_int_equal(write(plugs[0][0], "ffffffffffffaaaaaaaaaaaaTYhello", 31), 31);
	assert_int_equal(recv(plugs[1][0], buf, sizeof(buf), 0), 31);
	assert_memory_equal(buf + 26, "hello", 5);
	for (unsigned i = 0; i < 2; i++)
		fd_close_all(plugs[i], 2);
	net_switch_stop(&sw);
	run_for(20);
	assert_int_equal(ended, 0);
	net_switch_finish(&sw);
}

static void test_end(void **state)
{
	struct net_switch sw = { 0 };

	begin(&sw);
	assert_int_equal(net_switch_start(&sw, &with), 0);
	kill(sw.pid, SIGKILL);
	run_until(&ended, 1);
	assert_int_equal(sw.pid, 0);
	assert_int_equal(net_switch_adopt(&sw, with.event), -ESRCH);
	net_switch_finish(&sw);
}

/* The next vmosd finds it, sees it end, and does not take another process for it. */
static void test_adoption(void **state)
{
	struct net_switch sw = { 0 }, next = { 0 };
	char note[64];
	int fd;

	begin(&sw);
	assert_int_equal(net_switch_start(&sw, &with), 0);
	begin(&next);
	assert_int_equal(net_switch_adopt(&next, with.event), 0);
	assert_int_equal(next.pid, sw.pid);
	net_switch_stop(&next);
	run_until(&ended, 1);
	net_switch_finish(&next);
	net_switch_finish(&sw);
	begin(&next);
	fd = open(next.note, O_WRONLY | O_TRUNC);
	snprintf(note, sizeof(note), "%d 12345\n", (int)getppid());
	assert_int_equal(fd_write_all(fd, note, strlen(note)), 0);
	close(fd);
	assert_int_equal(net_switch_adopt(&next, with.event), -ESRCH);
	assert_int_equal(proc_note_kill(next.note), -ESRCH);
	net_switch_finish(&next);
}

static void test_no_switch(void **state)
{
	struct net_plug *plug;
	struct net_switch_start no_program = with;

	opened = refused = 0;
	assert_int_equal(net_plug_open(&with, "/no[/switch", handle_plug, NULL, &plug), 0);
	run_until(&refused, 1);
	no_program.program = "/no/such/program";
	assert_int_equal(net_plug_open(&no_program, folder, handle_plug, NULL, &plug), -ENOENT);
	assert_int_equal(net_plug_open(&with, folder, handle_plug, NULL, &plug), 0);
	net_plug_cancel(plug);
	net_plug_cancel(NULL);
	run_for(20);
	assert_int_equal(opened, 0);
	assert_int_equal(refused, 1);
}

static int set_up(void **state)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return mkdtemp(folder) ? sd_event_new(&with.event) : -1;
}

static int tear_down(void **state)
{
	sd_event_unref(with.event);
	return paths_remove(folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_no_switch),
	};

	if (argc != 2) {
		fprintf(stderr, "Usage: %s VMOS-CONFINE\n", argv[0]);
		return 2;
	}
	with.program = argv[1];
	if (!net_switch_is_installed()) {
		printf("no " NET_SWITCH_PROGRAM " on this machine\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
