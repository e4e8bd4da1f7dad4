/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file from one real vmos-agent to another by a relay, with both couriers
 * and the kernel's relay played here:
 *   test_agent_relay AGENT SHIM
 * AGENT starts the vmos-files that was built. It does so as the user with id
 * 1000, who is made up for it: so this needs root and a mount namespace.
 */
#include "agent/tests/agent_host.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/tests/far_stand.h"
#include "base/fd.h"
#include "base/paths.h"
#include "proto/xfer.h"

#define FILE_SIZE (20u << 20)
#define ROUND_MS 120000

enum { FROM, TO };

/* One side: its agent, and what is on its way to the program there. */
struct side {
	struct agent_host host;
	unsigned area;
	uint32_t run, joined;
	uint8_t *queue; /* owned */
	size_t len, at;
	uint32_t credit;
	bool eof, eof_sent, exited;
	int32_t status;
};

static char folder[] = "/tmp/test-agent-relay-XXXXXX";
static char home[64];
static struct side sides[2];
static struct far_stand kernel; /* its two areas alone */
static struct xfer_check check;

/* A passwd of ours in a mount namespace of ours. False: that cannot be. */
static bool make_user(void)
{
	char path[96];
	FILE *f;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	CHECK(mkdtemp(folder) && chmod(folder, 0755) == 0);
	snprintf(home, sizeof(home), "%s/home", folder);
	snprintf(path, sizeof(path), "%s/passwd", folder);
	CHECK(mkdir(home, 0755) == 0 && chown(home, 1000, 1000) == 0);
	f = fopen(path, "w");
	CHECK(f && fprintf(f, "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::%s:/bin/sh\n", home) > 0 && fclose(f) == 0);
	return mount(path, "/etc/passwd", NULL, MS_BIND, NULL) == 0;
}

static void make_file(const char *path)
{
	static uint8_t bytes[65536];
	FILE *f = fopen(path, "w");
	uint32_t seed = 1;

	CHECK(f);
	for (unsigned i = 0; i < FILE_SIZE / sizeof(bytes); i++) {
		for (size_t k = 0; k < sizeof(bytes); k++) {
			seed = seed * 1664525 + 1013904223;
			bytes[k] = (uint8_t)(seed >> 24);
		}
		CHECK(fwrite(bytes, sizeof(bytes), 1, f) == 1);
	}
	CHECK(fclose(f) == 0);
}

static bool same(const char *a, const char *b)
{
	static uint8_t x[65536], y[65536];
	FILE *f = fopen(a, "r"), *g = fopen(b, "r");
	size_t n = 1;
	bool ok = f && g;

	while (ok && n > 0) {
		n = fread(x, 1, sizeof(x), f);
		ok = fread(y, 1, sizeof(y), g) == n && memcmp(x, y, n) == 0;
	}
	if (f)
		fclose(f);
	if (g)
		fclose(g);
	return ok;
}

/* Also where a check failed. */
static void kill_agents(void)
{
	for (int i = 0; i < 2; i++) {
		if (sides[i].host.pid > 0)
			kill(sides[i].host.pid, SIGKILL);
	}
}

static void start(struct side *s, unsigned area, const char *agent, const char *shim)
{
	char path[96];
	struct ctl_msg c;
	const struct agent_host_start how = {
		.agent = agent, .shim = shim, .variable = "VMOS_ASK_SOCKET", .path = path
	};

	snprintf(path, sizeof(path), "%s/notify-%u", folder, area);
	setenv("VMOS_NOTIFY_SOCKET", path, 1);
	snprintf(path, sizeof(path), "%s/ask-%u", folder, area);
	host = (struct agent_host){ 0 };
	agent_host_start(&how);
	for (int i = 0; i < 500 && host.carrier.channel.state != CHANNEL_JOINED; i++)
		CHECK(!agent_host_hear(&c, 10));
	s->host = host;
	s->area = area;
}

/* Begins a run of vmos-files with a relay of @generation. */
static void run(struct side *s, uint8_t flags, char *const *argv, uint32_t generation)
{
	static uint32_t next = 1;
	static uint8_t blob[CTL_ARGS_MAX];
	char *none[] = { NULL };
	struct ctl_msg c = { .head.type = CTL_RUN };
	int len = ctl_args_encode(argv, none, blob, sizeof(blob));

	CHECK(len > 0);
	s->run = next++;
	s->len = s->at = 0;
	s->credit = CTL_WINDOW;
	s->eof = s->eof_sent = s->exited = false;
	s->joined = 0;
	c.run = (struct ctl_run){ .id = s->run, .flags = flags, .relay = generation, .area = generation ? s->area : 0 };
	host = s->host;
	CHECK(channel_reserve(&host.carrier.channel, blob, (size_t)len, &c.run.blob) == 0);
	agent_host_send(&c);
	s->host = host;
}

static void queue(struct side *s, const uint8_t *bytes, size_t len)
{
	s->queue = realloc(s->queue, s->len + len);
	CHECK(s->queue);
	memcpy(s->queue + s->len, bytes, len);
	s->len += len;
}

/* What the program wrote goes to the other side, checked as a courier does. */
static void take_output(struct side *s, const struct ctl_stdio *io)
{
	static uint8_t bytes[CTL_CHUNK];
	struct ctl_msg c = { .head.type = CTL_CREDIT, .credit = { .id = s->run, .fd = io->fd, .bytes = io->blob.len } };
	struct side *other = s == &sides[FROM] ? &sides[TO] : &sides[FROM];

	CHECK(channel_blob(&host.carrier.channel, io->blob, bytes, sizeof(bytes)) == 0);
	if (io->fd == 1 && s == &sides[FROM])
		CHECK(xfer_check_feed(&check, bytes, io->blob.len) == 0);
	if (io->fd == 1)
		queue(other, bytes, io->blob.len);
	agent_host_send(&c);
}

static void take_message(struct side *s, const struct ctl_msg *c)
{
	switch (c->head.type) {
	case CTL_STARTED:
		s->joined = c->started.relay;
		if (s == &sides[FROM])
			xfer_check_allow_far(&check, s->joined);
		break;
	case CTL_STDIO:
		take_output(s, &c->stdio);
		break;
	case CTL_CREDIT:
		s->credit += c->credit.bytes;
		break;
	case CTL_EOF:
		if (c->eof.fd == 0) {
			s->eof_sent = true;
			s->len = s->at;
		}
		break;
	case CTL_EXIT:
		s->exited = true;
		s->status = c->exit.status;
		break;
	default:
		break;
	}
}

static void send_input(struct side *s)
{
	struct ctl_msg c = { .head.type = CTL_STDIO, .stdio = { .id = s->run, .fd = 0 } };
	struct ctl_msg eof = { .head.type = CTL_EOF, .eof = { .id = s->run, .fd = 0 } };

	while (!s->exited && !s->eof_sent && s->at < s->len && s->credit > 0) {
		size_t n = s->len - s->at, room = channel_room(&host.carrier.channel);

		n = n < s->credit ? n : s->credit;
		n = n < room ? n : room;
		n = n < CTL_CHUNK ? n : CTL_CHUNK;
		if (n == 0 || channel_reserve(&host.carrier.channel, s->queue + s->at, n, &c.stdio.blob) < 0)
			return;
		agent_host_send(&c);
		s->at += n;
		s->credit -= (uint32_t)n;
	}
	if (s->eof && !s->eof_sent && !s->exited && s->at == s->len) {
		s->eof_sent = true;
		agent_host_send(&eof);
	}
}

/* The kernel's part: copies, and rings for a guest that waits. */
static void turn_kernel(bool copies)
{
	if (copies)
		far_stand_step(&kernel);
	for (int i = 0; i < 2; i++) {
		const struct vmos_relay_side *guest =
			(const struct vmos_relay_side *)(kernel.areas[i] + VMOS_RELAY_GUEST_OFF);

		if (guest->waits || kernel.over)
			fd_eventfd_kick(sides[i].host.to_guest);
	}
}

static void turn(struct side *s)
{
	struct ctl_msg c;

	host = s->host;
	while (agent_host_hear(&c, 1))
		take_message(s, &c);
	send_input(s);
	s->host = host;
}

static void make_relay(uint32_t generation, uint64_t end_at)
{
	kernel = (struct far_stand){ .generation = generation, .end_at = end_at };
	for (int i = 0; i < 2; i++) {
		struct vmos_relay_side *side;

		kernel.areas[i] = sides[i].host.base + VMOS_AREA(sides[i].area);
		side = (struct vmos_relay_side *)(kernel.areas[i] + VMOS_RELAY_HOST_OFF);
		memset(side, 0, sizeof(*side));
		__atomic_store_n(&side->generation, generation, __ATOMIC_RELEASE);
	}
}

/* A transfer to its end: @pause: turns of the kernel's that are left out, so that the ring is full now and then. */
static void transfer(const char *word, uint32_t generation, unsigned pause)
{
	char id[] = "0123456789abcdef", from[] = "work", to[] = "web", file[] = "big", mode[8];
	char *receive[] = { from, id, mode, NULL }, *send[] = { to, file, NULL };
	unsigned n = 0;

	snprintf(mode, sizeof(mode), "%s", word);
	xfer_check_init(&check);
	sides[FROM].exited = sides[FROM].eof = false;
	run(&sides[TO], CTL_RUN_RECEIVE, receive, generation);
	sides[FROM].len = 0;
	for (int i = 0; i < ROUND_MS && sides[FROM].len == 0 && !sides[TO].exited; i++)
		turn(&sides[TO]);
	CHECK(sides[FROM].len == XFER_HEAD + XFER_POINT_LEN);
	run(&sides[FROM], CTL_RUN_SEND, send, sides[TO].joined);
	sides[FROM].len = XFER_HEAD + XFER_POINT_LEN; /* as the receiver said */
	sides[FROM].eof = true;
	for (int i = 0; i < ROUND_MS && !(sides[FROM].exited && sides[TO].exited); i++) {
		turn(&sides[FROM]);
		turn_kernel(n++ % (pause + 1) == 0);
		sides[TO].eof = sides[FROM].exited;
		turn(&sides[TO]);
	}
	CHECK(sides[FROM].exited && sides[TO].exited);
}

static void clean(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/Incoming", home);
	paths_remove(path);
	snprintf(path, sizeof(path), "%s/.local", home);
	paths_remove(path);
}

static void expect_whole(void)
{
	char a[128], b[128];

	if (sides[FROM].status || sides[TO].status)
		fprintf(stderr, "# sender %d, receiver %d\n", sides[FROM].status, sides[TO].status);
	CHECK(sides[FROM].status == 0 && sides[TO].status == 0 && xfer_check_done(&check));
	snprintf(a, sizeof(a), "%s/big", home);
	snprintf(b, sizeof(b), "%s/Incoming/work/big", home);
	CHECK(same(a, b));
	clean();
}

/* Most goes by the relay, also where its ring is full for long. */
static void test_passes(void)
{
	for (unsigned pause = 0; pause < 60; pause += 29) {
		make_relay(100 + pause, UINT64_MAX);
		transfer("keep", 100 + pause, pause);
		CHECK(sides[FROM].joined == 100 + pause && sides[TO].joined == 100 + pause);
		printf("# sender %d, receiver %d: %llu of %u bytes by the relay, %llu named\n", sides[FROM].status,
			sides[TO].status, (unsigned long long)kernel.moved, FILE_SIZE, (unsigned long long)check.far);
		CHECK(kernel.moved == FILE_SIZE && check.far == FILE_SIZE);
		expect_whole();
	}
}

/* An agent that cannot join says so, and all goes by the channel. */
static void test_not_joined(void)
{
	make_relay(200, UINT64_MAX);
	transfer("keep", 201, 0);
	CHECK(sides[FROM].joined == 0 && sides[TO].joined == 0 && check.far == 0 && kernel.moved == 0);
	expect_whole();
	transfer("keep", 0, 0);
	CHECK(check.far == 0);
	expect_whole();
}

/* It ends amid the file: the runs end, and the next goes on where they were. */
static void test_ends(void)
{
	make_relay(300, FILE_SIZE / 2 + 12345);
	transfer("keep", 300, 3);
	CHECK(kernel.over && sides[TO].status == XFER_R_STREAM);
	transfer("keep", 0, 0);
	CHECK(check.start.point.offset > 0 || check.start.point.entry == 0);
	expect_whole();
}

int main(int argc, char **argv)
{
	char path[128];

	if (argc < 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!make_user()) {
		printf("1..0 # SKIP it needs root and a mount namespace\n");
		return 0;
	}
	snprintf(path, sizeof(path), "%s/big", home);
	make_file(path);
	atexit(kill_agents);
	start(&sides[FROM], 3, argv[1], argv[2]);
	start(&sides[TO], 0, argv[1], argv[2]);
	test_passes();
	printf("ok 1 - a file passes by a relay\n");
	test_not_joined();
	printf("ok 2 - and without one, where none can be joined\n");
	test_ends();
	printf("ok 3 - and goes on without it, when it ends amid the file\n");
	for (int i = 0; i < 2; i++) {
		host = sides[i].host;
		sides[i].host.pid = 0;
		agent_host_stop();
	}
	printf("ok 4 - both agents end well\n1..4\n");
	paths_remove(folder);
	return 0;
}
