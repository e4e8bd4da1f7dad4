/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net-vde VMOS-TAP PLUG RULES: two VDE switches and a real vmos-tap between them, for the client of index 1, with a
 * list of so many lines, of which the last allows 198.18.0.0/15. Says "ready CLIENT-SWITCH NET-SWITCH PIDS", goes on
 * until the end of its standard input.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/net-list.h"
#include "tests/net/stand.h"

static struct stand_tap t;

static void give(uint32_t type, const char *name, uint32_t index)
{
	struct tap_msg m = { .type = type, .link.index = index };
	struct stand_plug plug = stand_plug(name);

	stand_tap_send(&t, &m, &plug);
	stand_close(&plug);
}

static void give_list(size_t count)
{
	struct net_target *targets = net_list_make(count);
	struct tap_msg m = { .type = TAP_LIST,
		.list = { .index = 1, .generation = 1, .count = (uint32_t)count, .fallback = NET_DENY } };

	stand_tap_send(&t, &m, NULL);
	for (uint32_t i = 0; i < count; i++) {
		struct tap_msg line = { .type = TAP_LINE, .line = { 1, 1, i, targets[i] } };

		stand_tap_send(&t, &line, NULL);
	}
	free(targets);
}

int main(int argc, char **argv)
{
	char client[128], net[128], byte;
	struct tap_msg report;

	if (argc != 4)
		errx(2, "usage: net-vde VMOS-TAP PLUG RULES");
	stand_begin(argv[2]);
	stand_switch("a");
	stand_switch("net");
	stand_tap_start(&t, argv[1], -1);
	give(TAP_NET, "net", 0);
	give(TAP_LINK, "a", 1);
	give_list(strtoul(argv[3], NULL, 10));
	stand_path("a", client);
	stand_path("net", net);
	printf("ready %s %s %d\n", client, net, (int)t.pid);
	fflush(stdout);
	/* its log of flows must not fill the socket */
	for (;;) {
		struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = t.sock, .events = POLLIN } };

		if (poll(p, 2, -1) < 0 || (p[0].revents && read(STDIN_FILENO, &byte, 1) <= 0))
			break;
		if (p[1].revents && !stand_tap_report(&t, &report, 0))
			break;
	}
	stand_tap_stop(&t, true);
	return stand_end();
}
