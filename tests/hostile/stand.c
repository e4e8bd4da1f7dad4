/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile/stand.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

#define QUIT_MS 10000

uint64_t stand_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void stand_init(struct stand *s)
{
	s->size = VMOS_GUI_REGION;
	s->region = fd_memfd_sealed("stand", s->size);
	s->notify_guest = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->notify_host = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	snprintf(s->path, sizeof(s->path), "%s/stand-%d.sock", getenv("XDG_RUNTIME_DIR"), getpid());
	s->listener = fd_unix_listen(s->path, SOCK_SEQPACKET, 1);
	if (s->region < 0 || s->notify_guest < 0 || s->notify_host < 0 || s->listener < 0)
		errx(2, "cannot make the region, eventfds or the listener below XDG_RUNTIME_DIR");
	s->base = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED, s->region, 0);
	if (s->base == MAP_FAILED)
		err(2, "mmap of the region");
	s->sock = -1;
	s->epoch = 1;
}

static int connect_display(void)
{
	char path[108];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", getenv("XDG_RUNTIME_DIR"), getenv("WAYLAND_DISPLAY"));
	fd = fd_unix_connect(path, SOCK_STREAM);
	if (fd < 0)
		errx(2, "cannot connect to the compositor at %s: %s", path, strerror(-fd));
	return fd;
}

static void run_child(const struct stand *s, int sock)
{
	if (dup2(sock, HELPER_FD) < 0)
		_exit(127);
	fd_set_cloexec(HELPER_FD, false);
	execl(s->program, "vmos-desktop", (char *)NULL);
	_exit(127);
}

void stand_start(struct stand *s)
{
	struct helper_msg m = { .type = HELPER_SETUP, .nfds = 5 };
	int pair[2], display = connect_display();
	int fds[] = { s->region, s->notify_guest, s->notify_host, s->listener, display };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		err(2, "socketpair");
	s->sock = pair[0];
	fd_set_nonblock(s->sock, true);
	s->up = false;
	s->failure[0] = '\0';
	s->pid = fork();
	if (s->pid == 0)
		run_child(s, pair[1]);
	close(pair[1]);
	snprintf(m.setup.vm, sizeof(m.setup.vm), "%s", s->vm);
	m.setup.rgb = s->rgb;
	m.setup.role = VMOS_ROLE_GUI;
	m.setup.epoch = s->epoch++;
	m.setup.region_size = s->size;
	m.setup.sound = !s->silent;
	if (fd_send_packet(s->sock, &m, sizeof(m), fds, 5) < 0)
		warnx("SETUP was not taken");
	close(display);
}

/* @fd: the first that came with it, borrowed. */
static void take_report(struct stand *s, const struct helper_msg *m, int fd)
{
	switch (m->type) {
	case HELPER_UP:
		s->up = true;
		break;
	case HELPER_GUEST:
		s->guest = m->guest.state;
		break;
	case HELPER_FDS:
		s->given = m->nfds;
		break;
	case HELPER_STATS:
		s->stats = m->stats;
		s->nstats++;
		break;
	case HELPER_CLIP_TAKE:
		if (s->clip_fd > 0)
			close(s->clip_fd);
		s->clip = m->clip;
		s->clip_fd = dup(fd);
		s->takes++;
		break;
	case HELPER_CLIP_WANT:
		s->wants++;
		break;
	case HELPER_ACT:
		s->acts[m->act.kind]++;
		break;
	case HELPER_FAILED:
		snprintf(s->failure, sizeof(s->failure), "%s", m->fail.text);
		break;
	default:
		break;
	}
}

static void take_reports(struct stand *s)
{
	struct helper_msg m;
	int fds[HELPER_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n;

	while ((n = fd_recv_packet(s->sock, &m, sizeof(m), fds, HELPER_FDS_MAX, &nfds)) > 0) {
		if (helper_check_report(&m, (size_t)n, nfds) < 0)
			s->bad_reports++;
		else
			take_report(s, &m, nfds ? fds[0] : -1);
		fd_close_all(fds, nfds);
	}
}

void stand_poll(struct stand *s)
{
	if (!s->pid)
		return;
	take_reports(s);
	if (waitpid(s->pid, &s->status, WNOHANG) != s->pid)
		return;
	take_reports(s);
	s->pid = 0;
	close(s->sock);
	s->sock = -1;
}

int stand_knock(struct stand *s)
{
	int fd = fd_unix_connect(s->path, SOCK_SEQPACKET);

	if (fd >= 0)
		fd_set_nonblock(fd, true);
	return fd;
}

bool stand_is_running(const struct stand *s)
{
	return s->pid != 0;
}

bool stand_wait_up(struct stand *s, int ms)
{
	uint64_t end = stand_now_ms() + (uint64_t)ms;

	while (stand_is_running(s) && !s->up && stand_now_ms() < end) {
		struct pollfd p = { .fd = s->sock, .events = POLLIN };

		poll(&p, 1, 20);
		stand_poll(s);
	}
	return s->up && stand_is_running(s);
}

void stand_request(struct stand *s, enum helper_type type)
{
	struct helper_msg m = { .type = type };

	if (s->pid)
		(void)fd_send_packet(s->sock, &m, sizeof(m), NULL, 0);
}

void stand_send(struct stand *s, struct helper_msg *m, int fd)
{
	m->nfds = fd >= 0;
	if (s->pid)
		(void)fd_send_packet(s->sock, m, sizeof(*m), &fd, m->nfds);
	if (fd >= 0)
		close(fd);
}

int stand_quit(struct stand *s)
{
	uint64_t end = stand_now_ms() + QUIT_MS;

	stand_request(s, HELPER_QUIT);
	while (stand_is_running(s) && stand_now_ms() < end) {
		usleep(5000);
		stand_poll(s);
	}
	if (stand_is_running(s)) {
		warnx("it does not quit");
		kill(s->pid, SIGKILL);
		waitpid(s->pid, &s->status, 0);
		s->pid = 0;
		close(s->sock);
		s->sock = -1;
		return -ETIMEDOUT;
	}
	return WIFEXITED(s->status) && WEXITSTATUS(s->status) == 0 ? 0 : -EPROTO;
}
