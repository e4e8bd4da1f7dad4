/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net-kernel CLIENT-DEVICE NET-DEVICE RULES: the kernel's engine between two devices, for the client of index 1, with
 * a list of so many lines behind it, of which the last allows 198.18.0.0/15. Says "ready", goes on until the end of
 * its standard input.
 */
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy/netlist.h"
#include "tap/tc.h"
#include "tests/bench/net-list.h"

#define KEEP 10 /* seconds */

static struct tc *tc;
static struct net_decider decider;
static int client, net; /* devices */

static void handle_frame(const struct tc_event *e, void *userdata)
{
	struct net_flow flow = { .proto = e->info.proto, .port = e->info.remote_port };
	struct tc_key key;
	size_t line;

	(void)userdata;
	if (e->verdict != FRAME_FLOW || e->have != e->len)
		return;
	memcpy(flow.addr, e->info.remote, sizeof(flow.addr));
	if (e->from_client && netlist_decide(&decider, &flow, &line) != NET_ALLOW)
		return;
	tc_key_of(e, &key);
	if (e->from_client)
		tc_flow_add(tc, &key);
	tc_send(tc, (uint32_t)(e->from_client ? net : client), e->data, e->len);
}

static int device(const char *name)
{
	int index = (int)if_nametoindex(name);

	if (index == 0)
		err(1, "%s", name);
	return index;
}

int main(int argc, char **argv)
{
	struct net_target *targets;
	struct pollfd p[2];
	int r;

	if (argc != 4)
		errx(2, "usage: net-kernel CLIENT-DEVICE NET-DEVICE RULES");
	decider.count = strtoul(argv[3], NULL, 10);
	targets = net_list_make(decider.count);
	decider.targets = targets;
	client = device(argv[1]);
	net = device(argv[2]);
	r = tc_open(&tc);
	if (r == 0)
		r = tc_set_net(tc, net);
	if (r == 0)
		r = tc_add_client(tc, 1, client);
	if (r < 0) {
		errno = -r;
		err(1, "the kernel's engine");
	}
	tc_on_frame(tc, handle_frame, NULL);
	tc_keep(tc, KEEP);
	puts("ready");
	fflush(stdout);
	p[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = tc_fd(tc), .events = POLLIN };
	while (poll(p, 2, 1000) >= 0 && !p[0].revents) {
		tc_read(tc, UINT32_MAX);
		tc_keep(tc, KEEP);
	}
	tc_close(tc);
	free(targets);
	return 0;
}
