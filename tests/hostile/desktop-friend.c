/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A well-behaved guest on the stand: opens a painted window, follows its
 * configures, opens a popup below a click, and prints each message that the
 * host sends, one a line, for a script to look at.
 *
 *	desktop-friend VMOS-DESKTOP VM RRGGBB WIDTH HEIGHT TITLE [SECONDS]
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/gui.h"
#include "tests/hostile/peer.h"

#define WIN 1
#define POPUP 2
#define SLOT_PAGES 4096 /* 16 MiB: no window of the test is larger */
#define SLOTS 6

struct friend
{
	struct stand stand;
	struct channel ch;
	uint32_t serial;
	int w, h;
	int ptr_x, ptr_y;
	bool held[SLOTS];
	bool popup, greeted;
	unsigned frames;
	bool animate;
	uint64_t ends;
};

static void send_msg(struct friend *f, const struct gui_msg *m)
{
	peer_send(&f->stand, &f->ch, m);
}

static uint32_t *slot_pixels(struct friend *f, int slot)
{
	return (uint32_t *)((char *)f->stand.base + f->ch.heap_off + (size_t)slot * SLOT_PAGES * VMOS_PAGE_SIZE);
}

/* A dark page with lines of "text", so that screenshots look like something. */
static uint32_t pixel(const struct friend *f, int x, int y, int w)
{
	int line = y / 18, col = x / 8;
	unsigned hash = (unsigned)(line * 7919 + (col / 4) * 104729 + (int)f->frames * 31) % 97;

	if (x < 12 || y < 10 || y % 18 > 11 || x % 8 > 5 || col > 8 + line * 37 % 60 || x > w - 12)
		return 0xff1b1e25;
	return hash > 60 ? 0xff1b1e25 : hash > 50 ? 0xff7aa2f7 : hash > 40 ? 0xff9ece6a : 0xffa9b1d6;
}

static void paint(struct friend *f, int slot, int w, int h, uint32_t stride)
{
	uint32_t *px = slot_pixels(f, slot);

	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++)
			px[(size_t)y * stride / 4 + (size_t)x] = pixel(f, x, y, w);
	}
}

static void commit(struct friend *f, uint32_t win, int w, int h)
{
	struct gui_msg m = { .head = { .type = GUI_COMMIT, .win = win } };
	int slot = 0;

	while (slot < SLOTS && f->held[slot])
		slot++;
	if (slot == SLOTS)
		return;
	f->held[slot] = true;
	m.head.serial = win == WIN ? f->serial : 0;
	m.commit.page = (uint32_t)slot * SLOT_PAGES;
	m.commit.w = (uint16_t)w;
	m.commit.h = (uint16_t)h;
	m.commit.stride = ((uint32_t)w * 4 + 255) & ~255u;
	m.commit.scale120 = GUI_SCALE_ONE;
	paint(f, slot, w, h, m.commit.stride);
	send_msg(f, &m);
}

static void send_text(struct friend *f, uint16_t type, const char *text)
{
	size_t len = strlen(text);

	for (unsigned part = 0; part < GUI_TITLE_PARTS; part++) {
		struct gui_msg m = { .head = { .type = type, .win = WIN } };
		size_t at = (size_t)part * GUI_TITLE_CHUNK, n = len > at ? len - at : 0;

		if (at + n > GUI_TITLE_MAX)
			n = GUI_TITLE_MAX - at;
		m.title.part = (uint8_t)part;
		m.title.len = (uint8_t)(n < GUI_TITLE_CHUNK ? n : GUI_TITLE_CHUNK);
		memcpy(m.title.text, text + (n ? at : 0), m.title.len);
		if (part == 0 || n > 0)
			send_msg(f, &m);
	}
}

static void open_window(struct friend *f, const char *title)
{
	struct gui_msg m = { .head = { .type = GUI_WIN_NEW, .win = WIN } };

	m.win_new.w = (uint16_t)f->w;
	m.win_new.h = (uint16_t)f->h;
	send_msg(f, &m);
	send_text(f, GUI_TITLE, title);
	send_text(f, GUI_APPID, "foot");
}

static void toggle_popup(struct friend *f)
{
	struct gui_msg m = { .head = { .type = GUI_WIN_DEL, .win = POPUP } };

	if (f->popup) {
		send_msg(f, &m);
		f->popup = false;
		return;
	}
	m = (struct gui_msg){ .head = { .type = GUI_WIN_NEW, .win = POPUP } };
	m.win_new.role = GUI_ROLE_POPUP;
	m.win_new.parent = WIN;
	send_msg(f, &m);
	m = (struct gui_msg){ .head = { .type = GUI_POPUP_POS, .win = POPUP } };
	m.popup_pos = (struct gui_popup_pos){ .anchor_x = f->ptr_x,
		.anchor_y = f->ptr_y,
		.anchor_w = 1,
		.anchor_h = 1,
		.anchor = GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT,
		.gravity = GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT,
		.constraint = GUI_CONSTRAINT_MASK,
		.w = 180,
		.h = 140 };
	send_msg(f, &m);
	f->popup = true;
}

static void take_input(struct friend *f, const struct gui_msg *m)
{
	switch (m->head.type) {
	case GUI_KEYMAP:
		printf("KEYMAP %u bytes\n", m->keymap.blob.len);
		break;
	case GUI_KB_ENTER:
	case GUI_KB_LEAVE:
	case GUI_PTR_LEAVE:
	case GUI_CLOSE:
		printf("%s win %u\n", gui_type_name(m->head.type), m->head.win);
		break;
	case GUI_KEY:
		printf("KEY %u %s\n", m->key.key, m->key.pressed ? "down" : "up");
		break;
	case GUI_PTR_ENTER:
	case GUI_PTR_MOTION:
		f->ptr_x = m->ptr.x / 256;
		f->ptr_y = m->ptr.y / 256;
		printf("%s win %u %d %d\n", gui_type_name(m->head.type), m->head.win, f->ptr_x, f->ptr_y);
		break;
	case GUI_PTR_BUTTON:
		printf("BUTTON %u %s\n", m->button.button, m->button.pressed ? "down" : "up");
		if (m->button.pressed && m->head.win == WIN)
			toggle_popup(f);
		break;
	case GUI_PTR_AXIS:
		printf("AXIS %d %d\n", m->axis.value, m->axis.value120);
		break;
	default:
		printf("%s\n", gui_type_name(m->head.type));
	}
}

static void take_configure(struct friend *f, const struct gui_msg *m)
{
	printf("CONFIGURE %ux%u states %x serial %u\n", m->configure.w, m->configure.h, m->configure.states,
		m->head.serial);
	f->serial = m->head.serial;
	if (m->configure.w)
		f->w = m->configure.w;
	if (m->configure.h)
		f->h = m->configure.h;
	commit(f, WIN, f->w, f->h);
}

static void take_message(const struct gui_msg *m, void *data)
{
	struct friend *f = data;

	switch (m->head.type) {
	case GUI_CONFIGURE:
		take_configure(f, m);
		break;
	case GUI_RELEASE:
		f->held[m->release.page / SLOT_PAGES % SLOTS] = false;
		break;
	case GUI_FRAME:
		f->frames++;
		if (f->animate)
			commit(f, WIN, f->w, f->h);
		break;
	case GUI_POPUP_PLACED:
		printf("POPUP_PLACED %d,%d %ux%u\n", m->popup_placed.x, m->popup_placed.y, m->popup_placed.w,
			m->popup_placed.h);
		commit(f, POPUP, m->popup_placed.w, m->popup_placed.h);
		break;
	case GUI_POPUP_DONE:
		printf("POPUP_DONE\n");
		if (f->popup)
			toggle_popup(f);
		break;
	default:
		take_input(f, m);
	}
	fflush(stdout);
}

static void serve(struct friend *f)
{
	while (stand_is_running(&f->stand) && stand_now_ms() < f->ends) {
		struct pollfd p[] = { { .fd = f->stand.notify_guest, .events = POLLIN },
			{ .fd = f->stand.sock, .events = POLLIN } };

		peer_take(&f->stand, &f->ch, take_message, f);
		if (channel_arm(&f->ch))
			poll(p, 2, 200);
		fd_eventfd_take(f->stand.notify_guest);
		stand_poll(&f->stand);
	}
}

int main(int argc, char **argv)
{
	static struct friend f;
	int r;

	if (argc < 7)
		errx(2, "usage: desktop-friend VMOS-DESKTOP VM RRGGBB WIDTH HEIGHT TITLE [SECONDS]");
	f.stand.program = argv[1];
	f.stand.vm = argv[2];
	f.stand.rgb = (uint32_t)strtoul(argv[3], NULL, 16);
	f.w = (int)strtol(argv[4], NULL, 10);
	f.h = (int)strtol(argv[5], NULL, 10);
	f.animate = getenv("FRIEND_ANIMATE") != NULL;
	f.ends = stand_now_ms() + 1000 * (uint64_t)(argc > 7 ? strtol(argv[7], NULL, 10) : 30);
	stand_init(&f.stand);
	peer_begin(&f.stand, &f.ch, 0);
	open_window(&f, argv[6]);
	serve(&f);
	stand_request(&f.stand, HELPER_QUERY);
	usleep(100000);
	stand_poll(&f.stand);
	printf("STATS windows %u frames %llu copied %llu wakeups %llu\n", f.stand.stats.windows,
		(unsigned long long)f.stand.stats.frames, (unsigned long long)f.stand.stats.bytes_copied,
		(unsigned long long)f.stand.stats.wakeups);
	r = stand_is_running(&f.stand) ? stand_quit(&f.stand) : -1;
	printf("END %d %s\n", r, f.stand.failure);
	return r < 0;
}
