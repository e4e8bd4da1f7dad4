/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a desktop is without the windows of a VM whose vmos-desktop was
 * killed: from the kill until the compositor has shown each of them again. The
 * guest is this program, so what is measured is the host's part.
 *
 *	reattach VMOS-DESKTOP WINDOWS
 *
 * Prints the milliseconds until the new one is up, and until all windows are shown.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/gui.h"
#include "tests/hostile/peer.h"

#define MOST 200
#define SIDE 128 /* of a window */
#define SLOT_PAGES 16
#define WAIT_MS 60000

struct bench {
	struct stand stand;
	struct channel ch;
	unsigned count;
	uint32_t serial[MOST + 1]; /* by window: the CONFIGURE to answer, 0: none or answered */
	bool shown[MOST + 1];
	unsigned nshown;
};

static void answer(struct bench *b, uint32_t win, uint32_t serial)
{
	struct gui_msg m = { .head = { .type = GUI_COMMIT, .win = win, .serial = serial } };

	m.commit = (struct gui_commit){
		.page = win * SLOT_PAGES, .w = SIDE, .h = SIDE, .stride = SIDE * 4, .scale120 = GUI_SCALE_ONE
	};
	peer_send(&b->stand, &b->ch, &m);
}

static void take_message(const struct gui_msg *m, void *data)
{
	struct bench *b = data;
	uint32_t win = m->head.win;

	if (win == 0 || win > b->count)
		return;
	if (m->head.type == GUI_CONFIGURE && !b->serial[win]) {
		b->serial[win] = m->head.serial;
		answer(b, win, m->head.serial);
	} else if (m->head.type == GUI_FRAME && !b->shown[win]) {
		b->shown[win] = true;
		b->nshown++;
	}
}

static void take_all(struct bench *b)
{
	peer_take(&b->stand, &b->ch, take_message, b);
}

/* One life of vmos-desktop, until all windows are shown. Both times in ms. */
static void attach(struct bench *b, unsigned *ret_up, unsigned *ret_shown)
{
	uint64_t begin = stand_now_ms();

	memset(b->serial, 0, sizeof(b->serial));
	memset(b->shown, 0, sizeof(b->shown));
	b->nshown = 0;
	peer_begin(&b->stand, &b->ch, 0);
	*ret_up = (unsigned)(stand_now_ms() - begin);
	for (uint32_t win = 1; win <= b->count; win++) {
		struct gui_msg m = { .head = { .type = GUI_WIN_NEW, .win = win } };

		m.win_new.w = m.win_new.h = SIDE;
		peer_send(&b->stand, &b->ch, &m);
		take_all(b);
	}
	while (b->nshown < b->count && stand_is_running(&b->stand) && stand_now_ms() - begin < WAIT_MS) {
		take_all(b);
		usleep(500);
	}
	if (b->nshown < b->count)
		errx(1, "%u of %u windows are shown: %s", b->nshown, b->count, b->stand.failure);
	*ret_shown = (unsigned)(stand_now_ms() - begin);
}

int main(int argc, char **argv)
{
	static struct bench b;
	unsigned up, shown;

	if (argc != 3)
		errx(2, "usage: reattach VMOS-DESKTOP WINDOWS");
	b.count = (unsigned)strtoul(argv[2], NULL, 10);
	if (b.count < 1 || b.count > MOST)
		errx(2, "1 to %u windows", MOST);
	signal(SIGPIPE, SIG_IGN);
	b.stand.program = argv[1];
	b.stand.vm = "reattach";
	b.stand.rgb = 0x2563eb;
	stand_init(&b.stand);
	attach(&b, &up, &shown);
	kill(b.stand.pid, SIGKILL);
	while (stand_is_running(&b.stand))
		stand_poll(&b.stand);
	attach(&b, &up, &shown);
	printf("%u %u\n", up, shown);
	return stand_quit(&b.stand) < 0;
}
