/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-wire with real TAP devices and the real filter: this process is vmosd,
 * and QEMU at the queue of each card. One vmos-wire is that of a NET VM, the
 * other one the place of cards that no link leads to. Needs what test_tc.c does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/netplan.h"
#include "proto/wire.h"
#include "tap/tc.h"
#include "tests/net/forge.h"
#include "tests/net/taps.h"
#include "tests/unit/unit.h"

#define CLIENT 7
#define PEER 300
#define NONE 4000 /* a card that is never made */

struct wire {
	pid_t pid;
	int sock;
	int ns; /* its network namespace */
};

static const char *program;
static struct forge_parties parties;
static struct wire net, idle;
static struct tc *tc; /* of net's filter, as vmos-tap has it */
static int inside = -1, client = -1; /* queues */
static struct wire_msg done; /* the last answer */
static bool without_node; /* of TAP devices, for those that are started */

/* What vmos-wire@.service leaves it. */
static void drop_capabilities(void)
{
	static const char kept[] = { CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW, CAP_PERFMON };

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
		if (!memchr(kept, cap, sizeof(kept)) && prctl(PR_CAPBSET_DROP, cap) < 0)
			_exit(96);
	}
}

/* @fds: the connection is there as systemd passes it on. */
static struct wire start(bool own_namespace, const char *fds)
{
	const struct timeval patience = { .tv_sec = 10 };
	struct wire w = { .ns = -1 };
	char text[16];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	w.sock = pair[0];
	w.pid = fork();
	assert_true(w.pid >= 0);
	if (w.pid == 0) {
		if (own_namespace && unshare(CLONE_NEWNET) < 0)
			_exit(99);
		if (without_node && (unshare(CLONE_NEWNS) < 0 || mount("none", "/dev/net", "tmpfs", 0, NULL) < 0))
			_exit(95);
		if (dup2(pair[1], 3) < 0 || fd_set_cloexec(3, false) < 0)
			_exit(98);
		snprintf(text, sizeof(text), "%d", (int)getpid());
		setenv("LISTEN_PID", text, 1);
		setenv("LISTEN_FDS", fds, 1);
		drop_capabilities();
		setenv("ASAN_OPTIONS", "detect_leaks=0:exitcode=99", 1);
		execl(program, program, NULL);
		_exit(97);
	}
	close(pair[1]);
	return w;
}

/* Its exit status, -1: a signal. */
static int wait_for(struct wire *w)
{
	int status;

	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int end(struct wire *w)
{
	if (w->ns >= 0)
		close(w->ns);
	close(w->sock);
	return wait_for(w);
}

/* The error of the answer, which is in done; fds that came with it in @fds. */
static int ask_with(const struct wire *w, const struct wire_msg *m, int fd, int fds[WIRE_FDS_MAX])
{
	unsigned nfds = 0;
	ssize_t len;

	assert_int_equal(fd_send_packet(w->sock, m, sizeof(*m), &fd, m->nfds), 0);
	len = fd_recv_packet(w->sock, &done, sizeof(done), fds, WIRE_FDS_MAX, &nfds);
	assert_int_equal(len, sizeof(done));
	assert_int_equal(wire_check_reply(&done, m->type, (size_t)len, nfds), 0);
	assert_int_equal(done.index, m->index);
	assert_true((done.error != 0) == (done.text[0] != 0));
	return done.error;
}

static int ask(const struct wire *w, enum wire_type type, uint32_t index)
{
	const struct wire_msg m = { .type = type, .index = index };
	int fds[WIRE_FDS_MAX];

	return ask_with(w, &m, -1, fds);
}

static int give(const struct wire *w, uint32_t index, int fd)
{
	const struct wire_msg m = { .type = WIRE_GIVE, .nfds = 1, .index = index };
	int fds[WIRE_FDS_MAX];

	return ask_with(w, &m, fd, fds);
}

static int make(const struct wire *w, uint32_t index)
{
	const struct wire_msg m = { .type = WIRE_MAKE, .index = index };
	int fds[WIRE_FDS_MAX] = { -1 };

	assert_int_equal(ask_with(w, &m, -1, fds), 0);
	return fds[0];
}

static int open_wire(struct wire *w, uint32_t filter)
{
	const struct wire_msg m = { .type = WIRE_OPEN, .filter = filter };
	int fds[WIRE_FDS_MAX] = { -1 };
	int r = ask_with(w, &m, -1, fds);

	w->ns = fds[0];
	return r;
}

/* 0, or -errno of write(2): QEMU's view. */
static int send_kind(int queue, const char *name)
{
	uint8_t data[FORGE_MAX];
	size_t len = forge_build(forge_find(name), &parties, data);

	return write(queue, data, len) < 0 ? -errno : 0;
}

/* Whether the frame came out of @queue as it was, and nothing else did. */
static bool came(int queue, const char *name)
{
	uint8_t data[FORGE_MAX], out[FORGE_MAX];
	size_t len = forge_build(forge_find(name), &parties, data);
	size_t n = taps_read(queue, out, sizeof(out), 0);

	return n == len && memcmp(data, out, len) == 0 && taps_drain(queue) == 0;
}

static struct tc_key key_of(const char *name)
{
	struct tc_event e = { .index = CLIENT };
	uint8_t data[FORGE_MAX];
	size_t len = forge_build(forge_find(name), &parties, data);
	struct tc_key key;

	assert_int_equal(frame_from_client(data, (uint32_t)len, &parties.client, &e.info), FRAME_FLOW);
	tc_key_of(&e, &key);
	return key;
}

/* A flow passes each way, in the kernel. */
static void check_passes(void)
{
	struct tc_key key = key_of("udp4");

	assert_int_equal(send_kind(client, "udp4"), 0);
	assert_int_equal(taps_drain(inside), 0);
	assert_int_equal(tc_flow_add(tc, &key), 0);
	assert_int_equal(send_kind(client, "udp4"), 0);
	assert_true(came(inside, "udp4"));
	assert_int_equal(send_kind(inside, "net-udp4"), 0);
	assert_true(came(client, "net-udp4"));
}

static void check_is_down(void)
{
	struct tc_key key = key_of("udp4");
	struct tc_flow flow;

	assert_int_equal(send_kind(client, "udp4"), -EIO);
	assert_int_equal(tc_flow_get(tc, &key, &flow), -ENOENT);
	assert_int_equal(send_kind(inside, "net-udp4"), 0);
	assert_int_equal(taps_drain(client) + taps_drain(inside), 0);
}

/* The calling thread's network is @ns until leave(). */
static int enter(int ns)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(own >= 0);
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
	return own;
}

static void leave(int own)
{
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	close(own);
}

static unsigned long long status_of(pid_t pid, const char *key, int base)
{
	unsigned long long n = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)) == 0)
			n = strtoull(line + strlen(key), NULL, base);
	}
	fclose(f);
	return n;
}

static void test_refused(void **state)
{
	int device = taps_open("device");
	struct wire w;

	assert_true(device >= 0);
	w = start(false, "1");
	assert_int_equal(end(&w), 1);
	close(device);
	w = start(true, "0");
	assert_int_equal(end(&w), 1);
	w = start(false, "1");
	assert_int_equal(open_wire(&w, 0), 0);
	assert_int_equal(end(&w), 0);
	without_node = true;
	w = start(true, "1");
	without_node = false;
	assert_int_equal(open_wire(&w, 0), -ENOENT);
	assert_int_equal(end(&w), 1);
}

/* Each in a network of its own, and with nothing that it does not need. */
static void test_open(void **state)
{
	struct stat a, b, own;

	net = start(true, "1");
	assert_int_equal(open_wire(&net, 1), 0);
	idle = start(true, "1");
	assert_int_equal(open_wire(&idle, 0), 0);
	assert_int_equal(fstat(net.ns, &a), 0);
	assert_int_equal(fstat(idle.ns, &b), 0);
	assert_int_equal(stat("/proc/self/ns/net", &own), 0);
	assert_true(a.st_ino != b.st_ino && a.st_ino != own.st_ino && b.st_ino != own.st_ino);
	assert_int_equal(status_of(net.pid, "NoNewPrivs:", 10), 1);
	assert_int_equal(status_of(net.pid, "Seccomp:", 10), 2);
	assert_int_equal(status_of(net.pid, "CapEff:", 16), 1u << CAP_NET_ADMIN);
	assert_int_equal(status_of(net.pid, "CapPrm:", 16), 1u << CAP_NET_ADMIN);
}

static void test_make(void **state)
{
	inside = make(&net, 0);
	client = make(&net, CLIENT);
	assert_int_equal(ask(&net, WIRE_MAKE, CLIENT), -EBUSY);
	assert_int_equal(ask(&net, WIRE_HAS, CLIENT), 0);
	assert_true(done.ifindex > 0);
	assert_int_equal(ask(&idle, WIRE_HAS, CLIENT), -ENODEV);
	assert_true(fcntl(client, F_GETFL) & O_NONBLOCK);
	assert_int_equal(send_kind(client, "udp4"), -EIO);
	assert_int_equal(send_kind(inside, "net-udp4"), -EIO);
}

static void check_device(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_flags = 0 };

	assert_true(fd >= 0);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
	assert_int_equal(ifr.ifr_flags & (IFF_UP | IFF_NOARP | IFF_MULTICAST), IFF_UP | IFF_NOARP);
	assert_int_equal(ioctl(fd, SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, NETPLAN_MTU);
	close(fd);
}

/* It comes up without an address, and says nothing. */
static void test_quiet(void **state)
{
	struct ifaddrs *all;
	int own;

	assert_int_equal(ask(&net, WIRE_TAKE, 0), 0);
	assert_int_equal(ask(&net, WIRE_TAKE, CLIENT), 0);
	assert_int_equal(ask(&net, WIRE_TAKE, CLIENT), 0);
	own = enter(net.ns);
	assert_int_equal(if_nametoindex("vmos7"), done.ifindex);
	check_device("vmos7");
	check_device("inside");
	assert_int_equal(getifaddrs(&all), 0);
	for (struct ifaddrs *i = all; i; i = i->ifa_next)
		assert_true(i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET);
	freeifaddrs(all);
	leave(own);
	usleep(200 * 1000);
	assert_int_equal(taps_drain(client) + taps_drain(inside), 0);
}

/* No flow is allowed: whatever a guest writes does not come out anywhere. */
static void test_closed(void **state)
{
	for (size_t i = 0; i < forge_nkinds; i++)
		send_kind(forge_kinds[i].side == FORGE_CLIENT ? client : inside, forge_kinds[i].name);
	assert_int_equal(taps_drain(client) + taps_drain(inside), 0);
}

/* What SHARE gives is all that vmos-tap needs. */
static void test_share(void **state)
{
	const struct wire_msg m = { .type = WIRE_SHARE };
	int fds[WIRE_FDS_MAX];

	assert_int_equal(ask(&idle, WIRE_SHARE, 0), -EPERM);
	assert_int_equal(ask_with(&net, &m, -1, fds), 0);
	assert_int_equal(tc_adopt(&tc, fds), 0);
	assert_int_equal(tc_keep(tc, 600), 0);
	check_passes();
}

/* Every way out of a link ends its flows, and the way in begins without any. */
static void test_drop(void **state)
{
	assert_int_equal(ask(&net, WIRE_DROP, CLIENT), 0);
	check_is_down();
	assert_int_equal(ask(&net, WIRE_TAKE, CLIENT), 0);
	check_passes();
	assert_int_equal(ask(&net, WIRE_DROP, 0), 0);
	assert_int_equal(send_kind(client, "udp4"), 0);
	assert_int_equal(send_kind(inside, "net-udp4"), -EIO);
	assert_int_equal(taps_drain(client) + taps_drain(inside), 0);
	assert_int_equal(ask(&net, WIRE_TAKE, 0), 0);
	assert_int_equal(send_kind(client, "udp4"), 0);
	assert_true(came(inside, "udp4"));
}

/* A link: the card waits in the one namespace, goes to the other, and back. */
static void test_link(void **state)
{
	struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	uint8_t data[FORGE_MAX];
	int own, ear;

	close(client);
	client = make(&idle, CLIENT);
	own = enter(idle.ns);
	ear = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	assert_int_equal(bind(ear, (struct sockaddr *)&all, sizeof(all)), 0);
	leave(own);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(send_kind(client, "udp4"), -EIO);
		assert_int_equal(ask(&idle, WIRE_TAKE, CLIENT), -EPERM);
		assert_int_equal(give(&idle, CLIENT, net.ns), 0);
		assert_int_equal(ask(&idle, WIRE_HAS, CLIENT), -ENODEV);
		assert_int_equal(send_kind(client, "udp4"), -EIO);
		assert_int_equal(ask(&net, WIRE_TAKE, CLIENT), 0);
		check_passes();
		assert_int_equal(give(&net, CLIENT, idle.ns), 0);
		assert_int_equal(ask(&net, WIRE_HAS, CLIENT), -ENODEV);
		assert_int_equal(ask(&idle, WIRE_HAS, CLIENT), 0);
		check_is_down();
	}
	assert_int_equal(recv(ear, data, sizeof(data), 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(ear);
}

/* It lives as long as its queue is held; one that is new has no flow of the one before. */
static void test_gone(void **state)
{
	struct tc_key key = key_of("udp4");

	close(client);
	assert_int_equal(ask(&idle, WIRE_HAS, CLIENT), -ENODEV);
	client = make(&net, CLIENT);
	assert_int_equal(ask(&net, WIRE_TAKE, CLIENT), 0);
	check_passes();
	close(client);
	assert_int_equal(ask(&net, WIRE_HAS, CLIENT), -ENODEV);
	assert_int_equal(tc_flow_add(tc, &key), 0);
	client = make(&net, CLIENT);
	assert_int_equal(ask(&net, WIRE_TAKE, CLIENT), 0);
	check_passes();
}

/* What cannot be done is said; a card stays where it is, and can be taken again. */
static void test_errors(void **state)
{
	int memory = memfd_create("memory", MFD_CLOEXEC), own = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), same;

	assert_int_equal(give(&net, NONE, idle.ns), -ENODEV);
	assert_int_equal(ask(&net, WIRE_TAKE, NONE), -ENODEV);
	assert_int_equal(ask(&net, WIRE_DROP, NONE), -ENODEV);
	assert_int_equal(give(&net, CLIENT, memory), -EINVAL);
	assert_int_equal(give(&net, CLIENT, own), -EINVAL);
	same = make(&idle, CLIENT);
	assert_int_equal(give(&net, CLIENT, idle.ns), -EEXIST);
	close(same);
	check_is_down();
	assert_int_equal(ask(&net, WIRE_TAKE, CLIENT), 0);
	check_passes();
	close(memory);
	close(own);
}

/* Who does not speak as vmosd does is left alone. */
static void test_invalid(void **state)
{
	const struct wire_msg make_first = { .type = WIRE_MAKE, .index = 1 }, open_twice = { .type = WIRE_OPEN },
			      unknown = { .type = WIRE_SHARE + 1 }, give_none = { .type = WIRE_GIVE, .index = 1 };
	const struct {
		const struct wire_msg *m;
		size_t len;
		unsigned nfds;
		bool opened;
	} cases[] = {
		{ &make_first, sizeof(make_first), 0, false },
		{ &open_twice, sizeof(open_twice), 0, true },
		{ &open_twice, sizeof(open_twice) - 1, 0, false },
		{ &open_twice, sizeof(open_twice), 1, false },
		{ &unknown, sizeof(unknown), 0, true },
		{ &give_none, sizeof(give_none), 0, true },
		{ &give_none, sizeof(give_none), 2, true },
	};
	const int fds[2] = { net.ns, idle.ns };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wire w = start(true, "1");
		char byte;

		if (cases[i].opened)
			assert_int_equal(open_wire(&w, 0), 0);
		assert_int_equal(fd_send_packet(w.sock, cases[i].m, cases[i].len, fds, cases[i].nfds), 0);
		assert_true(recv(w.sock, &byte, 1, 0) <= 0);
		assert_int_equal(end(&w), 1);
	}
}

/* Who asks and never reads does not make it hold answers without end. */
static void test_deaf(void **state)
{
	const struct wire_msg m = { .type = WIRE_HAS, .index = 1 };
	struct wire w = start(true, "1");
	unsigned n = 0;

	assert_int_equal(open_wire(&w, 0), 0);
	while (n < 100000 && fd_send_packet(w.sock, &m, sizeof(m), NULL, 0) == 0)
		n++;
	assert_true(n < 100000);
	assert_int_equal(end(&w), 1);
}

/* With the process its cards come down, also while QEMU holds them. */
static void test_end(void **state)
{
	assert_int_equal(end(&idle), 0);
	assert_int_equal(send_kind(client, "udp4"), 0);
	assert_true(came(inside, "udp4"));
	kill(net.pid, SIGTERM);
	assert_int_equal(wait_for(&net), 0);
	assert_int_equal(send_kind(client, "udp4"), -EIO);
	assert_int_equal(send_kind(inside, "net-udp4"), -EIO);
	assert_int_equal(taps_drain(client) + taps_drain(inside), 0);
}

/* Whether all that is needed can be had here; -1: yes. */
static int left_out(void)
{
	int r = taps_unshare(), fd;

	if (r < 0)
		return taps_left_out("a network of its own", r);
	fd = taps_open("probe");
	if (fd < 0)
		return taps_left_out("TAP devices", fd);
	r = tc_open(&tc);
	if (r == 0) {
		r = tc_set_net(tc, (int)if_nametoindex("probe"));
		tc_close(tc);
	}
	close(fd);
	return r < 0 ? taps_left_out("eBPF on devices", r) : -1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_deaf),
		cmocka_unit_test(test_end),
	};
	int r;

	if (argc != 2)
		return 2;
	program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	r = left_out();
	if (r >= 0)
		return r;
	forge_parties(&parties, CLIENT, PEER);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
