/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* A terminal reports POLLOUT below 256 bytes of backlog (n_tty.c, WAKEUP_CHARS), a pipe when PIPE_BUF bytes fit. */
#define TTY_CHUNK 256

static size_t chunk_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || S_ISFIFO(st.st_mode))
		return PIPE_BUF;
	return S_ISCHR(st.st_mode) ? TTY_CHUNK : PUMP_BYTES;
}

int pump_open(struct pump *p, int from, int to, int *ret_far)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	p->at = p->len = 0;
	p->sock = pair[0];
	p->from = from < 0 ? pair[0] : from;
	p->to = to < 0 ? pair[0] : to;
	p->chunk = to < 0 ? PUMP_BYTES : chunk_of(to);
	*ret_far = pair[1];
	return 0;
}

void pump_close(struct pump *p)
{
	if (p->sock >= 0)
		close(steal_fd(&p->sock));
}

void pump_poll(const struct pump *p, struct pollfd *ret_from, struct pollfd *ret_to)
{
	bool ended = p->sock < 0;

	*ret_from = (struct pollfd){ .fd = ended || p->len ? -1 : p->from, .events = POLLIN };
	*ret_to = (struct pollfd){ .fd = ended ? -1 : p->to, .events = p->len ? POLLOUT : 0 };
}

static ssize_t pump_read(struct pump *p)
{
	return p->from == p->sock ? recv(p->from, p->buf, sizeof(p->buf), MSG_DONTWAIT)
				  : read(p->from, p->buf, sizeof(p->buf));
}

static ssize_t pump_write(struct pump *p)
{
	size_t len = p->len < p->chunk ? p->len : p->chunk;

	return p->to == p->sock ? send(p->to, p->buf + p->at, len, MSG_DONTWAIT | MSG_NOSIGNAL)
				: write(p->to, p->buf + p->at, len);
}

static bool is_for_later(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* False: nothing was there, or the stream has ended. */
static bool fill(struct pump *p)
{
	ssize_t n = pump_read(p);

	if (n > 0) {
		p->at = 0;
		p->len = (size_t)n;
		return true;
	}
	if (n == 0 || !is_for_later())
		pump_close(p);
	return false;
}

static void empty(struct pump *p)
{
	ssize_t n = pump_write(p);

	if (n >= 0) {
		p->at += (size_t)n;
		p->len -= (size_t)n;
	} else if (!is_for_later()) {
		pump_close(p); /* the program in the VM hears of it as of a closed pipe */
	}
}

void pump_work(struct pump *p, short from_revents, short to_revents)
{
	const short gone = POLLERR | POLLHUP | POLLNVAL;

	if (p->sock < 0)
		return;
	if (p->len && (to_revents & POLLOUT))
		empty(p);
	else if (to_revents & gone)
		pump_close(p);
	else if (!p->len && (from_revents & (POLLIN | gone)))
		fill(p);
}

void pump_drain(struct pump *p)
{
	if (p->sock < 0 || p->from != p->sock)
		return;
	while (p->sock >= 0 && (p->len || fill(p))) {
		struct pollfd to = { .fd = p->to, .events = POLLOUT };

		if (poll(&to, 1, -1) > 0)
			empty(p);
	}
}
