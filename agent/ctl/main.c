/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/agent.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/common/notify.h"
#include "agent/ctl/asks.h"
#include "agent/ctl/notify.h"
#include "agent/ctl/run.h"
#include "base/log.h"

#define DEVICE "/dev/vmos-ctl"
#define READY_POLL_MS 10 /* only until the guest is ready */
#define READY_WAIT_MS 10000 /* for the compositor; then programs may run without windows */

uint64_t agent_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int agent_watch(struct agent *a, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };
	int op = events == 0 ? EPOLL_CTL_DEL : source->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	if (events == source->events)
		return 0;
	if (epoll_ctl(a->epoll, op, source->fd, &event) < 0)
		return -errno;
	source->events = events;
	return 0;
}

void agent_close(struct agent *a, struct source *source)
{
	if (source->fd < 0)
		return;
	agent_watch(a, source, 0);
	close(source->fd);
	source->fd = -1;
}

static void agent_turn(struct agent *a)
{
	int r;

	do {
		r = link_turn(&a->link);
	} while (r > 0);
	if (r < 0) {
		log_error("The channel to the host is broken (%s); starting over", strerror(-r));
		a->running = false;
	}
}

static void handle_device(struct source *source, uint32_t events)
{
	agent_turn((struct agent *)((char *)source - offsetof(struct agent, device)));
}

static void handle_signals(struct source *source, uint32_t events)
{
	struct agent *a = (struct agent *)((char *)source - offsetof(struct agent, signals));
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(source->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			a->running = false;
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		run_reap(a, pid, status);
}

static int agent_init(struct agent *a)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	a->signals = (struct source){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .handle = handle_signals };
	a->device = (struct source){ .fd = link_fd(&a->link), .handle = handle_device };
	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll < 0 || a->signals.fd < 0)
		return -errno;
	system_stats(&a->cpu, &(struct ctl_stats){ 0 });
	a->ready_deadline = agent_now() + READY_WAIT_MS;
	a->running = true;
	if (agent_watch(a, &a->signals, EPOLLIN) < 0 || agent_watch(a, &a->device, EPOLLIN) < 0)
		return -errno;
	return 0;
}

/* Without it the guest's commands do not reach the host; all else works. */
static void agent_open_asks(struct agent *a)
{
	static struct asks asks;
	const char *path = getenv("VMOS_ASK_SOCKET"); /* for tests without a VM */
	int r;

	if (!path) {
		path = ASK_SOCKET;
		(void)mkdir(ASK_FOLDER, 0755); /* where it cannot be made, the socket cannot either */
	}
	a->asks = &asks;
	r = asks_open(&asks, a, path);
	if (r < 0)
		log_error("Cannot listen at %s: %s; vmos-send and vmos-open will not work", path, strerror(-r));
}

/* Waits for the compositor, so that READY means that windows can be opened, too. */
static int agent_check_ready(struct agent *a)
{
	if (a->ready)
		return run_timeout(a);
	if (system_has_windows() || agent_now() >= a->ready_deadline) {
		session_set_ready(a);
		return run_timeout(a);
	}
	return READY_POLL_MS;
}

/* The same of notifications. */
static void agent_open_notify(struct agent *a)
{
	const char *path = getenv("VMOS_NOTIFY_SOCKET"); /* for tests without a VM */
	int r = notify_open(a, path ? path : NOTIFY_SOCKET);

	if (r < 0)
		log_error("Cannot listen at %s: %s; no notification will be shown", path ? path : NOTIFY_SOCKET,
			strerror(-r));
}

static void agent_run(struct agent *a)
{
	struct epoll_event event;

	agent_turn(a);
	while (a->running) {
		int timeout = agent_check_ready(a), n;

		link_flush(&a->link);
		/* one event at a time: handling one may close the file of another */
		n = epoll_wait(a->epoll, &event, 1, timeout);
		if (n == 1) {
			struct source *source = event.data.ptr;

			source->handle(source, event.events);
		}
		run_check_deadlines(a);
	}
}

/* Where the VM has no channel, or the guest no driver for it, the host comes by vsock. */
static int agent_open_link(struct agent *a)
{
	const char *listener = getenv("VMOS_CTL_LISTENER"); /* for tests without a VM */
	int r = listener ? -ENOENT : link_open(&a->link, DEVICE, VMOS_ROLE_CTL, &session_link_ops);

	if (r < 0 && r != -ENOENT)
		log_error("Cannot open %s: %s; is the guest module loaded?", DEVICE, strerror(-r));
	if (r != -ENOENT)
		return r;
	r = link_listen(&a->link, listener ? (int)strtol(listener, NULL, 10) : -1, &session_link_ops);
	if (r < 0)
		log_error("There is no %s, and the host cannot be heard by vsock: %s; is the guest module loaded?",
			DEVICE, strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	static struct agent agent;
	struct ctl_msg bye = { .head.type = CTL_BYE };
	int r;

	log_open("vmos-agent", NULL);
	if (agent_open_link(&agent) < 0)
		return 1;
	r = agent_init(&agent);
	if (r < 0) {
		log_error("Cannot start: %s", strerror(-r));
		return 1;
	}
	agent_open_asks(&agent);
	agent_open_notify(&agent);
	agent_run(&agent);
	agent_send(&agent, &bye);
	link_flush(&agent.link);
	return 0;
}
