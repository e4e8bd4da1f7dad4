/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest on the stand that does what a script tells it, to deceive the user:
 * each line of standard input is a command, answered by "done" once the host
 * has had the time to obey. What the host sends is printed, one a line.
 *
 *	desktop-trick VMOS-DESKTOP VM RRGGBB [FEATURES]      those of HELLO, in hex
 *
 * window ID W H            opens a window that takes every size it is told
 * commit ID W H            shows a buffer of a size that nobody asked for
 * lie ID W H               the same, as an answer to an older CONFIGURE: the window does not take its size
 * paint ID KIND            what its buffers show: page, clear (alpha 0), white, checks (of a pixel each) or RRGGBB (a frame)
 * crisp ID                 from now on it draws at the scale that it is told, not at 1
 * scribble ID MS           changes the pixels of the shown buffers all the time, without a commit
 * storm ID N               commits N buffers of other sizes
 * swing ID N               commits a large buffer and, within the same frame, a small one in turn, N times
 * title ID HEX…            a title of these bytes
 * state ID BITS            GUI_STATE_* in hex
 * popup ID PARENT X Y W H  opens a popup at that place of its parent
 * geometry ID X Y W H      what of its buffers is the window
 * cursor W H RRGGBB        a pointer like a frame
 * del ID, wait MS
 */
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/gui.h"
#include "tests/hostile/peer.h"

#define WINDOWS 16
#define SLOT_PAGES 2048 /* 8 MiB */
#define SLOTS 12
#define SETTLE_MS 400
#define SURE_MS 60 /* after a FRAME: events from before it have come */
#define BAR 31 /* as the host's frames have it */
#define BORDER 4

struct trick_window {
	uint32_t serial;
	int w, h;
	uint32_t parent; /* 0: no popup */
	uint32_t frame; /* 0x1RRGGBB: paint one; 0: a page; CLEAR, WHITE, CHECKS */
	int scale120; /* that it is told; 0: none yet */
	bool crisp;
};

enum { PAGE, CLEAR, WHITE, CHECKS, FRAME = 1 << 24 };

/* The last COMMIT: while it is on its way to the screen, nobody knows which one is shown. */
struct trick_commit {
	uint32_t seq, win;
	int w, h;
	uint64_t shown_ms; /* 0: no FRAME yet */
};

struct trick {
	struct stand stand;
	struct channel ch;
	bool held[SLOTS];
	struct trick_window win[WINDOWS];
	uint32_t seed;
	struct trick_commit last;
	int x, y; /* the pointer, in the content */
};

static void send_msg(struct trick *t, const struct gui_msg *m)
{
	peer_send(&t->stand, &t->ch, m);
}

static uint32_t *slot_pixels(struct trick *t, int slot)
{
	return (uint32_t *)((char *)t->stand.base + t->ch.heap_off + (size_t)slot * SLOT_PAGES * VMOS_PAGE_SIZE);
}

/* A frame as another VM's windows have it: its border and bar, and a page inside. */
static uint32_t pixel(const struct trick_window *w, int x, int y, int width, int height)
{
	if (w->frame == CLEAR)
		return 0;
	if (w->frame == WHITE)
		return 0xffffffff;
	if (w->frame == CHECKS)
		return (x + y) % 2 ? 0xffffffff : 0xff000000;
	if (w->frame >= FRAME &&
		(x < BORDER || x >= width - BORDER || y < BORDER || y >= height - BORDER || (y < BAR && x < 80)))
		return 0xff000000 | (w->frame & 0xffffff);
	return y % 18 < 3 && x > 12 ? 0xffa9b1d6 : 0xff1b1e25;
}

static void take_frame(struct trick *t, const struct gui_msg *m)
{
	struct trick_commit *c = &t->last;

	if (m->head.win == c->win && !c->shown_ms && (int32_t)(m->head.serial - c->seq) >= 0)
		c->shown_ms = stand_now_ms();
}

/* Whether the pointer is on pixels that the window shows. */
static const char *judge_press(const struct trick *t, uint32_t win)
{
	const struct trick_commit *c = &t->last;

	if (c->win != win || !c->shown_ms || stand_now_ms() - c->shown_ms < SURE_MS)
		return "in between";
	return t->x >= 0 && t->y >= 0 && t->x < c->w && t->y < c->h ? "shown" : "not shown";
}

static void commit_for(struct trick *t, uint32_t id, int units_w, int units_h, uint32_t serial)
{
	struct gui_msg m = { .head = { .type = GUI_COMMIT, .win = id, .serial = serial } };
	const struct trick_window *win = &t->win[id];
	int scale = win->crisp && win->scale120 ? win->scale120 : GUI_SCALE_ONE;
	int w = (units_w * scale + GUI_SCALE_ONE / 2) / GUI_SCALE_ONE;
	int h = (units_h * scale + GUI_SCALE_ONE / 2) / GUI_SCALE_ONE;
	uint32_t stride = ((uint32_t)w * 4 + 255) & ~255u, *px;
	int slot = 0;

	while (slot < SLOTS && t->held[slot])
		slot++;
	if (slot == SLOTS || (size_t)stride * (size_t)h > SLOT_PAGES * VMOS_PAGE_SIZE)
		return;
	t->held[slot] = true;
	px = slot_pixels(t, slot);
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++)
			px[(size_t)y * stride / 4 + (size_t)x] = pixel(win, x, y, w, h);
	}
	m.commit = (struct gui_commit){ .page = (uint32_t)slot * SLOT_PAGES,
		.w = (uint16_t)w,
		.h = (uint16_t)h,
		.stride = stride,
		.scale120 = (uint16_t)scale,
		.fmt = win->frame == CLEAR ? GUI_FMT_ARGB : GUI_FMT_XRGB };
	send_msg(t, &m);
	t->last = (struct trick_commit){ t->ch.seq - 1, id, units_w, units_h, 0 };
}

static void commit(struct trick *t, uint32_t id, int w, int h)
{
	commit_for(t, id, w, h, t->win[id].serial);
}

static void take_configure(struct trick *t, const struct gui_msg *m)
{
	struct trick_window *w = &t->win[m->head.win % WINDOWS];

	printf("CONFIGURE %u %ux%u states %x\n", m->head.win, m->configure.w, m->configure.h, m->configure.states);
	if (w->scale120 != m->configure.scale120)
		printf("SCALE %u %u\n", m->head.win, m->configure.scale120);
	w->scale120 = m->configure.scale120;
	w->serial = m->head.serial;
	w->w = m->configure.w ? m->configure.w : w->w;
	w->h = m->configure.h ? m->configure.h : w->h;
	commit(t, m->head.win, w->w, w->h);
}

static void take_message(const struct gui_msg *m, void *data)
{
	struct trick *t = data;

	switch (m->head.type) {
	case GUI_CONFIGURE:
		take_configure(t, m);
		break;
	case GUI_OUTPUT:
		printf("OUTPUT %ux%u scale %u\n", m->output.w, m->output.h, m->output.scale120);
		break;
	case GUI_RELEASE:
		t->held[m->release.page / SLOT_PAGES % SLOTS] = false;
		break;
	case GUI_POPUP_PLACED:
		printf("POPUP_PLACED %u %dx%d\n", m->head.win, m->popup_placed.w, m->popup_placed.h);
		commit(t, m->head.win, m->popup_placed.w, m->popup_placed.h);
		break;
	case GUI_KB_ENTER:
		printf("KB_ENTER %u with %u keys\n", m->head.win, m->kb_enter.n);
		break;
	case GUI_KEY:
		printf("KEY %u %s\n", m->key.key, m->key.pressed ? "down" : "up");
		break;
	case GUI_TOUCH_DOWN:
	case GUI_TOUCH_MOTION:
	case GUI_TOUCH_UP:
		printf("%s %u finger %u at %d,%d\n", gui_type_name(m->head.type), m->head.win, m->touch.id,
			m->touch.x / 256, m->touch.y / 256);
		break;
	case GUI_TOUCH_DEVICE:
		printf("TOUCH_DEVICE %u\n", m->touch_device.there);
		break;
	case GUI_PTR_ENTER:
	case GUI_PTR_MOTION:
		t->x = m->ptr.x / 256;
		t->y = m->ptr.y / 256;
		break;
	case GUI_PTR_BUTTON:
		if (m->button.pressed)
			printf("PRESS %u at %d,%d %s\n", m->head.win, t->x, t->y, judge_press(t, m->head.win));
		break;
	case GUI_PTR_AXIS:
		printf("AXIS %d of 120, %d, source %u\n", m->axis.value120, m->axis.value / 256, m->axis.source);
		break;
	case GUI_FRAME:
		take_frame(t, m);
		break;
	case GUI_MODS:
		break;
	default:
		printf("%s %u\n", gui_type_name(m->head.type), m->head.win);
	}
}

static void take_all(struct trick *t)
{
	peer_take(&t->stand, &t->ch, take_message, t);
}

static void turn_for(struct trick *t, int ms)
{
	uint64_t end = stand_now_ms() + (uint64_t)ms;

	while (stand_is_running(&t->stand) && stand_now_ms() < end) {
		take_all(t);
		usleep(2000);
	}
}

static void open_window(struct trick *t, uint32_t id, int w, int h)
{
	struct gui_msg m = { .head = { .type = GUI_WIN_NEW, .win = id } };

	t->win[id].w = w;
	t->win[id].h = h;
	m.win_new.w = (uint16_t)w;
	m.win_new.h = (uint16_t)h;
	send_msg(t, &m);
}

static void open_popup(struct trick *t, uint32_t id, const int *v)
{
	struct gui_msg m = { .head = { .type = GUI_WIN_NEW, .win = id } };

	t->win[id].parent = (uint32_t)v[0];
	m.win_new.role = GUI_ROLE_POPUP;
	m.win_new.parent = (uint32_t)v[0];
	send_msg(t, &m);
	m = (struct gui_msg){ .head = { .type = GUI_POPUP_POS, .win = id } };
	m.popup_pos = (struct gui_popup_pos){ .anchor_w = 1,
		.anchor_h = 1,
		.anchor = GUI_EDGE_TOP | GUI_EDGE_LEFT,
		.gravity = GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT,
		.dx = v[1],
		.dy = v[2],
		.w = (uint16_t)v[3],
		.h = (uint16_t)v[4] };
	send_msg(t, &m);
}

static void set_title(struct trick *t, uint32_t id, const char *hex)
{
	struct gui_msg m = { .head = { .type = GUI_TITLE, .win = id } };
	unsigned byte;

	for (int used; m.title.len < GUI_TITLE_CHUNK && sscanf(hex, "%2x%n", &byte, &used) == 1; hex += used)
		m.title.text[m.title.len++] = (char)byte;
	send_msg(t, &m);
}

static void storm(struct trick *t, uint32_t id, int n)
{
	for (int i = 0; i < n; i++) {
		t->seed = t->seed * 1664525 + 1013904223;
		commit(t, id, 1 + (int)(t->seed >> 16) % 700, 1 + (int)(t->seed >> 8) % 500);
		turn_for(t, 4);
	}
}

static void swing(struct trick *t, uint32_t id, int n)
{
	for (int i = 0; i < n; i++) {
		if (i % 2)
			commit_for(t, id, 80, 60, t->win[id].serial - 1);
		else
			commit(t, id, 600, 400);
		turn_for(t, 150);
	}
}

static void scribble(struct trick *t, int ms)
{
	uint64_t end = stand_now_ms() + (uint64_t)ms;

	for (uint32_t i = 0; stand_now_ms() < end; i++) {
		for (int slot = 0; slot < SLOTS; slot++)
			memset(slot_pixels(t, slot), (int)(i & 0xff), 1u << 20);
		take_all(t);
	}
}

static void set_cursor(struct trick *t, int w, int h, uint32_t rgb)
{
	struct gui_msg m = { .head = { .type = GUI_CURSOR_IMG } };
	const struct trick_window look = { .frame = FRAME | rgb };
	struct msg packed;
	uint32_t *px = slot_pixels(t, SLOTS - 1);

	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w && x < GUI_CURSOR_MAX; x++)
			px[y * GUI_CURSOR_MAX + x] = pixel(&look, x, y, w, h);
	}
	m.cursor_img = (struct gui_cursor_img){ (SLOTS - 1) * SLOT_PAGES, (uint8_t)w, (uint8_t)h, 0, 0 };
	t->held[SLOTS - 1] = true;
	if (w <= GUI_CURSOR_MAX && h <= GUI_CURSOR_MAX) {
		send_msg(t, &m);
		return;
	}
	m.cursor_img.w = m.cursor_img.h = 1;
	if (gui_encode(&m, &packed) < 0)
		errx(2, "a pointer does not encode");
	packed.bytes[MSG_SIZE - MSG_BODY + 4] = (uint8_t)w;
	packed.bytes[MSG_SIZE - MSG_BODY + 5] = (uint8_t)h;
	channel_send(&t->ch, &packed);
	channel_flush(&t->ch);
	fd_eventfd_kick(t->stand.notify_host);
}

static void set_geometry(struct trick *t, uint32_t id, const int *v)
{
	struct gui_msg m = { .head = { .type = GUI_HINTS, .win = id } };

	m.hints.geo_x = (uint16_t)v[0];
	m.hints.geo_y = (uint16_t)v[1];
	m.hints.geo_w = (uint16_t)v[2];
	m.hints.geo_h = (uint16_t)v[3];
	send_msg(t, &m);
}

static void set_paint(struct trick_window *w, const char *kind)
{
	w->frame = strcmp(kind, "page") == 0  ? PAGE
		: strcmp(kind, "clear") == 0  ? CLEAR
		: strcmp(kind, "white") == 0  ? WHITE
		: strcmp(kind, "checks") == 0 ? CHECKS
					      : FRAME | (uint32_t)strtoul(kind, NULL, 16);
}

static void obey(struct trick *t, const char *line)
{
	char verb[16] = "", text[400] = "";
	unsigned id = 0;
	int v[5] = { 0 };
	struct gui_msg m = { .head = { .type = GUI_WIN_DEL } };

	if (sscanf(line, "%15s %u %399s", verb, &id, text) < 1)
		return;
	sscanf(line, "%*s %*u %d %d %d %d %d", &v[0], &v[1], &v[2], &v[3], &v[4]);
	m.head.win = id;
	if (strcmp(verb, "wait") != 0 && strcmp(verb, "cursor") != 0 && id >= WINDOWS)
		errx(2, "no such window: %s", line);
	if (strcmp(verb, "window") == 0) {
		open_window(t, id, v[0], v[1]);
	} else if (strcmp(verb, "commit") == 0) {
		commit(t, id, v[0], v[1]);
	} else if (strcmp(verb, "lie") == 0) {
		commit_for(t, id, v[0], v[1], t->win[id].serial - 1);
	} else if (strcmp(verb, "paint") == 0) {
		set_paint(&t->win[id], text);
		if (t->win[id].w > 0)
			commit(t, id, t->win[id].w, t->win[id].h);
	} else if (strcmp(verb, "crisp") == 0) {
		t->win[id].crisp = true;
	} else if (strcmp(verb, "scribble") == 0) {
		scribble(t, v[0]);
	} else if (strcmp(verb, "storm") == 0) {
		storm(t, id, v[0]);
	} else if (strcmp(verb, "swing") == 0) {
		swing(t, id, v[0]);
	} else if (strcmp(verb, "title") == 0) {
		set_title(t, id, text);
	} else if (strcmp(verb, "state") == 0) {
		m = (struct gui_msg){ .head = { .type = GUI_STATE_REQ, .win = id } };
		m.state_req.bits = (uint32_t)strtoul(text, NULL, 16);
		send_msg(t, &m);
	} else if (strcmp(verb, "popup") == 0) {
		open_popup(t, id, v);
	} else if (strcmp(verb, "geometry") == 0) {
		set_geometry(t, id, v);
	} else if (strcmp(verb, "cursor") == 0) {
		sscanf(line, "%*s %*d %*d %399s", text);
		set_cursor(t, (int)id, v[0], (uint32_t)strtoul(text, NULL, 16));
	} else if (strcmp(verb, "del") == 0) {
		t->win[id] = (struct trick_window){ 0 };
		send_msg(t, &m);
	} else if (strcmp(verb, "wait") != 0) {
		errx(2, "unknown command: %s", line);
	}
	turn_for(t, strcmp(verb, "wait") == 0 ? (int)id : SETTLE_MS);
}

int main(int argc, char **argv)
{
	static struct trick t;
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[512];

	if (argc < 4)
		errx(2, "usage: desktop-trick VMOS-DESKTOP VM RRGGBB [FEATURES]");
	signal(SIGPIPE, SIG_IGN);
	setlinebuf(stdout);
	setvbuf(stdin, NULL, _IONBF, 0); /* poll(2) sees what fgets(3) has not taken */
	t.stand.program = argv[1];
	t.stand.vm = argv[2];
	t.stand.rgb = (uint32_t)strtoul(argv[3], NULL, 16);
	stand_init(&t.stand);
	peer_begin(&t.stand, &t.ch, argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 16) : 0);
	puts("ready");
	while (stand_is_running(&t.stand)) {
		take_all(&t);
		if (poll(&p, 1, 2) != 1)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			break;
		obey(&t, line);
		puts("done");
	}
	if (!stand_is_running(&t.stand)) {
		printf("ENDED %s\n", t.stand.failure);
		return 1;
	}
	return stand_quit(&t.stand) < 0;
}
