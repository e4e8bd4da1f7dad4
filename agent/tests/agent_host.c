/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/tests/agent_host.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

struct agent_host host = { .listener = -1, .fd = -1 };

void agent_host_die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
	if (host.pid > 0)
		kill(host.pid, SIGKILL);
	exit(1);
}

/* Of a stream: writes what is pending. The agent reads on, so that there is room. */
static void wake(void)
{
	const uint8_t *from;
	size_t len;

	if (!host.carrier.streams) {
		fd_eventfd_kick(host.to_guest);
		return;
	}
	len = vstream_pending(&host.carrier.stream, &from);
	CHECK(fd_write_all(host.fd, from, len) == 0);
	vstream_written(&host.carrier.stream, len);
}

/* Of a stream: what has come. */
static void take(void)
{
	uint8_t *to;
	size_t space;
	ssize_t n;

	if (!host.carrier.streams) {
		fd_eventfd_take(host.to_host);
		return;
	}
	space = vstream_space(&host.carrier.stream, &to);
	n = recv(host.fd, to, space, MSG_DONTWAIT);
	if (n > 0)
		vstream_filled(&host.carrier.stream, (size_t)n);
	else if (n == 0)
		vstream_end(&host.carrier.stream);
}

static void connect_agent(uint32_t epoch)
{
	static uint8_t memory[VSTREAM_MEMORY];
	struct sockaddr_un at;
	socklen_t len = sizeof(at);

	if (host.fd >= 0) {
		shutdown(host.fd, SHUT_RDWR); /* a child of the test may have it, too */
		close(host.fd);
	}
	host.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(host.fd >= 0 && getsockname(host.listener, (struct sockaddr *)&at, &len) == 0);
	CHECK(connect(host.fd, (struct sockaddr *)&at, len) == 0);
	vstream_open(&host.carrier.stream, memory, true, epoch);
}

void agent_host_session(uint32_t epoch)
{
	if (host.carrier.streams)
		connect_agent(epoch);
	else
		CHECK(channel_host_open(&host.carrier.channel, host.base, VMOS_CTL_REGION, VMOS_ROLE_CTL, epoch) == 0);
	wake();
}

/* A listener in the place of vsock's, with a name that the kernel makes. */
static void open_listener(void)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };

	host.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(host.listener >= 0 && bind(host.listener, (const struct sockaddr *)&any, sizeof(sa_family_t)) == 0);
	CHECK(listen(host.listener, 1) == 0);
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
	snprintf(env, sizeof(env), "%d", host.listener);
	if (host.carrier.streams)
		setenv("VMOS_CTL_LISTENER", env, 1);
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
	if (host.carrier.streams)
		open_listener();
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

	CHECK(ctl_encode(c, &m) == 0 && carrier_send(&host.carrier, &m) == 0);
	if (carrier_flush(&host.carrier))
		wake();
}

bool agent_host_hear(struct ctl_msg *ret, int wait_ms)
{
	struct pollfd p = { .fd = host.carrier.streams ? host.fd : host.to_host, .events = POLLIN };
	struct msg m;
	int r;

	host.carrier.stream.blob = NULL; /* what the test has not looked at */
	for (;;) {
		carrier_poll(&host.carrier);
		while ((r = carrier_recv(&host.carrier, &m)) == 1) {
			CHECK(ctl_decode_guest(&m, ret) == 0);
			if (ret->head.type != CTL_HELLO && ret->head.type != CTL_READY)
				return true;
		}
		CHECK(r == 0);
		if (carrier_recv_done(&host.carrier))
			wake();
		if (!carrier_arm(&host.carrier))
			continue;
		if (poll(&p, 1, wait_ms) <= 0)
			return false;
		take();
	}
}
