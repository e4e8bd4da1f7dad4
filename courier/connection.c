/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "courier/guest.h"
#include "proto/vstream.h"

int connection_prepare(struct connection *c, struct vstream *stream)
{
	*c = (struct connection){ .fd = -1, .stream = stream, .memory = malloc(VSTREAM_MEMORY) };
	return c->memory ? 0 : -ENOMEM;
}

/* One read, so that the other fds have their turn. */
static void connection_read(struct connection *c)
{
	uint8_t *to;
	size_t space = vstream_space(c->stream, &to);
	ssize_t n = space ? read(c->fd, to, space) : 0;

	if (n > 0)
		vstream_filled(c->stream, (size_t)n);
	else if (space && (n == 0 || (errno != EAGAIN && errno != EINTR)))
		vstream_end(c->stream);
}

void connection_write(struct connection *c)
{
	const uint8_t *from;
	ssize_t n = 0;
	size_t len;

	while (c->fd >= 0 && (len = vstream_pending(c->stream, &from)) > 0) {
		n = write(c->fd, from, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		/* nobody reads any more: what the agent still said is read to its end */
		vstream_written(c->stream, n < 0 ? len : (size_t)n);
	}
	if (c->source)
		sd_event_source_set_io_events(
			c->source, vstream_pending(c->stream, &from) > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static int handle_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct guest *g = userdata;

	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
		connection_read(&g->connection);
	connection_write(&g->connection);
	guest_turn(g);
	return 0;
}

int connection_open(struct connection *c, struct guest *g, int fd, uint32_t epoch)
{
	int r = sd_event_add_io(g->event, &c->source, fd, EPOLLIN, handle_connection, g);

	if (r < 0) {
		close(fd);
		return r;
	}
	c->fd = fd;
	vstream_open(c->stream, c->memory, true, epoch);
	connection_write(c);
	return 0;
}

void connection_drop(struct connection *c)
{
	c->source = sd_event_source_disable_unref(c->source);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	*c->stream = (struct vstream){ 0 };
}

void connection_close(struct connection *c)
{
	if (!c->stream)
		return;
	connection_drop(c);
	free(c->memory);
}
