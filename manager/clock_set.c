/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/clock_set.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"

bool clock_set_is_busy(const struct clock_set *s)
{
	return s->io;
}

void clock_set_end(struct clock_set *s)
{
	s->io = sd_event_source_disable_unref(s->io);
	s->timer = sd_event_source_disable_unref(s->timer);
}

static void finish(struct clock_set *s, int error)
{
	clock_set_end(s);
	s->fn(&s->request, error, s->userdata);
}

static int handle_reply(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct clock_set *s = userdata;
	struct clock_msg reply;
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(fd, &reply, sizeof(reply), NULL, 0, &nfds);

	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n <= 0)
		finish(s, n < 0 ? (int)n : -ECONNRESET);
	else
		finish(s, clock_check_reply(&reply, (size_t)n) < 0 ? -EBADMSG : reply.error);
	return 0;
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	finish(userdata, -ETIMEDOUT);
	return 0;
}

int clock_set_begin(struct clock_set *s, sd_event *event, const char *path, const struct clock_msg *request)
{
	int fd cleanup_fd = -1;
	int r;

	if (clock_set_is_busy(s))
		return -EBUSY;
	/* systemd listens always: this does not wait */
	fd = fd_unix_connect(path, SOCK_SEQPACKET);
	r = fd < 0 ? fd : fd_set_nonblock(fd, true);
	if (r >= 0)
		r = fd_send_packet(fd, request, sizeof(*request), NULL, 0);
	if (r >= 0)
		r = sd_event_add_io(event, &s->io, fd, EPOLLIN, handle_reply, s);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(s->io, 1);
	if (r < 0) {
		clock_set_end(s);
		return r;
	}
	(void)steal_fd(&fd);
	r = sd_event_add_time_relative(event, &s->timer, CLOCK_MONOTONIC, CLOCK_SET_WAIT, 0, handle_timeout, s);
	if (r < 0) {
		clock_set_end(s);
		return r;
	}
	s->request = *request;
	return 0;
}
