/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDIT_STEP (CTL_WINDOW / 4)
/* A terminal reports POLLOUT below 256 bytes of backlog (n_tty.c, WAKEUP_CHARS) and blocks for the rest of a write. */
#define TTY_CHUNK 256

static size_t stream_chunk(int fd, const struct stat *st)
{
	int flags = fcntl(fd, F_GETFL);

	if (S_ISSOCK(st->st_mode) || (flags >= 0 && (flags & O_NONBLOCK)))
		return CTL_WINDOW;
	/* pipe(7): after POLLOUT a pipe takes PIPE_BUF bytes without blocking */
	return S_ISCHR(st->st_mode) ? TTY_CHUNK : PIPE_BUF;
}

/* Makes @s of @s->fd; on failure the fd stays the caller's. */
static int stream_open(
	struct stream *s, sd_event *event, uint32_t events, sd_event_io_handler_t handler, void *userdata)
{
	int fd = s->fd, r;
	struct stat st;

	s->fd = -1;
	if (fstat(fd, &st) < 0) {
		if (errno != EACCES)
			return -errno;
		/* Smack shows a file's attributes to those who may read it: this is the pipe of another VM's inbox. */
		st = (struct stat){ .st_mode = S_IFIFO };
	}
	r = sd_event_add_io(event, &s->source, fd, events, handler, userdata);
	s->always_ready = r == -EPERM;
	if (r >= 0)
		r = sd_event_source_set_enabled(s->source, SD_EVENT_OFF);
	if (r < 0 && !s->always_ready) {
		s->source = sd_event_source_unref(s->source);
		return r;
	}
	s->is_socket = S_ISSOCK(st.st_mode);
	s->chunk = s->always_ready ? CTL_WINDOW : stream_chunk(fd, &st);
	s->fd = fd;
	return 0;
}

static void stream_close(struct stream *s)
{
	s->source = sd_event_source_disable_unref(s->source);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void stream_watch(struct stream *s, bool on)
{
	if (s->source)
		sd_event_source_set_enabled(s->source, on ? SD_EVENT_ON : SD_EVENT_OFF);
}

/* Asks afresh: what epoll said may be stale once another stream of the same file was served. */
static bool stream_ready(const struct stream *s, short events)
{
	struct pollfd p = { .fd = s->fd, .events = events };

	return s->always_ready || poll(&p, 1, 0) > 0;
}

/* Bytes written, 0: not ready, -errno: the reader is gone; -EPERM: the licence is. */
static ssize_t stream_write(struct stream *s, const uint8_t *data, size_t len)
{
	size_t n = len < s->chunk ? len : s->chunk;
	ssize_t r;

	if (!stream_ready(s, POLLOUT))
		return 0;
	if (s->licence && !licence_holds(s->licence))
		return -EPERM;
	r = s->is_socket ? send(s->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(s->fd, data, n);
	if (r >= 0)
		return r;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

/* Bytes read, 0: end, -EAGAIN: nothing now, -errno. */
static ssize_t stream_read(struct stream *s, uint8_t *data, size_t len)
{
	ssize_t r;

	if (!stream_ready(s, POLLIN))
		return -EAGAIN;
	r = s->is_socket ? recv(s->fd, data, len, MSG_DONTWAIT) : read(s->fd, data, len);
	if (r >= 0)
		return r;
	return errno == EINTR ? -EAGAIN : -errno;
}

int output_open(struct output *o, sd_event *event, int fd, sd_event_io_handler_t handler, void *userdata)
{
	*o = (struct output){ .stream.fd = fd };
	return stream_open(&o->stream, event, EPOLLOUT, handler, userdata);
}

void output_close(struct output *o)
{
	stream_close(&o->stream);
	free(o->buf);
	o->buf = NULL;
	o->len = 0;
}

void output_need_licence(struct output *o, const struct licence *licence)
{
	o->stream.licence = licence;
	o->stream.chunk = o->stream.chunk < CTL_CHUNK ? o->stream.chunk : CTL_CHUNK;
}

void output_drop(struct output *o)
{
	output_close(o);
	o->owed = o->out;
	o->broken = true;
}

static int output_keep(struct output *o, const uint8_t *data, uint32_t len)
{
	uint32_t end, first;

	if (!len)
		return 0;
	if (!o->buf)
		o->buf = malloc(CTL_WINDOW);
	if (!o->buf)
		return -ENOMEM;
	end = (o->at + o->len) % CTL_WINDOW;
	first = CTL_WINDOW - end < len ? CTL_WINDOW - end : len;
	memcpy(o->buf + end, data, first);
	memcpy(o->buf, data + first, len - first);
	o->len += len;
	return 0;
}

int output_put(struct output *o, const uint8_t *untrusted_data, uint32_t len)
{
	int r;

	if (o->eof)
		return -EPROTO;
	if (len > CTL_WINDOW - o->out)
		return -EMSGSIZE;
	o->out += len;
	if (o->broken) {
		o->owed += len;
		return 0;
	}
	while (!o->len && len) {
		ssize_t n = stream_write(&o->stream, untrusted_data, len);

		if (n < 0) {
			output_drop(o);
			return 0;
		}
		if (!n)
			break;
		untrusted_data += n;
		len -= (uint32_t)n;
		o->owed += (uint32_t)n;
	}
	r = output_keep(o, untrusted_data, len);
	stream_watch(&o->stream, o->len > 0);
	return r;
}

void output_drain(struct output *o)
{
	while (o->len) {
		uint32_t first = CTL_WINDOW - o->at < o->len ? CTL_WINDOW - o->at : o->len;
		ssize_t n = stream_write(&o->stream, o->buf + o->at, first);

		if (n < 0) {
			output_drop(o);
			return;
		}
		if (!n)
			break;
		o->at = (o->at + (uint32_t)n) % CTL_WINDOW;
		o->len -= (uint32_t)n;
		o->owed += (uint32_t)n;
	}
	stream_watch(&o->stream, o->len > 0);
}

uint32_t output_owed(const struct output *o)
{
	return !o->eof && (o->owed >= CREDIT_STEP || !o->len) ? o->owed : 0;
}

void output_credited(struct output *o, uint32_t bytes)
{
	o->owed -= bytes;
	o->out -= bytes;
}

int input_open(struct input *in, sd_event *event, int fd, sd_event_io_handler_t handler, void *userdata)
{
	*in = (struct input){ .stream.fd = fd, .credit = CTL_WINDOW };
	return stream_open(&in->stream, event, EPOLLIN, handler, userdata);
}

void input_close(struct input *in)
{
	stream_close(&in->stream);
	free(in->buf);
	in->buf = NULL;
	in->len = 0;
	in->eof = true;
}

void input_fill(struct input *in, size_t room)
{
	size_t cap = CTL_CHUNK;
	ssize_t n;

	cap = cap < room ? cap : room;
	cap = cap < in->credit ? cap : in->credit;
	if (in->eof || in->len || !cap)
		return;
	if (!in->buf)
		in->buf = malloc(CTL_CHUNK);
	if (!in->buf)
		return;
	n = stream_read(&in->stream, in->buf, cap);
	if (n == -EAGAIN)
		return;
	if (n > 0)
		in->len = (uint32_t)n;
	else
		input_close(in);
}

void input_watch(struct input *in, bool on)
{
	stream_watch(&in->stream, on);
}

int input_credit(struct input *in, uint32_t bytes)
{
	if (bytes > CTL_WINDOW - in->credit)
		return -EPROTO;
	in->credit += bytes;
	return 0;
}
