/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host for vmos-agent without a VM: runs one program through the agent as a
 * courier would, with its own standard files, and exits with its status.
 *   ctl_host [-t] [-r] [-w] [-s SIGNO@MS] [-b] [-n ENV=V] AGENT SHIM PROGRAM ARG…
 * -t: on a terminal; -r: as root; -w: as a window, ends when started;
 * -s: send a signal after some time; -b: no credit is given back;
 * -x: open another session after 300 ms and run the program again
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "proto/channel.h"
#include "proto/ctl.h"

#define RUN_ID 77

struct host {
	uint8_t *base;
	int memfd, to_guest, to_host;
	struct channel ch;
	pid_t pid;
	char **argv;
	char *env[2];
	uint8_t uid_class, flags;
	int signo;
	uint64_t signal_at, start, reopen_at;
	bool no_credit, started, over;
	bool in_eof;
	uint32_t credit;
	int status;
};

static struct host host = { .credit = CTL_WINDOW };

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void send_msg(const struct ctl_msg *c)
{
	struct msg m;
	int r = ctl_encode(c, &m);

	if (r == 0)
		r = channel_send(&host.ch, &m);
	if (r < 0)
		fprintf(stderr, "ERROR send %s: %d\n", ctl_type_name(c->head.type), r);
}

static void send_run(void)
{
	static uint8_t blob[CTL_ARGS_MAX];
	struct ctl_msg c = { .head.type = CTL_RUN };
	int len = ctl_args_encode(host.argv, host.env, blob, sizeof(blob));

	c.run = (struct ctl_run){
		.id = RUN_ID, .uid_class = host.uid_class, .flags = host.flags, .rows = 30, .cols = 100
	};
	if (len < 0 || channel_reserve(&host.ch, blob, (size_t)len, &c.run.blob) < 0)
		fprintf(stderr, "ERROR arguments\n");
	else
		send_msg(&c);
}

static void handle_ready(const struct ctl_msg *c)
{
	struct ctl_msg stats = { .head.type = CTL_STATS_REQ };
	struct ctl_msg ping = { .head.type = CTL_PING, .ping.cookie = 42 };

	fprintf(stderr, "ready %llu ns\n", (unsigned long long)c->ready.boot_ns);
	send_msg(&stats);
	send_msg(&ping);
	send_run();
}

static void handle_stdio(const struct ctl_msg *c)
{
	static uint8_t bytes[CTL_CHUNK];
	struct ctl_msg credit = { .head.type = CTL_CREDIT };

	if (channel_blob(&host.ch, c->stdio.blob, bytes, sizeof(bytes)) < 0) {
		fprintf(stderr, "ERROR blob\n");
		return;
	}
	fd_write_all(c->stdio.fd, bytes, c->stdio.blob.len);
	credit.credit = (struct ctl_credit){ .id = RUN_ID, .fd = c->stdio.fd, .bytes = c->stdio.blob.len };
	if (!host.no_credit)
		send_msg(&credit);
}

static void handle_msg(const struct ctl_msg *c)
{
	switch (c->head.type) {
	case CTL_READY:
		handle_ready(c);
		break;
	case CTL_STATS:
		fprintf(stderr, "stats cpu %u mem %u/%u disk %llu/%llu\n", c->stats.cpu_permille, c->stats.mem_used_kib,
			c->stats.mem_total_kib, (unsigned long long)c->stats.disk_used,
			(unsigned long long)c->stats.disk_total);
		break;
	case CTL_STARTED:
		host.started = true;
		host.start = now_ms();
		host.over = host.flags & CTL_RUN_WINDOW;
		break;
	case CTL_STDIO:
		handle_stdio(c);
		break;
	case CTL_CREDIT:
		host.credit += c->credit.bytes;
		break;
	case CTL_EXIT:
		fprintf(stderr, "exit %d after %llu ms\n", c->exit.status,
			(unsigned long long)(host.start ? now_ms() - host.start : 0));
		host.status = c->exit.status;
		host.over = true;
		break;
	default:
		fprintf(stderr, "%s fd %u\n", ctl_type_name(c->head.type), c->eof.fd);
	}
}

static void send_input(void)
{
	static uint8_t bytes[CTL_CHUNK];
	struct pollfd p = { .fd = 0, .events = POLLIN };
	struct ctl_msg c = { .head.type = CTL_STDIO, .stdio.id = RUN_ID };
	struct ctl_msg eof = { .head.type = CTL_EOF, .eof.id = RUN_ID };
	size_t room = channel_room(&host.ch);
	ssize_t n;

	room = room < host.credit ? room : host.credit;
	room = room < sizeof(bytes) ? room : sizeof(bytes);
	if (!host.started || host.in_eof || room == 0 || poll(&p, 1, 0) <= 0)
		return;
	n = read(0, bytes, room);
	if (n > 0 && channel_reserve(&host.ch, bytes, (size_t)n, &c.stdio.blob) == 0) {
		send_msg(&c);
		host.credit -= (uint32_t)n;
		return;
	}
	host.in_eof = true;
	send_msg(&eof);
}

static void notify(void)
{
	if (channel_flush(&host.ch))
		fd_eventfd_kick(host.to_guest);
}

static void timed(void)
{
	struct ctl_msg c = { .head.type = CTL_SIGNAL, .signal = { .id = RUN_ID, .signo = (uint32_t)host.signo } };

	if (host.signo && host.started && now_ms() - host.start >= host.signal_at) {
		send_msg(&c);
		host.signo = 0;
	}
	if (host.reopen_at && host.started && now_ms() - host.start >= host.reopen_at) {
		host.reopen_at = 0;
		host.started = false;
		channel_host_open(&host.ch, host.base, VMOS_CTL_REGION, VMOS_ROLE_CTL, host.ch.epoch + 1);
		fd_eventfd_kick(host.to_guest);
	}
}

static void turn(void)
{
	struct pollfd p = { .fd = host.to_host, .events = POLLIN };
	struct ctl_msg c;
	struct msg m;

	if (channel_arm(&host.ch) && poll(&p, 1, 2) > 0)
		fd_eventfd_take(host.to_host);
	timed();
	if (channel_poll(&host.ch) != CHANNEL_JOINED)
		return;
	send_input();
	while (channel_recv(&host.ch, &m) == 1) {
		if (ctl_decode_guest(&m, &c) < 0)
			fprintf(stderr, "ERROR a message that does not decode, type %u\n", m.bytes[0]);
		else
			handle_msg(&c);
	}
	if (channel_recv_done(&host.ch))
		fd_eventfd_kick(host.to_guest);
	notify();
}

static int start_agent(const char *program, const char *shim)
{
	char env[64];

	host.pid = fork();
	if (host.pid != 0)
		return host.pid < 0 ? -errno : 0;
	snprintf(env, sizeof(env), "%d,%d,%d,%u", host.memfd, host.to_guest, host.to_host, VMOS_ROLE_CTL);
	setenv("VMOS_SHIM", env, 1);
	setenv("LD_PRELOAD", shim, 1);
	execl(program, program, NULL);
	_exit(127);
}

static void options(int argc, char **argv)
{
	unsigned signo, at;
	int opt;

	while ((opt = getopt(argc, argv, "+trws:bn:x")) != -1) {
		host.flags |= opt == 't' ? CTL_RUN_PTY : opt == 'w' ? CTL_RUN_WINDOW : 0;
		host.uid_class = opt == 'r' ? CTL_UID_ROOT : host.uid_class;
		host.no_credit = host.no_credit || opt == 'b';
		host.env[0] = opt == 'n' ? optarg : host.env[0];
		host.reopen_at = opt == 'x' ? 300 : host.reopen_at;
		if (opt == 's' && sscanf(optarg, "%u@%u", &signo, &at) == 2) {
			host.signo = (int)signo;
			host.signal_at = at;
		}
	}
	if (argc - optind < 3) {
		fprintf(stderr, "usage: ctl_host [-trwbx] [-s SIGNO@MS] [-n ENV=V] AGENT SHIM PROGRAM ARG…\n");
		exit(2);
	}
	host.argv = argv + optind + 2;
}

int main(int argc, char **argv)
{
	uint64_t end = now_ms() + 30000;

	options(argc, argv);
	log_open("ctl_host", NULL);
	host.memfd = fd_memfd_sealed("ctl", VMOS_CTL_REGION);
	host.to_guest = eventfd(0, EFD_NONBLOCK);
	host.to_host = eventfd(0, EFD_NONBLOCK);
	fd_set_cloexec(host.memfd, false);
	host.base = mmap(NULL, VMOS_CTL_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, host.memfd, 0);
	if (host.base == MAP_FAILED || channel_host_open(&host.ch, host.base, VMOS_CTL_REGION, VMOS_ROLE_CTL, 1) < 0)
		return 1;
	if (start_agent(argv[optind], argv[optind + 1]) < 0)
		return 1;
	while (!host.over && now_ms() < end)
		turn();
	if (!host.over)
		fprintf(stderr, "ERROR timeout\n");
	kill(host.pid, SIGTERM);
	waitpid(host.pid, NULL, 0);
	return host.over ? host.status & 0xff : 99;
}
