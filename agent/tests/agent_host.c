/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/tests/agent_host.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

struct agent_host host;

void agent_host_die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
	if (host.pid > 0)
		kill(host.pid, SIGKILL);
	exit(1);
}

void agent_host_session(uint32_t epoch)
{
	CHECK(channel_host_open(&host.ch, host.base, VMOS_CTL_REGION, VMOS_ROLE_CTL, epoch) == 0);
	fd_eventfd_kick(host.to_guest);
}

static void start_agent(const struct agent_host_start *start)
{
	char env[64];

	host.pid = fork();
	CHECK(host.pid >= 0);
	if (host.pid > 0)
		return;
	snprintf(env, sizeof(env), "%d,%d,%d,%u", host.memfd, host.to_guest, host.to_host, VMOS_ROLE_CTL);
	setenv("VMOS_SHIM", env, 1);
	setenv(start->variable, start->path, 1);
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
	setenv("LD_PRELOAD", start->shim, 1);
	execl(start->agent, start->agent, (char *)NULL);
	_exit(127);
}

void agent_host_start(const struct agent_host_start *start)
{
	host.memfd = fd_memfd_sealed("ctl", VMOS_CTL_REGION);
	host.to_guest = eventfd(0, EFD_NONBLOCK);
	host.to_host = eventfd(0, EFD_NONBLOCK);
	CHECK(host.memfd >= 0 && host.to_guest >= 0 && host.to_host >= 0);
	CHECK(fd_set_cloexec(host.memfd, false) == 0);
	host.base = mmap(NULL, VMOS_CTL_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, host.memfd, 0);
	CHECK(host.base != MAP_FAILED);
	agent_host_session(1);
	start_agent(start);
	for (int i = 0; i < 500 && access(start->path, F_OK) < 0; i++)
		poll(NULL, 0, 10);
}

void agent_host_stop(void)
{
	int status;

	kill(host.pid, SIGTERM);
	CHECK(waitpid(host.pid, &status, 0) == host.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void agent_host_send(const struct ctl_msg *c)
{
	struct msg m;

	CHECK(ctl_encode(c, &m) == 0 && channel_send(&host.ch, &m) == 0);
	if (channel_flush(&host.ch))
		fd_eventfd_kick(host.to_guest);
}

bool agent_host_hear(struct ctl_msg *ret, int wait_ms)
{
	struct pollfd p = { .fd = host.to_host, .events = POLLIN };
	struct msg m;

	for (;;) {
		channel_poll(&host.ch);
		while (channel_recv(&host.ch, &m) == 1) {
			CHECK(ctl_decode_guest(&m, ret) == 0);
			if (ret->head.type != CTL_HELLO && ret->head.type != CTL_READY)
				return true;
		}
		if (channel_recv_done(&host.ch))
			fd_eventfd_kick(host.to_guest);
		if (!channel_arm(&host.ch))
			continue;
		if (poll(&p, 1, wait_ms) <= 0)
			return false;
		fd_eventfd_take(host.to_host);
	}
}
