/* SPDX-License-Identifier: GPL-2.0-or-later */
/* courier-guest COURIER friendly | friendly-stream | streams | transfers | relays | owners | clocks | apps | notifications | hostile SECONDS [SEED]: prints TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/hostile-courier/tests.h"

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[2], "friendly"))
		return friendly(argv[1], false);
	if (argc == 3 && !strcmp(argv[2], "friendly-stream"))
		return friendly(argv[1], true);
	if (argc == 3 && !strcmp(argv[2], "streams"))
		return streams(argv[1]);
	if (argc == 3 && !strcmp(argv[2], "transfers"))
		return transfers(argv[1]);
	if (argc == 3 && !strcmp(argv[2], "relays"))
		return relays(argv[1]);
	if (argc == 3 && !strcmp(argv[2], "owners"))
		return owners(argv[1]);
	if (argc == 3 && !strcmp(argv[2], "clocks"))
		return clocks(argv[1]);
	if (argc == 3 && !strcmp(argv[2], "apps"))
		return apps(argv[1]);
	if (argc == 3 && !strcmp(argv[2], "notifications"))
		return notifications(argv[1]);
	if ((argc == 4 || argc == 5) && !strcmp(argv[2], "hostile"))
		return hostile(argv[1], (unsigned)strtoul(argv[3], NULL, 10),
			argc == 5 ? strtoull(argv[4], NULL, 10) : (uint64_t)time(NULL));
	fprintf(stderr,
		"usage: courier-guest COURIER "
		"friendly|friendly-stream|streams|transfers|relays|owners|clocks|apps|notifications|hostile [SECONDS "
		"[SEED]]\n");
	return 2;
}
