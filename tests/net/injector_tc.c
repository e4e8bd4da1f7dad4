/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * injector-tc VMOS-TAP: the same on the kernel's fabric. A real vmos-tap without
 * privileges, real TAP devices with the kernel's engine on them, in a network of
 * our own; we are the VMs at their other ends, and vmosd. Skipped where this is
 * not permitted.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap/tc.h"
#include "tests/net/scene.h"
#include "tests/net/taps.h"

#define PASSES 3.2 /* tc_keep() of vmos-tap, and the kernel's coarse clock */

static struct tc *tc;

static struct stand_plug tap_card(const char *name)
{
	int fd = taps_open(name);

	CHECK(fd >= 0);
	return (struct stand_plug){ .data = fd, .control = -1 };
}

/* The device is up already in this test, and its filter there: nothing else is in this network. */
static void tap_give(struct scene *s, struct tap_msg *m, const char *name)
{
	int ifindex = (int)if_nametoindex(name);
	int r = m->type == TAP_NET ? tc_set_net(tc, ifindex) : tc_add_client(tc, m->link.index, ifindex);

	CHECK(r == 0);
	m->link.ifindex = (uint32_t)ifindex;
	stand_tap_send(&s->tap, m, NULL);
}

static const struct scene_fabric taps = { .card = tap_card, .give = tap_give, .passes = PASSES };

/* Only what is not there, or not permitted, is a reason to leave the test out. */
static int left_out(const char *what, int r)
{
	bool skipped = r == -EPERM || r == -EACCES || r == -ENOENT || r == -ENODEV || r == -ENOSYS || r == -EOPNOTSUPP;

	printf(skipped ? "1..0 # SKIP %s: %s\n" : "Bail out! %s: %s\n", what, strerror(-r));
	return skipped ? 0 : 1;
}

/* Whether all that the scene needs can be had here. */
static int begin(void)
{
	int r = taps_unshare(), fd;

	if (r < 0)
		return left_out("no network of its own", r);
	fd = taps_open("probe");
	if (fd < 0)
		return left_out("no TAP devices", fd);
	r = tc_open(&tc);
	if (r == 0)
		r = tc_set_net(tc, (int)if_nametoindex("probe"));
	close(fd);
	return r < 0 ? left_out("no eBPF on devices", r) : -1;
}

/* A number of /proc/PID/status. */
static unsigned long long status_of(pid_t pid, const char *key, int base)
{
	char path[64], line[256];
	unsigned long long n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			n = strtoull(line + strlen(key) + 1, NULL, base);
	fclose(f);
	return n;
}

static unsigned long long wakeups(const struct scene *s)
{
	return status_of(s->tap.pid, "voluntary_ctxt_switches", 10);
}

/* What vmosd is told of A's flow from this port; .index 0: it is not there. */
static struct tap_flow flow_of(struct scene *s, uint16_t local_port)
{
	struct tap_msg m = { .type = TAP_FLOWS };
	struct tap_flow found = { 0 };

	stand_tap_send(&s->tap, &m, NULL);
	do {
		CHECK(stand_tap_report(&s->tap, &m, 5000));
		if (m.type == TAP_FLOW && m.flow.index == SCENE_A && m.flow.local_port == local_port)
			found = m.flow;
	} while (m.type != TAP_FLOWS_END);
	return found;
}

/* The kernel passes what is of a flow, vmos-tap sleeps, and knows of it when it looks. */
static void by_the_kernel(struct scene *s)
{
	struct packet p = scene_connect(s, 6501), q;
	struct tap_stats before = scene_stats(s, SCENE_A), after;
	unsigned long long woken;
	struct tap_flow flow;
	unsigned came = 0;
	char text[1000] = "data";

	p.flags = PACKET_ACK;
	p.seq = 5001;
	p.payload = text;
	p.len = sizeof(text);
	q = p;
	q.to_client = false;
	q.seq = 1001;
	woken = wakeups(s);
	for (unsigned i = 0; i < 100; i++, p.seq += 1000, q.seq += 1000) {
		scene_say(s, &p);
		came += scene_hear(s, &p);
		scene_say(s, &q);
		came += scene_hear(s, &q);
	}
	woken = wakeups(s) - woken;
	stand_ok(came == 200 && woken < 10, "of %u frames of a flow vmos-tap wakes up %llu times", came, woken);
	flow = flow_of(s, 6501);
	stand_ok(flow.sent == 100000 && flow.received == 100000, "it tells %llu bytes sent, %llu received",
		(unsigned long long)flow.sent, (unsigned long long)flow.received);
	after = scene_stats(s, SCENE_A);
	stand_ok(after.sent - before.sent == 100 && after.received - before.received == 100 &&
			after.sent_bytes - before.sent_bytes == 100 * (PACKET_L4 + 20 + sizeof(text)),
		"and %llu frames each way", (unsigned long long)(after.sent - before.sent));
}

/* A connection that both ends have closed, in the kernel: the next one of the same ports is another. */
static void closed(struct scene *s)
{
	struct packet p = scene_connect(s, 6502), begin = scene_syn(SCENE_A, 6502, SCENE_FAR);

	p.flags = PACKET_ACK | PACKET_FIN;
	scene_say(s, &p);
	CHECK(scene_hear(s, &p));
	p.to_client = false;
	scene_say(s, &p);
	CHECK(scene_hear(s, &p));
	sleep(1); /* the log has room again */
	begin.seq = 77000;
	scene_say(s, &begin);
	stand_ok(scene_hear(s, &begin) && scene_log(s, SCENE_A, TAP_EVENT_CLOSE).local_port == 6502 &&
			scene_log(s, SCENE_A, TAP_EVENT_OPEN).local_port == 6502,
		"a connection that was closed in the kernel is over when the next one begins");
}

static void give_a(struct scene *s, uint32_t rate_kib)
{
	struct tap_msg m = { .type = TAP_LINK, .link = { .index = SCENE_A, .rate_kib = rate_kib } };

	tap_give(s, &m, "a");
}

/* A link that begins anew, with a limit. */
static void limited(struct scene *s)
{
	struct packet p = scene_connect(s, 6503);
	char text[1400] = "data";
	unsigned came = 0;
	double start, most;

	give_a(s, 100);
	(void)scene_stats(s, SCENE_A); /* it has the link by then */
	p.flags = PACKET_ACK;
	scene_say(s, &p);
	stand_ok(!scene_hear(s, &p), "nothing of a flow passes a link that is new, before its list");
	scene_allow(s, SCENE_A, NET_ALLOW);
	(void)scene_marker(s, SCENE_A, false);
	p.payload = text;
	p.len = sizeof(text);
	start = stand_seconds();
	for (unsigned i = 0; i < 100; i++) {
		uint8_t frame[2048];

		scene_say(s, &p);
		came += stand_receive(&s->a, frame, 0) > 0;
	}
	most = 2 + 100 * 1024 * (TC_BURST_NS / 1e9 + stand_seconds() - start) / (PACKET_L4 + 20 + sizeof(text));
	stand_ok(came > 5 && came <= most, "of a burst of 100 frames %u pass a limit of 100 KiB a second", came);
	give_a(s, 0);
}

/* Where nothing is there is nothing to say. */
static void idle(struct scene *s)
{
	unsigned long long woken;

	scene_allow(s, SCENE_A, NET_DENY);
	scene_allow(s, SCENE_B, NET_DENY);
	usleep(1500 * 1000);
	woken = wakeups(s);
	sleep(4);
	woken = wakeups(s) - woken;
	stand_ok(woken == 0, "without flows vmos-tap wakes up %llu times in 4 s", woken);
	scene_drain(&s->a);
	scene_drain(&s->net);
	scene_allow(s, SCENE_B, NET_ALLOW);
}

/* A plug on this fabric: the link is there, and dead. */
static void other_fabric(struct scene *s)
{
	struct tap_msg m = { .type = TAP_LINK, .link.index = 9 };
	struct stand_plug plug;
	int pair[2];

	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	plug = (struct stand_plug){ pair[0], pair[0] };
	stand_tap_send(&s->tap, &m, &plug);
	close(pair[0]);
	stand_ok(read(pair[1], &m, 1) <= 0, "a plug of VDE is closed on this fabric");
	close(pair[1]);
	m = (struct tap_msg){ .type = TAP_UNLINK, .id.index = 9 };
	stand_tap_send(&s->tap, &m, NULL);
}

static void test_kernel(struct scene *s)
{
	stand_ok(status_of(s->tap.pid, "CapEff:", 16) == 0, "vmos-tap has no capability");
	scene_allow(s, SCENE_A, NET_ALLOW);
	by_the_kernel(s);
	closed(s);
	limited(s);
	other_fabric(s);
	idle(s);
}

int main(int argc, char **argv)
{
	static struct scene scene;
	int r;

	if (argc != 2) {
		fprintf(stderr, "Usage: injector-tc VMOS-TAP\n");
		return 2;
	}
	r = begin();
	if (r >= 0)
		return r;
	stand_begin(NULL);
	scene_open(&scene, &taps);
	scene.tap.fabric = TAP_FABRIC_KERNEL;
	tc_share(tc, scene.tap.kernel_fds);
	scene_start(&scene, argv[1], -1);
	test_filter(&scene);
	test_names(&scene);
	test_questions(&scene);
	test_cut(&scene);
	test_kernel(&scene);
	test_killed(&scene);
	test_full(&scene);
	test_orphan(&scene);
	return stand_end();
}
