/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clipboard of vmos-desktop on the stand: real key presses begin it, the
 * guest answers as it should and as it should not, and we play vmosd.
 *
 *	desktop-clip VMOS-DESKTOP KEYS POINTER
 *
 * Prints TAP.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/gui.h"
#include "tests/hostile/stand.h"

#define WAIT_MS 8000
#define QUIET_MS 700 /* long enough for what must not happen */
#define WIN 1
#define C 46
#define V 47
#define COPY "29+42+46"
#define PASTE "29+42+47"

struct clip {
	struct stand stand;
	struct channel ch;
	const char *keys, *pointer;
	unsigned tests, failed;
	bool welcome, focused, deaf;
	uint32_t serial;
	unsigned wants, pressed[256];
	struct gui_clip_want want; /* the last */
	uint8_t *given; /* what GIVEs have brought, GUI_CLIP_MAX */
	size_t given_len;
	struct gui_clip_give give; /* the last */
	bool torn; /* GIVEs did not fit each other */
};

extern char **environ;

static void check(struct clip *c, bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++c->tests, what);
	c->failed += !ok;
}

static void take_give(struct clip *c, const struct gui_clip_give *g)
{
	if (g->xfer != c->give.xfer)
		c->given_len = 0;
	c->torn |= c->given_len + g->blob.len > g->total ||
		channel_blob(&c->ch, g->blob, c->given + c->given_len, g->blob.len) < 0;
	c->given_len += g->blob.len;
	c->give = *g;
}

static void take_one(struct clip *c, const struct gui_msg *m)
{
	switch (m->head.type) {
	case GUI_WELCOME:
		c->welcome = m->hello.features & GUI_FEATURE_CLIPBOARD;
		break;
	case GUI_CONFIGURE:
		c->serial = m->head.serial;
		break;
	case GUI_KB_ENTER:
		c->focused = true;
		break;
	case GUI_KEY:
		c->pressed[m->key.key & 255]++;
		break;
	case GUI_CLIP_WANT:
		c->want = m->clip_want;
		c->wants++;
		break;
	case GUI_CLIP_GIVE:
		take_give(c, &m->clip_give);
		break;
	default:
		break;
	}
}

/* One turn: takes what there is, unless the guest is deaf. */
static void turn(struct clip *c)
{
	struct pollfd p = { .fd = c->stand.notify_guest, .events = POLLIN };
	struct gui_msg m;
	struct msg packed;

	if (channel_flush(&c->ch))
		fd_eventfd_kick(c->stand.notify_host);
	channel_poll(&c->ch);
	while (!c->deaf && channel_recv(&c->ch, &packed) == 1) {
		if (gui_decode_host(&packed, &m) < 0)
			errx(1, "the host sent a message that does not decode");
		take_one(c, &m);
	}
	if (channel_recv_done(&c->ch))
		fd_eventfd_kick(c->stand.notify_host);
	if (c->deaf || channel_arm(&c->ch))
		poll(&p, 1, 5);
	fd_eventfd_take(c->stand.notify_guest);
	stand_poll(&c->stand);
}

static void turn_for(struct clip *c, unsigned ms)
{
	uint64_t end = stand_now_ms() + ms;

	while (stand_now_ms() < end)
		turn(c);
}

static bool wait_count(struct clip *c, const unsigned *count, unsigned want)
{
	uint64_t end = stand_now_ms() + WAIT_MS;

	while (*count < want && stand_now_ms() < end)
		turn(c);
	return *count == want;
}

static bool wait_flag(struct clip *c, const bool *flag)
{
	uint64_t end = stand_now_ms() + WAIT_MS;

	while (!*flag && stand_now_ms() < end)
		turn(c);
	return *flag;
}

static void send_msg(struct clip *c, const struct gui_msg *m)
{
	struct msg packed;

	if (gui_encode(m, &packed) < 0)
		errx(2, "%s does not encode", gui_type_name(m->head.type));
	while (channel_send(&c->ch, &packed) < 0 && stand_is_running(&c->stand))
		turn(c);
}

/* A part of an answer, which waits for room as a guest does. */
static void send_data(
	struct clip *c, uint32_t xfer, enum gui_clip_end end, const struct helper_clip *what, const uint8_t *bytes)
{
	struct gui_msg m = { .head = { .type = GUI_CLIP_DATA } };

	m.clip_data.xfer = xfer;
	m.clip_data.end = (uint8_t)end;
	while (stand_is_running(&c->stand) && channel_reserve(&c->ch, bytes, what->len, &m.clip_data.blob) < 0)
		turn(c);
	if (stand_is_running(&c->stand))
		send_msg(c, &m);
}

static void answer(struct clip *c, const void *bytes, size_t len)
{
	for (size_t at = 0; at < len; at += GUI_CLIP_CHUNK) {
		struct helper_clip part = { .len = (uint32_t)(len - at < GUI_CLIP_CHUNK ? len - at : GUI_CLIP_CHUNK) };

		send_data(c, c->want.xfer, GUI_CLIP_MORE, &part, (const uint8_t *)bytes + at);
	}
	send_data(c, c->want.xfer, GUI_CLIP_LAST, &(struct helper_clip){ 0 }, NULL);
}

static void offer(struct clip *c, uint32_t mimes)
{
	struct gui_msg m = { .head = { .type = GUI_CLIP_OFFER } };

	m.clip_offer.mimes = mimes;
	send_msg(c, &m);
	turn_for(c, 50);
}

static void run(struct clip *c, char *const *argv)
{
	pid_t pid;
	int status;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0)
		err(2, "%s", argv[0]);
	while (waitpid(pid, &status, WNOHANG) == 0)
		turn(c);
}

/* Shift goes first: sway 1.7 loses the first key after a new keymap. */
static void press(struct clip *c, const char *chord)
{
	run(c, (char *[]){ (char *)c->keys, (char *)"42", (char *)chord, NULL });
}

static void commit(struct clip *c)
{
	struct gui_msg m = { .head = { .type = GUI_COMMIT, .win = WIN, .serial = c->serial } };

	m.commit = (struct gui_commit){ .w = 300, .h = 200, .stride = 1280, .scale120 = GUI_SCALE_ONE };
	send_msg(c, &m);
}

/* A new life of the program, with a window that has the keyboard. */
static bool begin(struct clip *c)
{
	struct gui_msg hello = { .head = { .type = GUI_HELLO }, .hello = { GUI_VERSION, GUI_FEATURE_CLIPBOARD } };
	struct gui_msg win = { .head = { .type = GUI_WIN_NEW, .win = WIN }, .win_new = { .w = 300, .h = 200 } };

	c->welcome = c->focused = c->deaf = false;
	c->serial = c->wants = 0;
	memset(c->stand.base, 0, VMOS_BLOB_OFF);
	stand_start(&c->stand);
	if (!stand_wait_up(&c->stand, 3 * WAIT_MS))
		return false;
	while (channel_guest_join(&c->ch, c->stand.base, c->stand.size, VMOS_ROLE_GUI) < 0)
		usleep(1000);
	send_msg(c, &hello);
	send_msg(c, &win);
	while (!c->serial && stand_is_running(&c->stand))
		turn(c);
	commit(c);
	press(c, "42"); /* a desktop without keyboards focuses nobody */
	return wait_flag(c, &c->focused) && c->welcome;
}

/* Whether a copy by the user gets the guest asked. */
static bool copy_asks(struct clip *c)
{
	unsigned before = c->wants;

	press(c, COPY);
	return wait_count(c, &c->wants, before + 1);
}

static bool is_taken(struct clip *c, unsigned takes, const void *bytes, size_t len)
{
	char *back = malloc(len + 1);
	bool same = wait_count(c, &c->stand.takes, takes) && c->stand.clip.len == len &&
		fd_check_sealed(c->stand.clip_fd, len) == 0 &&
		pread(c->stand.clip_fd, back, len + 1, 0) == (ssize_t)len && memcmp(back, bytes, len) == 0;

	free(back);
	return same;
}

/* The user copies, the guest answers, and nothing comes of it but that the program lives. */
static void check_refused(struct clip *c, const void *bytes, size_t len, const char *what)
{
	unsigned takes = c->stand.takes;
	bool asked = copy_asks(c);

	answer(c, bytes, len);
	turn_for(c, QUIET_MS);
	check(c, asked && c->stand.takes == takes && stand_is_running(&c->stand), what);
}

static uint8_t *pattern(size_t len)
{
	uint8_t *bytes = malloc(len);

	if (!bytes)
		err(2, "malloc");
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)('a' + i * 7 / 5 % 26);
	return bytes;
}

static void test_copy(struct clip *c)
{
	static const uint8_t png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0xff };
	uint8_t *much = pattern(GUI_CLIP_MAX + 1);

	press(c, COPY);
	turn_for(c, QUIET_MS);
	check(c, c->wants == 0, "a guest that offers nothing is not asked");
	offer(c, GUI_MIME_MASK);
	turn_for(c, QUIET_MS);
	check(c, c->wants == 0, "an offer by itself asks for nothing");
	check(c, copy_asks(c) && c->want.mime == GUI_MIME_TEXT, "a gesture asks, for text first");
	answer(c,
		"Gr\xc3\xbc\xc3\x9f"
		"e\n",
		8);
	check(c,
		is_taken(c, 1,
			"Gr\xc3\xbc\xc3\x9f"
			"e\n",
			8),
		"vmosd gets the text, sealed");
	check(c, copy_asks(c), "it asks again");
	answer(c, much, GUI_CLIP_MAX);
	check(c, is_taken(c, 2, much, GUI_CLIP_MAX), "16 MiB arrive whole");
	check_refused(c, much, GUI_CLIP_MAX + 1, "one byte more is refused");
	free(much);
	offer(c, GUI_MIME_PNG);
	check(c, copy_asks(c) && c->want.mime == GUI_MIME_PNG, "a picture is asked for where there is no text");
	answer(c, png, sizeof(png));
	check(c, is_taken(c, 3, png, sizeof(png)) && c->stand.clip.mime == HELPER_MIME_PNG, "vmosd gets the picture");
	check_refused(c, "GIF89a, no PNG", 14, "a picture that is none is refused");
	offer(c, GUI_MIME_TEXT);
	check_refused(c, "a\xff", 2, "text that is no UTF-8 is refused");
	check_refused(c, "a\0b", 3, "text with a NUL is refused");
	check_refused(c, "", 0, "nothing is refused");
}

static void test_late(struct clip *c)
{
	static const uint8_t text[] = "late";
	unsigned takes = c->stand.takes;
	uint32_t first;

	check(c, copy_asks(c), "the guest is asked");
	turn_for(c, 3400);
	answer(c, text, sizeof(text) - 1);
	turn_for(c, QUIET_MS);
	check(c, c->stand.takes == takes && stand_is_running(&c->stand), "an answer after three seconds is left out");
	copy_asks(c);
	first = c->want.xfer;
	check(c, copy_asks(c) && c->want.xfer == first + 1, "a second gesture asks anew");
	c->want.xfer = first;
	answer(c, text, sizeof(text) - 1);
	turn_for(c, QUIET_MS);
	check(c, c->stand.takes == takes && stand_is_running(&c->stand), "an answer to the first is left out");
	c->want.xfer = first + 1;
	answer(c, text, sizeof(text) - 1);
	check(c, is_taken(c, takes + 1, text, sizeof(text) - 1), "one to the second is taken");
	answer(c, text, sizeof(text) - 1);
	turn_for(c, QUIET_MS);
	check(c, c->stand.takes == takes + 1, "once");
	for (int i = 0; i < 100000; i++)
		send_msg(c, &(struct gui_msg){ .head = { .type = GUI_CLIP_OFFER }, .clip_offer = { (uint32_t)i & 3 } });
	turn_for(c, QUIET_MS);
	check(c, stand_is_running(&c->stand) && c->stand.takes == takes + 1, "100,000 offers change nothing");
}

static void give(struct clip *c, uint32_t mime, const void *bytes, size_t len)
{
	struct helper_msg m = { .type = HELPER_CLIP_GIVE, .clip = { mime, (uint32_t)len } };

	stand_send(&c->stand, &m, fd_memfd_data("give", bytes, len));
}

/* The user pastes, and vmosd is asked. */
static bool paste_asks(struct clip *c)
{
	unsigned before = c->stand.wants;

	press(c, PASTE);
	return wait_count(c, &c->stand.wants, before + 1);
}

static bool is_given(struct clip *c, const void *bytes, size_t len)
{
	uint64_t end = stand_now_ms() + WAIT_MS;

	while (c->given_len < len && stand_now_ms() < end)
		turn(c);
	return c->given_len == len && !c->torn && c->give.total == len && memcmp(c->given, bytes, len) == 0;
}

static void test_paste(struct clip *c)
{
	uint8_t *much = pattern(GUI_CLIP_MAX);
	uint32_t xfer;

	give(c, GUI_MIME_TEXT, "unasked", 7);
	turn_for(c, QUIET_MS);
	check(c, c->given_len == 0, "without a gesture nothing is given");
	check(c, paste_asks(c) && c->given_len == 0, "a gesture asks vmosd");
	give(c, GUI_MIME_TEXT, "from another VM", 15);
	check(c, is_given(c, "from another VM", 15), "what it gives arrives");
	xfer = c->give.xfer;
	paste_asks(c);
	give(c, GUI_MIME_TEXT, "a\xff", 2);
	turn_for(c, QUIET_MS);
	check(c, c->give.xfer == xfer, "text that is no UTF-8 does not");
	paste_asks(c);
	give(c, GUI_MIME_PNG, "no picture", 10);
	turn_for(c, QUIET_MS);
	check(c, c->give.xfer == xfer, "a picture that is none does not");
	paste_asks(c);
	c->deaf = true;
	give(c, GUI_MIME_TEXT, much, GUI_CLIP_MAX);
	turn_for(c, QUIET_MS);
	send_data(c, c->want.xfer, GUI_CLIP_NONE, &(struct helper_clip){ 0 }, NULL);
	c->deaf = false;
	check(c, is_given(c, much, GUI_CLIP_MAX), "16 MiB arrive whole in a guest that is slow");
	check(c, stand_is_running(&c->stand), "an old answer at that moment is left out");
	free(much);
}

static void test_menu(struct clip *c)
{
	unsigned wants = c->wants;

	offer(c, GUI_MIME_TEXT);
	run(c,
		(char *[]){ (char *)c->pointer, (char *)"1024", (char *)"768", (char *)"move", (char *)"300",
			(char *)"34", (char *)"right", (char *)"sleep", (char *)"500", NULL });
	memset(c->pressed, 0, sizeof(c->pressed));
	run(c, (char *[]){ (char *)c->keys, (char *)"42", (char *)"108", (char *)"28", NULL });
	check(c, wait_count(c, &c->wants, wants + 1), "the frame's menu copies by the keyboard");
	check(c, !c->pressed[108] && !c->pressed[28], "and the guest sees none of its keys");
	run(c,
		(char *[]){ (char *)c->pointer, (char *)"1024", (char *)"768", (char *)"right", (char *)"sleep",
			(char *)"500", (char *)"move", (char *)"340", (char *)"96", (char *)"click", NULL });
	check(c, wait_count(c, &c->stand.wants, 1), "it pastes by the pointer");
	run(c,
		(char *[]){ (char *)c->pointer, (char *)"1024", (char *)"768", (char *)"move", (char *)"300",
			(char *)"34", (char *)"right", (char *)"sleep", (char *)"500", NULL });
	run(c, (char *[]){ (char *)c->keys, (char *)"42", (char *)"1", (char *)"30", NULL });
	turn_for(c, QUIET_MS);
	check(c, !c->pressed[1] && c->pressed[30] == 2, "Escape closes it, and the next key is the guest's");
}

/* The menu by keys alone: Down so often, then Enter. */
static void choose(struct clip *c, unsigned downs)
{
	char *argv[12] = { (char *)c->keys };
	int n = 1;

	run(c,
		(char *[]){ (char *)c->pointer, (char *)"1024", (char *)"768", (char *)"move", (char *)"300",
			(char *)"34", (char *)"right", (char *)"sleep", (char *)"500", NULL });
	while (downs-- > 0)
		argv[n++] = (char *)"108";
	argv[n] = (char *)"28";
	run(c, argv);
	turn_for(c, QUIET_MS);
}

/* What the menu asks vmosd for. The question stands at "No" first. */
static void test_acts(struct clip *c)
{
	const unsigned *acts = c->stand.acts;

	choose(c, 3);
	check(c, acts[HELPER_ACT_FILES] == 1, "the menu has the VM show its files");
	choose(c, 5);
	check(c, acts[HELPER_ACT_MUTE] == 1, "the menu has the VM's sound muted");
	choose(c, 6);
	check(c, acts[HELPER_ACT_PAUSE] == 1 && acts[HELPER_ACT_KILL] == 0, "the menu has the VM paused");
	choose(c, 7);
	check(c, acts[HELPER_ACT_KILL] == 0, "to kill it is asked again");
	run(c, (char *[]){ (char *)c->keys, (char *)"28", NULL });
	turn_for(c, QUIET_MS);
	check(c, acts[HELPER_ACT_KILL] == 0, "Enter alone means no");
	choose(c, 7);
	run(c, (char *[]){ (char *)c->keys, (char *)"108", (char *)"28", NULL });
	turn_for(c, QUIET_MS);
	check(c, acts[HELPER_ACT_KILL] == 1 && acts[HELPER_ACT_PAUSE] == 1, "Down and Enter mean yes");
}

/* Where there is no sound to be muted the keys pass that row. */
static void test_silent(struct clip *c)
{
	const unsigned *acts = c->stand.acts;

	c->stand.silent = true;
	check(c, begin(c), "a VM without sound comes up");
	offer(c, GUI_MIME_TEXT);
	choose(c, 5);
	check(c, acts[HELPER_ACT_MUTE] == 1 && acts[HELPER_ACT_PAUSE] == 2, "its menu has nothing to mute");
	check(c, stand_quit(&c->stand) == 0, "it quits, too");
}

/* A guest that says what nobody asked for loses its windows. */
static void test_breach(struct clip *c, bool asked, const char *what)
{
	uint64_t end;

	check(c, begin(c), "another life");
	offer(c, GUI_MIME_TEXT);
	if (asked)
		copy_asks(c);
	send_data(c, c->wants + 1, GUI_CLIP_LAST, &(struct helper_clip){ .len = 1 }, (const uint8_t *)"x");
	end = stand_now_ms() + WAIT_MS;
	while (stand_is_running(&c->stand) && stand_now_ms() < end)
		turn(c);
	check(c,
		!stand_is_running(&c->stand) && WIFEXITED(c->stand.status) &&
			WEXITSTATUS(c->stand.status) == HELPER_REASON_PROTOCOL,
		what);
	if (stand_is_running(&c->stand))
		stand_quit(&c->stand);
}

int main(int argc, char **argv)
{
	static struct clip c;

	if (argc != 4)
		errx(2, "usage: desktop-clip VMOS-DESKTOP KEYS POINTER");
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	c.stand.program = argv[1];
	c.keys = argv[2];
	c.pointer = argv[3];
	c.stand.vm = "work";
	c.stand.rgb = 0x2f6feb;
	c.given = malloc(GUI_CLIP_MAX);
	stand_init(&c.stand);
	check(&c, c.given && begin(&c), "it comes up, with a window that has the keyboard");
	test_copy(&c);
	test_late(&c);
	test_paste(&c);
	check(&c, !c.pressed[C] && !c.pressed[V], "the guest saw neither C nor V of any gesture");
	press(&c, "46");
	turn_for(&c, QUIET_MS);
	check(&c, c.pressed[C] == 2, "a C that is no gesture is the guest's");
	c.stand.wants = 0;
	test_menu(&c);
	test_acts(&c);
	check(&c, stand_quit(&c.stand) == 0 && c.stand.bad_reports == 0, "it quits when told");
	test_silent(&c);
	test_breach(&c, false, "an answer before any question is a breach of the protocol");
	test_breach(&c, true, "an answer to a question that is yet to come as well");
	printf("1..%u\n", c.tests);
	return c.failed != 0;
}
