/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile-courier/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/apps.h"
#include "proto/ctl.h"
#include "proto/uapi/vmos_channel.h"

/* The courier that runs: it would outlive us, waiting for another vmosd. */
static pid_t running;

void harness_die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
	if (running > 0)
		kill(running, SIGKILL);
	exit(1);
}

static void courier_exec(const char *program, int sock)
{
	if (dup2(sock, HELPER_FD) < 0)
		_exit(125);
	fd_set_cloexec(HELPER_FD, false);
	/* In a build with sanitizers: any finding is an exit code of its own. Looking for leaks needs ptrace. */
	setenv("ASAN_OPTIONS", "detect_leaks=0:exitcode=99", 1);
	setenv("UBSAN_OPTIONS", "halt_on_error=1:exitcode=99", 1);
	execl(program, "vmos-courier", (char *)NULL);
	_exit(125);
}

static void courier_setup(struct courier *c, uint32_t epoch, int listener)
{
	struct helper_msg m = { .type = HELPER_SETUP };
	bool sent;

	snprintf(m.setup.vm, sizeof(m.setup.vm), "work");
	m.setup.rgb = 0x3584e4;
	m.setup.role = VMOS_ROLE_CTL;
	m.setup.epoch = epoch;
	m.setup.carrier = c->streams ? HELPER_CARRIER_VSOCK : HELPER_CARRIER_CHANNEL;
	m.setup.region_size = c->streams ? 0 : VMOS_CTL_REGION;
	if (c->streams)
		sent = courier_send(c, &m, &listener, 1);
	else
		sent = courier_send(c, &m, (int[]){ c->region_fd, c->notify_guest, c->notify_host, listener }, 4);
	CHECK(sent);
}

void courier_start(struct courier *c, const char *program, uint32_t epoch)
{
	bool streams = c->streams;
	int pair[2], listener;

	memset(c, 0, sizeof(*c));
	c->streams = streams;
	atomic_store(&c->peer, -1);
	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	c->region_fd = fd_memfd_sealed("ctl", VMOS_CTL_REGION);
	c->notify_guest = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->notify_host = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->region = mmap(NULL, VMOS_CTL_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, c->region_fd, 0);
	snprintf(c->path, sizeof(c->path), "/tmp/courier-guest.%d.sock", (int)getpid());
	listener = fd_unix_listen(c->path, SOCK_SEQPACKET, 4);
	CHECK(c->region_fd >= 0 && c->notify_guest >= 0 && c->notify_host >= 0 && listener >= 0);
	CHECK(c->region != MAP_FAILED);
	c->pid = fork();
	CHECK(c->pid >= 0);
	running = c->pid;
	if (!c->pid)
		courier_exec(program, pair[1]);
	close(pair[1]);
	c->sock = pair[0];
	courier_setup(c, epoch, listener);
	close(listener);
}

int courier_reap(struct courier *c)
{
	int status = 0;

	CHECK(waitpid(c->pid, &status, 0) == c->pid);
	running = 0;
	munmap(c->region, VMOS_CTL_REGION);
	close(c->region_fd);
	close(c->notify_guest);
	close(c->notify_host);
	if (atomic_load(&c->peer) >= 0)
		close(atomic_exchange(&c->peer, -1));
	if (c->sock >= 0)
		close(c->sock);
	free(c->args);
	unlink(c->path);
	return status;
}

bool courier_send(const struct courier *c, struct helper_msg *m, const int *fds, unsigned nfds)
{
	m->nfds = nfds;
	return fd_send_packet(c->sock, m, sizeof(*m), fds, nfds) >= 0;
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) > 0;
}

/* What vmosd hands on unread: a memfd that nobody can change any more. */
static void courier_keep_args(struct courier *c, const struct helper_msg *m, int fd)
{
	size_t len = m->request.args_len;

	CHECK(!fd_check_sealed(fd, len));
	CHECK(write(fd, "x", 1) < 0 && errno == EPERM);
	free(c->args);
	c->args = calloc(1, len + 1);
	CHECK(c->args && pread(fd, c->args, len, 0) == (ssize_t)len);
}

/* As vmosd does: the list is whole, sealed, and each field of it right. */
static void courier_check_apps(uint32_t count, int fd)
{
	const size_t len = count * sizeof(struct app);
	struct app *list = malloc(len);

	CHECK(list && !fd_check_sealed(fd, len));
	CHECK(pread(fd, list, len, 0) == (ssize_t)len && !apps_check(list, count));
	free(list);
}

/* As vmosd does: it is whole, sealed, and each field of it right. */
static void courier_keep_shown(struct courier *c, int fd)
{
	CHECK(!fd_check_sealed(fd, sizeof(c->shown)));
	CHECK(pread(fd, &c->shown, sizeof(c->shown), 0) == (ssize_t)sizeof(c->shown));
	CHECK(!notification_check(&c->shown));
}

/* As vmosd does. */
static void courier_connect(struct courier *c)
{
	struct helper_msg m = { .type = HELPER_CONNECTION };
	int pair[2], old;

	CHECK(c->streams && !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
	(void)courier_send(c, &m, &pair[0], 1);
	close(pair[0]);
	old = atomic_exchange(&c->peer, pair[1]);
	CHECK(old < 0);
}

bool courier_report(struct courier *c, struct helper_msg *ret, int timeout_ms)
{
	int fds[HELPER_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n;

	CHECK(readable(c->sock, timeout_ms));
	n = fd_recv_packet(c->sock, ret, sizeof(*ret), fds, HELPER_FDS_MAX, &nfds);
	if (n <= 0)
		return false;
	CHECK(!helper_check_report(ret, (size_t)n, nfds));
	if (ret->type == HELPER_REQUEST)
		courier_keep_args(c, ret, fds[0]);
	if (ret->type == HELPER_APPS && ret->apps.count > 0)
		courier_check_apps(ret->apps.count, fds[0]);
	if (ret->type == HELPER_NOTIFY)
		courier_keep_shown(c, fds[0]);
	if (ret->type == HELPER_CONNECT)
		courier_connect(c);
	fd_close_all(fds, nfds);
	return true;
}

bool courier_expect(struct courier *c, uint32_t type, struct helper_msg *ret)
{
	do {
		if (!courier_report(c, ret, 20000))
			return false;
	} while (ret->type != type);
	return true;
}

bool command_run(const struct courier *c, uint32_t id, char *const *argv, struct command *cmd)
{
	const struct helper_run req = { .id = id, .rows = 24, .cols = 80 };

	return command_transfer(c, &req, argv, -1, cmd);
}

bool command_transfer(
	const struct courier *c, const struct helper_run *req, char *const *argv, int licence, struct command *cmd)
{
	char *env[] = { "TERM=dumb", NULL };
	uint8_t blob[4096];
	struct helper_msg m = { .type = HELPER_RUN, .run = *req };
	int len = ctl_args_encode(argv, env, blob, sizeof(blob)), mode = licence < 0 ? 0 : O_NONBLOCK;
	int args = fd_memfd_data("args", blob, (size_t)len), pin[2] = { cmd->in, -1 }, pout[2] = { -1, cmd->out },
	    perr[2], ctl[2];
	bool ok;

	CHECK(len > 0 && args >= 0);
	CHECK(cmd->in >= 0 || !pipe2(pin, mode));
	CHECK(cmd->out >= 0 || !pipe2(pout, mode));
	CHECK(!pipe(perr) && !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ctl));
	m.run.args_len = (uint32_t)len;
	ok = courier_send(c, &m, (int[]){ args, pin[0], pout[1], perr[1], ctl[1], licence }, licence < 0 ? 5 : 6);
	fd_close_all((int[]){ args, pin[0], pout[1], perr[1], ctl[1] }, 5);
	*cmd = (struct command){ .in = pin[1], .out = pout[0], .err = perr[0], .control = ctl[0] };
	return ok;
}

bool command_hear(const struct command *cmd, struct runctl *ret)
{
	ssize_t n;

	CHECK(readable(cmd->control, 20000));
	n = recv(cmd->control, ret, sizeof(*ret), 0);
	if (n <= 0)
		return false;
	CHECK(!runctl_check_transfer(ret, (size_t)n));
	return true;
}

void command_say(const struct command *cmd, uint32_t type, int32_t a, int32_t b)
{
	struct runctl m = { .type = type, .a = a, .b = b };

	(void)send(cmd->control, &m, sizeof(m), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void command_close(struct command *cmd)
{
	int *fds[] = { &cmd->in, &cmd->out, &cmd->err, &cmd->control };

	for (int i = 0; i < 4; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
