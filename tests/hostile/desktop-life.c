/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of vmos-desktop on the stand: sessions come and go, vmosd goes and a
 * new one adopts it, nothing happens for a while, the compositor leaves.
 *
 *	desktop-life VMOS-DESKTOP COMPOSITOR-PID
 *
 * Prints TAP. The compositor is ended at the end.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/gui.h"
#include "tests/hostile/peer.h"

#define WAIT_MS 10000
#define IDLE_S 3
#define WIN 1

struct life {
	struct stand stand;
	struct channel ch;
	unsigned tests, failed;
	unsigned releases, frames;
	uint32_t serial;
	bool welcome;
};

static void check(struct life *l, bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++l->tests, what);
	l->failed += !ok;
}

static void send_msg(struct life *l, const struct gui_msg *m)
{
	peer_send(&l->stand, &l->ch, m);
}

static void take_one(const struct gui_msg *m, void *data)
{
	struct life *l = data;

	l->welcome |= m->head.type == GUI_WELCOME;
	l->frames += m->head.type == GUI_FRAME;
	l->releases += m->head.type == GUI_RELEASE;
	if (m->head.type == GUI_CONFIGURE)
		l->serial = m->head.serial;
}

static void take_all(struct life *l)
{
	peer_take(&l->stand, &l->ch, take_one, l);
	channel_arm(&l->ch);
}

/* Runs until *@what is as it should be. False: it never was. */
static bool wait_until(struct life *l, bool (*is_so)(const struct life *l))
{
	uint64_t end = stand_now_ms() + WAIT_MS;

	while (!is_so(l)) {
		if (stand_now_ms() > end)
			return false;
		take_all(l);
		usleep(2000);
	}
	return true;
}

static bool is_welcome(const struct life *l)
{
	return l->welcome;
}

static bool is_configured(const struct life *l)
{
	return l->serial != 0;
}

static bool is_shown(const struct life *l)
{
	return l->frames > 0;
}

static bool is_released(const struct life *l)
{
	return l->releases >= 2;
}

static bool is_ready(const struct life *l)
{
	return l->stand.guest == HELPER_GUEST_READY;
}

static bool is_gone(const struct life *l)
{
	return l->stand.guest == HELPER_GUEST_GONE;
}

static bool is_counted(const struct life *l)
{
	return l->stand.nstats > 0;
}

static bool is_over(const struct life *l)
{
	return !stand_is_running(&l->stand);
}

static const struct helper_stats *query(struct life *l)
{
	l->stand.nstats = 0;
	stand_request(&l->stand, HELPER_QUERY);
	wait_until(l, is_counted);
	return &l->stand.stats;
}

static bool join(struct life *l)
{
	struct gui_msg m = { .head = { .type = GUI_HELLO } };
	uint64_t end = stand_now_ms() + WAIT_MS;

	l->welcome = false;
	while (channel_guest_join(&l->ch, l->stand.base, l->stand.size, VMOS_ROLE_GUI) < 0) {
		if (stand_now_ms() > end)
			return false;
		usleep(2000);
	}
	fd_eventfd_kick(l->stand.notify_host);
	m.hello.version = GUI_VERSION;
	send_msg(l, &m);
	return wait_until(l, is_welcome);
}

static void commit(struct life *l, uint32_t page)
{
	struct gui_msg m = { .head = { .type = GUI_COMMIT, .win = WIN, .serial = l->serial } };

	m.commit = (struct gui_commit){ .page = page, .w = 300, .h = 200, .stride = 1280, .scale120 = GUI_SCALE_ONE };
	send_msg(l, &m);
}

static bool open_window(struct life *l)
{
	struct gui_msg m = { .head = { .type = GUI_WIN_NEW, .win = WIN } };

	l->serial = l->frames = l->releases = 0;
	m.win_new.w = 300;
	m.win_new.h = 200;
	send_msg(l, &m);
	if (!wait_until(l, is_configured))
		return false;
	commit(l, 0);
	return wait_until(l, is_shown);
}

static bool close_window(struct life *l)
{
	struct gui_msg m = { .head = { .type = GUI_WIN_DEL, .win = WIN } };

	commit(l, 1024);
	send_msg(l, &m);
	return wait_until(l, is_released);
}

/* A guest that dies: its module writes 0. */
static void leave(struct life *l)
{
	__atomic_store_n((uint32_t *)((char *)l->stand.base + VMOS_HDR_GUEST_OFF), 0, __ATOMIC_RELEASE);
	fd_eventfd_kick(l->stand.notify_host);
}

static void test_sessions(struct life *l)
{
	check(l, join(l) && wait_until(l, is_ready), "a guest joins and is welcome");
	check(l, open_window(l), "its window is shown");
	check(l, query(l)->windows == 1 && l->stand.stats.frames == 1, "it is counted");
	check(l, l->stand.stats.bytes_copied == 0, "no pixel was copied");
	check(l, close_window(l), "both slots come back when the window ends");
	check(l, open_window(l), "another window has the same id");
	leave(l);
	check(l, wait_until(l, is_gone), "a guest that dies is reported");
	check(l, query(l)->windows == 0, "its windows are closed");
	check(l, join(l) && open_window(l), "the next guest joins and shows a window");
}

static void test_idle(struct life *l)
{
	uint64_t before, after;

	sleep(2); /* weston fades closed windows out and lets their buffers go late */
	take_all(l);
	before = query(l)->wakeups;
	sleep(IDLE_S);
	after = query(l)->wakeups;
	printf("# %llu wake-ups in %d s, one of them for the question\n", (unsigned long long)(after - before), IDLE_S);
	check(l, after - before <= 1, "an idle window wakes nobody");
}

static void test_adoption(struct life *l)
{
	close(l->stand.sock);
	l->stand.guest = HELPER_GUEST_GONE;
	l->stand.up = false;
	l->stand.sock = stand_knock(&l->stand);
	check(l, l->stand.sock >= 0, "a new vmosd may knock");
	stand_request(&l->stand, HELPER_ADOPT);
	check(l, wait_until(l, is_ready) && l->stand.up, "it is told that all is as it was");
	check(l, l->stand.given == 3, "it gets the fds back");
	check(l, query(l)->windows == 1, "the window is still there");
}

static void test_end(struct life *l, pid_t compositor)
{
	kill(compositor, SIGTERM);
	check(l, wait_until(l, is_over), "it ends with its compositor");
	check(l, WIFEXITED(l->stand.status) && WEXITSTATUS(l->stand.status) == HELPER_REASON_DISPLAY, "and says why");
	printf("# %s\n", l->stand.failure);
}

int main(int argc, char **argv)
{
	static struct life l;

	if (argc != 3)
		errx(2, "usage: desktop-life VMOS-DESKTOP COMPOSITOR-PID");
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	l.stand.program = argv[1];
	l.stand.vm = "life";
	l.stand.rgb = 0x2f6feb;
	stand_init(&l.stand);
	stand_start(&l.stand);
	check(&l, stand_wait_up(&l.stand, 3 * WAIT_MS), "it comes up");
	test_sessions(&l);
	test_idle(&l);
	test_adoption(&l);
	check(&l, stand_quit(&l.stand) == 0, "it quits when told");
	stand_start(&l.stand);
	check(&l, stand_wait_up(&l.stand, 3 * WAIT_MS), "another one comes up on the same region");
	test_end(&l, (pid_t)strtol(argv[2], NULL, 10));
	printf("1..%u\n", l.tests);
	return l.failed != 0;
}
