/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmosd's place at the HOS's own vmos-wire, without VMs: two connections, a NET
 * VM's and the idle one, and this process at the queues of the cards. "ACT yes"
 * or "ACT no" on standard output for the acts below, then "waiting", and it
 * holds all until standard input ends. Linked statically for the HOS.
 *
 *	open	both connections say what they are for: the filter is loaded
 *	make	an inside card at the one, client 7's at the other
 *	down	what 7 sends is refused
 *	link	7's card goes to the NET VM's namespace and comes up
 *	closed	what 7 sends comes out nowhere
 *	kept	vmos-tap's socket is not given to a program of the host's label
 *	flow	as vmosd, by its label, it gets it and the tables: with a flow in them 7's frame comes out, as it was
 *	back	7's card is back, and what it sends is refused
 *	again	and linked again nothing of the flow is left
 */
#include <errno.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/smack.h"
#include "manager/labels.h"
#include "proto/wire.h"
#include "tap/bpf/maps.h"
#include "tests/net/forge.h"

#define CLIENT 7
#define PEER 8

enum table { CONFIG, CLIENTS, LINKS, FLOWS }; /* of tc_share() */

static struct forge_parties parties;
static int net, idle; /* connections */
static int fds[WIRE_FDS_MAX]; /* of the last answer */

static int ask(int sock, enum wire_type type, uint32_t index, int fd)
{
	const struct wire_msg m = {
		.type = type, .nfds = fd >= 0, .index = index, .filter = type == WIRE_OPEN && sock == net
	};
	struct wire_msg done;
	unsigned nfds = 0;
	ssize_t len;
	int r = fd_send_packet(sock, &m, sizeof(m), &fd, m.nfds);

	if (r < 0)
		return r;
	len = fd_recv_packet(sock, &done, sizeof(done), fds, WIRE_FDS_MAX, &nfds);
	r = len < 0 ? (int)len : wire_check_reply(&done, type, (size_t)len, nfds);
	if (r == 0 && done.error)
		fprintf(stderr, "wire-ask: request %d: %s: %s\n", type, done.text, strerror(-done.error));
	return r < 0 ? r : done.error;
}

static size_t build(uint8_t data[FORGE_MAX])
{
	for (size_t i = 0; i < forge_nkinds; i++) {
		if (strcmp(forge_kinds[i].name, "udp4") == 0)
			return forge_build(&forge_kinds[i], &parties, data);
	}
	exit(2);
}

/* What becomes of a frame of 7's: -errno of the write, 1: it came out inside, 0: nowhere. */
static int send_frame(int client, int inside)
{
	uint8_t data[FORGE_MAX], out[FORGE_MAX];
	struct pollfd p = { .fd = inside, .events = POLLIN };
	size_t len = build(data);

	if (write(client, data, len) < 0)
		return -errno;
	if (poll(&p, 1, 500) <= 0)
		return 0;
	return read(inside, out, sizeof(out)) == (ssize_t)len && memcmp(data, out, len) == 0;
}

static int put(int table, const void *key, const void *value)
{
	union bpf_attr attr = { .map_fd = (uint32_t)table, .key = (uintptr_t)key, .value = (uintptr_t)value };

	return syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

/* 7's flow, for ever. */
static int allow(const int tables[WIRE_FDS_MAX])
{
	const struct tc_config config = { .alive_until = UINT64_MAX };
	const struct tc_flow flow = { .sent = 0 };
	const uint32_t zero = 0;
	struct tc_key key = { .index = CLIENT };
	struct frame_info info;
	uint8_t data[FORGE_MAX];

	if (frame_from_client(data, (uint32_t)build(data), &parties.client, &info) != FRAME_FLOW)
		exit(2);
	key.local_port = info.local_port;
	key.remote_port = info.remote_port;
	key.proto = info.proto;
	memcpy(key.remote, info.remote, sizeof(key.remote));
	return put(tables[CONFIG], &zero, &config) < 0 ? -1 : put(tables[FLOWS], &key, &flow);
}

static int say(const char *act, int yes)
{
	printf("%s %s\n", act, yes ? "yes" : "no");
	return yes;
}

static int open_both(int ns[2])
{
	net = fd_unix_connect(WIRE_SOCKET, SOCK_SEQPACKET);
	idle = fd_unix_connect(WIRE_SOCKET, SOCK_SEQPACKET);
	if (net < 0 || idle < 0 || ask(net, WIRE_OPEN, 0, -1) < 0)
		return 0;
	ns[0] = fds[0];
	if (ask(idle, WIRE_OPEN, 0, -1) < 0)
		return 0;
	ns[1] = fds[0];
	return 1;
}

static int make_both(int queues[2])
{
	if (ask(net, WIRE_MAKE, 0, -1) < 0)
		return 0;
	queues[0] = fds[0];
	if (ask(idle, WIRE_MAKE, CLIENT, -1) < 0)
		return 0;
	queues[1] = fds[0];
	return ask(net, WIRE_TAKE, 0, -1) == 0;
}

static int join(const int ns[2])
{
	return ask(idle, WIRE_GIVE, CLIENT, ns[0]) == 0 && ask(net, WIRE_TAKE, CLIENT, -1) == 0;
}

static void act(void)
{
	int ns[2], queues[2], r;

	if (!say("open", open_both(ns)) || !say("make", make_both(queues)))
		return;
	say("down", send_frame(queues[1], queues[0]) == -EIO);
	if (!say("link", join(ns)))
		return;
	say("closed", send_frame(queues[1], queues[0]) == 0);
	say("kept", ask(net, WIRE_SHARE, 0, -1) == -EMSGSIZE); /* the kernel leaves out what may not be received */
	r = smack_self_set(LABEL_MANAGER) == 0 && ask(net, WIRE_SHARE, 0, -1) == 0 && allow(fds) == 0;
	say("flow", r && send_frame(queues[1], queues[0]) == 1);
	r = ask(net, WIRE_GIVE, CLIENT, ns[1]) == 0;
	say("back", r && send_frame(queues[1], queues[0]) == -EIO);
	say("again", join(ns) && send_frame(queues[1], queues[0]) == 0);
}

int main(void)
{
	char byte;

	setvbuf(stdout, NULL, _IOLBF, 0);
	forge_parties(&parties, CLIENT, PEER);
	act();
	printf("waiting\n");
	return read(STDIN_FILENO, &byte, 1) > 0;
}
