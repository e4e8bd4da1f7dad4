/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/net/stand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"

#define SWITCHES_MAX 8
#define WAIT_MS 10000
#define TAP_MIN 14 /* bytes */

static char root[64];
static const char *plugger; /* the program that opens plugs; borrowed */
static pid_t children[SWITCHES_MAX];
static unsigned nchildren;
static unsigned passed, failed;
static pid_t tap_pid; /* that runs: it would outlive us */

double stand_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void cleanup(void)
{
	pid_t pid;

	if (tap_pid > 0)
		kill(tap_pid, SIGKILL);
	for (unsigned i = 0; i < nchildren; i++) {
		kill(children[i], SIGTERM);
		waitpid(children[i], NULL, 0);
	}
	nchildren = 0;
	if (!root[0])
		return;
	pid = fork(); /* only what we made stands there */
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", root, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

void stand_die(const char *file, int line, const char *what)
{
	printf("Bail out! %s:%d: %s: %s\n", file, line, what, strerror(errno));
	cleanup();
	exit(1);
}

void stand_ok(bool ok, const char *fmt, ...)
{
	va_list args;

	if (ok)
		passed++;
	else
		failed++;
	printf("%sok %u - ", ok ? "" : "not ", passed + failed);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

int stand_end(void)
{
	printf("1..%u\n", passed + failed);
	cleanup();
	return failed ? 1 : 0;
}

void stand_begin(const char *plug_program)
{
	plugger = plug_program;
	signal(SIGPIPE, SIG_IGN);
	snprintf(root, sizeof(root), "/tmp/vmos-net-XXXXXX");
	CHECK(mkdtemp(root));
}

void stand_path(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", root, name);
}

/* It reads commands from a pipe that nobody writes to: when we end, so does it. */
void stand_switch(const char *name)
{
	int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), pipes[2];
	char path[128], control[160];
	struct stat st;
	pid_t pid;

	stand_path(name, path);
	CHECK(nchildren < SWITCHES_MAX && quiet >= 0 && pipe2(pipes, O_CLOEXEC) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipes[0], 0);
		dup2(quiet, 1);
		dup2(quiet, 2);
		execlp("vde_switch", "vde_switch", "-x", "-n", "8", "-s", path, (char *)NULL);
		_exit(127);
	}
	close(pipes[0]);
	close(quiet);
	children[nchildren++] = pid;
	snprintf(control, sizeof(control), "%s/ctl", path);
	for (int i = 0; stat(control, &st) < 0; i++) {
		CHECK(i < 1000 && waitpid(pid, NULL, WNOHANG) == 0);
		usleep(10000);
	}
}

struct stand_plug stand_plug(const char *name)
{
	int pair[2], fds[2], status;
	char path[128], byte;
	unsigned nfds = 0;
	pid_t pid;

	stand_path(name, path);
	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (dup2(pair[1], 3) < 0 || fd_set_cloexec(3, false) < 0)
			_exit(125);
		execl(plugger, "plug", path, (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	CHECK(fd_recv_packet(pair[0], &byte, 1, fds, 2, &nfds) == 1 && nfds == 2);
	close(pair[0]);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	return (struct stand_plug){ .data = fds[0], .control = fds[1] };
}

void stand_close(struct stand_plug *plug)
{
	close(plug->data);
	if (plug->control >= 0)
		close(plug->control);
	plug->data = plug->control = -1;
}

void stand_send(const struct stand_plug *plug, const void *frame, size_t len)
{
	/* What is no frame a TAP device refuses. */
	if (plug->control < 0) {
		CHECK(write(plug->data, frame, len) == (ssize_t)len || len < TAP_MIN);
		return;
	}
	for (;;) {
		struct pollfd p = { .fd = plug->data, .events = POLLOUT };

		if (send(plug->data, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len)
			return;
		CHECK(errno == EAGAIN || errno == ENOBUFS);
		CHECK(poll(&p, 1, WAIT_MS) == 1);
	}
}

size_t stand_receive(const struct stand_plug *plug, uint8_t frame[2048], int ms)
{
	struct pollfd p = { .fd = plug->data, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return 0;
	n = read(plug->data, frame, 2048);
	return n > 0 ? (size_t)n : 0;
}

static void tap_exec(const char *program, int sock)
{
	if (dup2(sock, TAP_FD) < 0)
		_exit(125);
	/* Whoever we are: it needs no privilege. */
	for (unsigned long cap = 0; cap < 64; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	fd_set_cloexec(TAP_FD, false);
	/* In a build with sanitizers: any finding is an exit code of its own. Looking for leaks needs ptrace. */
	setenv("ASAN_OPTIONS", "detect_leaks=0:exitcode=99", 1);
	setenv("UBSAN_OPTIONS", "halt_on_error=1:exitcode=99", 1);
	execl(program, "vmos-tap", (char *)NULL);
	_exit(125);
}

void stand_tap_start(struct stand_tap *t, const char *program, int memory)
{
	struct tap_msg m = { .type = TAP_SETUP, .nfds = 2, .setup = { .net = "net0", .fabric = t->fabric } };
	int pair[2], listener, fds[TAP_FDS_MAX];

	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	t->memory = memory >= 0 ? memory : fd_memfd_sealed("tap", TAP_MEMORY_SIZE);
	stand_path("tap.sock", t->path);
	unlink(t->path);
	listener = fd_unix_listen(t->path, SOCK_SEQPACKET, 1);
	CHECK(t->memory >= 0 && listener >= 0);
	t->pid = fork();
	CHECK(t->pid >= 0);
	if (t->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		tap_exec(program, pair[1]);
	}
	tap_pid = t->pid;
	close(pair[1]);
	t->sock = pair[0];
	fds[0] = t->memory;
	fds[1] = listener;
	memcpy(fds + 2, t->kernel_fds, sizeof(t->kernel_fds));
	if (t->fabric == TAP_FABRIC_KERNEL)
		m.nfds = TAP_FDS_MAX;
	CHECK(fd_send_packet(t->sock, &m, sizeof(m), fds, m.nfds) == 0);
	close(listener);
	stand_tap_expect(t, TAP_UP, &m);
}

void stand_tap_send(const struct stand_tap *t, struct tap_msg *m, const struct stand_plug *plug)
{
	int fds[2] = { plug ? plug->data : -1, plug ? plug->control : -1 };

	m->nfds = plug ? 2 : 0;
	CHECK(fd_send_packet(t->sock, m, sizeof(*m), fds, m->nfds) == 0);
}

bool stand_tap_report(struct stand_tap *t, struct tap_msg *ret, int ms)
{
	struct pollfd p = { .fd = t->sock, .events = POLLIN };
	int fds[TAP_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return false;
	n = fd_recv_packet(t->sock, ret, sizeof(*ret), fds, TAP_FDS_MAX, &nfds);
	if (n <= 0)
		return false;
	CHECK(tap_check_report(ret, (size_t)n, nfds) == 0);
	if (ret->type == TAP_STATE)
		CHECK(fd_check_sealed(fds[0], TAP_MEMORY_SIZE) == 0);
	fd_close_all(fds, nfds);
	return true;
}

void stand_tap_expect(struct stand_tap *t, uint32_t type, struct tap_msg *ret)
{
	do {
		CHECK(stand_tap_report(t, ret, WAIT_MS));
		CHECK(ret->type != TAP_FAILED);
	} while (ret->type != type);
}

void stand_tap_adopt(struct stand_tap *t)
{
	struct tap_msg m = { .type = TAP_ADOPT };

	t->sock = fd_unix_connect(t->path, SOCK_SEQPACKET);
	CHECK(t->sock >= 0);
	stand_tap_send(t, &m, NULL);
}

int stand_tap_stop(struct stand_tap *t, bool quit)
{
	struct tap_msg m = { .type = TAP_QUIT };
	int status = 0;

	if (quit)
		stand_tap_send(t, &m, NULL);
	else
		kill(t->pid, SIGKILL);
	CHECK(waitpid(t->pid, &status, 0) == t->pid);
	tap_pid = 0;
	if (t->sock >= 0)
		close(t->sock);
	t->sock = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
