/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen of the desktop's benchmark, the same for vmOS and its peers: a
 * compositor that reads each damaged pixel once, gives buffers back and asks
 * for the next frame at once, and counts. It draws nothing. A key it presses,
 * and the pixel that this changes, give the latency.
 *
 *   screen SOCKET [copy|touch [SCALE120]]
 *
 * copy: each damaged pixel is copied once, which is the least a compositor in
 * the guest that hands pixels on can do. touch: it is a touch screen, for
 * tests, at that scale.
 */
#include "tests/bench/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct screen screen;

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: screen SOCKET [copy|touch [SCALE120]]\n");
		return 2;
	}
	screen.copies = argc > 2 && !strcmp(argv[2], "copy");
	screen.touches = argc > 2 && !strcmp(argv[2], "touch");
	screen.scale120 = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 120;
	if (screen.scale120 < 60 || screen.scale120 > 960)
		screen.scale120 = 120;
	screen.display = wl_display_create();
	if (!screen.display || !shell_init() || wl_display_add_socket(screen.display, argv[1]) < 0 || !ask_init()) {
		fprintf(stderr, "screen: cannot start: %s\n", strerror(errno));
		return 1;
	}
	wl_display_run(screen.display);
	wl_display_destroy_clients(screen.display);
	wl_display_destroy(screen.display);
	return 0;
}
