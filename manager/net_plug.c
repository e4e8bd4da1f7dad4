/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_plug.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "manager/spawn.h"

struct net_plug {
	sd_event_source *child, *timer;
	pid_t pid;
	int sock;
	net_plug_fn done; /* NULL: cancelled */
	void *userdata;
};

static void net_plug_free(struct net_plug *p)
{
	sd_event_source_disable_unref(p->child);
	sd_event_source_disable_unref(p->timer);
	if (p->sock >= 0)
		close(p->sock);
	free(p);
}

static bool is_socket(int fd, int type)
{
	int domain = -1, kind = -1;
	socklen_t len = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX &&
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &len) == 0 && kind == type;
}

/* It has sent all it had to say before it ended. */
static int handle_exit(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	struct net_plug *p = userdata;
	net_plug_fn done = p->done;
	void *whose = p->userdata;
	int fds[2] = { -1, -1 };
	unsigned nfds = 0;
	char byte;

	if (done && fd_recv_packet(p->sock, &byte, 1, fds, 2, &nfds) != 1)
		nfds = 0;
	net_plug_free(p);
	if (done)
		done(nfds == 2 && is_socket(fds[0], SOCK_DGRAM) && is_socket(fds[1], SOCK_STREAM) ? fds : NULL, whose);
	fd_close_all(fds, nfds);
	return 0;
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct net_plug *p = userdata;

	kill(p->pid, SIGKILL);
	return 0;
}

int net_plug_open(const struct net_switch_start *start, const char *dir, net_plug_fn done, void *userdata,
	struct net_plug **ret_plug)
{
	const char *const args[] = { "--plug", dir, NULL };
	const struct spawn_helper program = {
		.path = start->program,
		.args = args,
		.identity = start->identity,
		.label = LABEL_QEMU,
	};
	struct net_plug *p = calloc(1, sizeof(*p));
	int pair[2], r;

	if (!p)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		free(p);
		return -errno;
	}
	*p = (struct net_plug){ .sock = pair[0], .done = done, .userdata = userdata };
	r = spawn_helper(&program, pair[1], &p->pid);
	close(pair[1]);
	if (r == 0)
		r = sd_event_add_child(start->event, &p->child, p->pid, WEXITED, handle_exit, p);
	if (r >= 0)
		r = sd_event_add_time_relative(
			start->event, &p->timer, CLOCK_MONOTONIC, NET_PLUG_TIMEOUT * 1000000ull, 0, handle_timeout, p);
	if (r < 0) {
		if (p->pid > 0)
			kill(p->pid, SIGKILL);
		net_plug_free(p);
		return r;
	}
	*ret_plug = p;
	return 0;
}

void net_plug_cancel(struct net_plug *plug)
{
	if (!plug)
		return;
	plug->done = NULL;
	kill(plug->pid, SIGKILL);
}
