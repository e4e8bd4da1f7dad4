/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's window may wish of the host: a screen that stays on, the user's
 * attention, and a drag to another window. We are the guest and vmosd, and ask
 * sway what it made of it.
 *
 *	desktop-wish VMOS-DESKTOP POINTER
 *
 * Prints TAP.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/gui.h"
#include "tests/hostile/peer.h"

#define WAIT_MS 8000
#define QUIET_MS 700 /* long enough for what must not happen */
#define WINDOWS 2
#define SLOT_PAGES 100
#define FLOOD 2000
#define EVENTS 400
#define WISHES (GUI_FEATURE_ATTENTION | GUI_FEATURE_DRAG)

struct guest {
	struct stand stand;
	struct channel ch;
	unsigned tests, failed;
	bool knows_wishes;
	uint32_t serial[WINDOWS + 1], states[WINDOWS + 1]; /* by window */
	const char *pointer; /* the program that moves one */
	unsigned drags; /* to ask for at the next press */
	unsigned ends; /* the window to end when the pointer enters it, 0: none */
	char events[EVENTS]; /* of the pointer, see note_pointer(); motions not */
};

extern char **environ;

static void check(struct guest *g, bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++g->tests, what);
	g->failed += !ok;
}

static void send_msg(struct guest *g, const struct gui_msg *m);
static void say(struct guest *g, uint16_t type, unsigned win, bool on);

/* What the pointer did, as text: "+1 down1 -" and so on, with the window's number; "up0": outside of all windows. */
static void note_pointer(struct guest *g, const struct gui_msg *m)
{
	const char *what = NULL;
	size_t len = strlen(g->events);

	if (m->head.type == GUI_PTR_ENTER)
		what = "+";
	else if (m->head.type == GUI_PTR_BUTTON)
		what = m->button.pressed ? "down" : "up";
	if (m->head.type == GUI_PTR_LEAVE)
		snprintf(g->events + len, EVENTS - len, "- ");
	else if (what)
		snprintf(g->events + len, EVENTS - len, "%s%u ", what, m->head.win);
}

/* What a program of the guest does about it. */
static void answer_pointer(struct guest *g, const struct gui_msg *m)
{
	for (; m->head.type == GUI_PTR_BUTTON && m->button.pressed && g->drags > 0; g->drags--)
		say(g, GUI_DRAG, m->head.win, false);
	if (m->head.type == GUI_PTR_ENTER && m->head.win == g->ends) {
		say(g, GUI_WIN_DEL, g->ends, false);
		g->ends = 0;
	}
}

static void take(const struct gui_msg *m, void *data)
{
	struct guest *g = data;

	if (m->head.type == GUI_WELCOME)
		g->knows_wishes = (m->hello.features & WISHES) == WISHES;
	note_pointer(g, m);
	answer_pointer(g, m);
	if (m->head.type != GUI_CONFIGURE || m->head.win > WINDOWS)
		return;
	g->serial[m->head.win] = m->head.serial;
	g->states[m->head.win] = m->configure.states;
}

static void turn(struct guest *g)
{
	struct pollfd p = { .fd = g->stand.notify_guest, .events = POLLIN };

	peer_take(&g->stand, &g->ch, take, g);
	if (channel_arm(&g->ch))
		poll(&p, 1, 5);
	fd_eventfd_take(g->stand.notify_guest);
}

static void turn_for(struct guest *g, unsigned ms)
{
	uint64_t end = stand_now_ms() + ms;

	while (stand_now_ms() < end)
		turn(g);
}

static void send_msg(struct guest *g, const struct gui_msg *m)
{
	peer_send(&g->stand, &g->ch, m);
}

/* Whether jq finds @what to be true of the VM's window @win in sway's tree. */
static bool sway_says(struct guest *g, unsigned win, const char *what)
{
	char command[512], app[32];
	char *argv[] = { (char *)"sh", (char *)"-c", command, NULL };
	pid_t pid;
	int status;

	snprintf(app, sizeof(app), "vmos.work.w%u", win);
	snprintf(command, sizeof(command),
		"swaymsg -t get_tree | jq -e '[.. | objects | select(.app_id? == \"%s\")] | length == 1 and "
		"(.[0] | "
		"%s)' >/dev/null",
		app, what);
	if (posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) != 0)
		err(2, "sh");
	while (waitpid(pid, &status, WNOHANG) == 0)
		turn(g);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool becomes(struct guest *g, unsigned win, const char *what)
{
	uint64_t end = stand_now_ms() + WAIT_MS;

	while (!sway_says(g, win, what)) {
		if (stand_now_ms() > end)
			return false;
		turn_for(g, 50);
	}
	return true;
}

static void say(struct guest *g, uint16_t type, unsigned win, bool on)
{
	struct gui_msg m = { .head = { .type = type, .win = win } };

	if (type == GUI_IDLE_INHIBIT)
		m.idle_inhibit.on = on;
	send_msg(g, &m);
}

static void open_window(struct guest *g, unsigned win)
{
	struct gui_msg made = { .head = { .type = GUI_WIN_NEW, .win = win }, .win_new = { .w = 300, .h = 200 } };
	struct gui_msg app = { .head = { .type = GUI_APPID, .win = win }, .title = { .len = 2 } };
	struct gui_msg shown = { .head = { .type = GUI_COMMIT, .win = win } };

	app.title.text[0] = 'w';
	app.title.text[1] = (char)('0' + win);
	send_msg(g, &made);
	send_msg(g, &app);
	while (!g->serial[win] && stand_is_running(&g->stand))
		turn(g);
	shown.head.serial = g->serial[win];
	shown.commit = (struct gui_commit){
		.page = win * SLOT_PAGES, .w = 300, .h = 200, .stride = 1280, .scale120 = GUI_SCALE_ONE
	};
	send_msg(g, &shown);
}

static bool begin(struct guest *g)
{
	peer_begin(&g->stand, &g->ch, 0);
	open_window(g, 1);
	return becomes(g, 1, ".focused") && g->knows_wishes;
}

static void test_awake(struct guest *g)
{
	check(g, sway_says(g, 1, ".inhibit_idle | not"), "a window that wishes nothing lets the screen go off");
	say(g, GUI_IDLE_INHIBIT, 1, true);
	check(g, becomes(g, 1, ".inhibit_idle"), "the window in front keeps it on");
	open_window(g, 2);
	check(g, becomes(g, 2, ".focused") && becomes(g, 1, ".inhibit_idle | not"), "behind another one it does not");
	check(g, sway_says(g, 2, ".inhibit_idle | not"), "nor does the other one");
	say(g, GUI_IDLE_INHIBIT, 7, true);
	say(g, GUI_IDLE_INHIBIT, 0, true);
	turn_for(g, QUIET_MS);
	check(g, sway_says(g, 2, ".inhibit_idle | not") && stand_is_running(&g->stand),
		"the wish of a window that there is not changes nothing");
}

static void test_attention(struct guest *g)
{
	say(g, GUI_ATTENTION, 2, false);
	turn_for(g, QUIET_MS);
	check(g, sway_says(g, 2, ".urgent | not"), "the window in front has the user's attention already");
	say(g, GUI_ATTENTION, 1, false);
	check(g, becomes(g, 1, ".urgent"), "one behind is marked");
	check(g, sway_says(g, 2, ".focused") && sway_says(g, 1, ".focused | not"), "and does not get the focus");
	for (int i = 0; i < FLOOD; i++)
		say(g, GUI_ATTENTION, 1, false);
	turn_for(g, QUIET_MS);
	check(g, stand_is_running(&g->stand) && sway_says(g, 2, ".focused"), "nor by asking without end");
}

/* The user presses in window 1, goes to x = @x, and lets go there. The windows lie side by side. */
static void drag_to(struct guest *g, const char *x, const char *y)
{
	char *argv[] = { (char *)g->pointer, (char *)"1024", (char *)"768", (char *)"move", (char *)"250",
		(char *)"150", (char *)"sleep", (char *)"200", (char *)"down", (char *)"sleep", (char *)"400",
		(char *)"move", (char *)"260", (char *)"150", (char *)"move", (char *)x, (char *)y, (char *)"move",
		(char *)x, (char *)y, (char *)"sleep", (char *)"300", (char *)"up", (char *)"sleep", (char *)"300",
		NULL };
	pid_t pid;
	int status;

	g->events[0] = 0;
	if (posix_spawn(&pid, g->pointer, NULL, NULL, argv, environ) != 0)
		err(2, "%s", g->pointer);
	while (waitpid(pid, &status, WNOHANG) == 0)
		turn(g);
	turn_for(g, 100);
	printf("# %s\n", g->events);
}

static bool has(const struct guest *g, const char *events)
{
	return strstr(g->events, events);
}

static void test_drag(struct guest *g)
{
	say(g, GUI_DRAG, 1, false);
	drag_to(g, "700", "150");
	check(g, has(g, "+1 down1 up1 "),
		"a held button keeps the pointer in its window, also after a DRAG without one");
	g->drags = 1;
	drag_to(g, "700", "150");
	check(g, has(g, "+1 down1 - ") && has(g, "+2 up2 -"), "with DRAG it goes to the other one, and drops there");
	g->drags = FLOOD;
	drag_to(g, "280", "160");
	check(g, has(g, "+1 down1 - ") && has(g, "+1 up1 - "),
		"asked for without end it drops once, also where it began");
	g->drags = 1;
	drag_to(g, "512", "2");
	check(g, has(g, "- up0 ") && !has(g, "+2"), "outside of all windows it drops nothing");
	drag_to(g, "700", "150");
	check(g, has(g, "+1 down1 up1 "), "afterwards the pointer is as it was");
	g->drags = 1;
	g->ends = 2;
	drag_to(g, "700", "150");
	check(g, has(g, "+2 ") && has(g, "up") && stand_is_running(&g->stand), "the window below it may end meanwhile");
}

int main(int argc, char **argv)
{
	static struct guest g;

	if (argc < 3)
		errx(2, "usage: desktop-wish VMOS-DESKTOP POINTER");
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	g.stand.program = argv[1];
	g.pointer = argv[2];
	g.stand.vm = "work";
	g.stand.rgb = 0x2f6feb;
	stand_init(&g.stand);
	check(&g, begin(&g), "it comes up, with a window in front");
	test_awake(&g);
	test_attention(&g);
	test_drag(&g);
	check(&g, stand_quit(&g.stand) == 0 && g.stand.bad_reports == 0, "it quits when told");
	printf("1..%u\n", g.tests);
	return g.failed != 0;
}
