/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of the network benchmarks: so many lines, of which the last allows where the load goes. */
#ifndef TESTS_BENCH_NET_LIST_H
#define TESTS_BENCH_NET_LIST_H

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/nettarget.h"

/* The caller frees it. */
static inline struct net_target *net_list_make(size_t count)
{
	struct net_target *targets = calloc(count + 1, sizeof(*targets));

	if (!targets)
		err(1, "memory");
	for (size_t i = 0; i < count; i++) {
		char text[NETPLAN_TEXT] = "198.18.0.0";

		targets[i] = (struct net_target){
			.action = NET_ALLOW, .kind = NET_NETWORK, .bits = 96 + 15, .port_high = 65535
		};
		if (i + 1 < count) {
			targets[i].bits = 96 + 32;
			snprintf(text, sizeof(text), "203.0.%zu.%zu", i >> 8 & 255, i & 255);
		}
		if (netplan_parse(text, targets[i].addr) < 0)
			errx(1, "%s", text);
	}
	return targets;
}

#endif
