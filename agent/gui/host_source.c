/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/host_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_data_device.h>

#include "proto/gui.h"

/* Lives as long as the source, or a client that still reads. */
struct content {
	unsigned refs;
	uint8_t *bytes;
	size_t len;
};

struct host_source {
	struct wlr_data_source base;
	struct wl_event_loop *loop;
	struct content *content;
};

/* A client that reads. */
struct reader {
	struct content *content;
	int fd;
	size_t done;
	struct wl_event_source *io;
};

static void content_unref(struct content *c)
{
	if (--c->refs > 0)
		return;
	free(c->bytes);
	free(c);
}

static void reader_free(struct reader *r)
{
	if (r->io)
		wl_event_source_remove(r->io);
	close(r->fd);
	content_unref(r->content);
	free(r);
}

/* The client is slow, or gone: nobody waits for it. */
static int handle_writable(int fd, uint32_t mask, void *data)
{
	struct reader *r = data;
	ssize_t n = write(fd, r->content->bytes + r->done, r->content->len - r->done);

	if (n > 0)
		r->done += (size_t)n;
	if (r->done == r->content->len || (n < 0 && errno != EAGAIN && errno != EINTR))
		reader_free(r);
	return 0;
}

static void handle_send(struct wlr_data_source *base, const char *mime_type, int32_t fd)
{
	struct host_source *s = wl_container_of(base, s, base);
	struct reader *r = calloc(1, sizeof(*r));
	int flags = fcntl(fd, F_GETFL);

	if (!r || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		free(r);
		close(fd);
		return;
	}
	*r = (struct reader){ .content = s->content, .fd = fd };
	s->content->refs++;
	r->io = wl_event_loop_add_fd(s->loop, fd, WL_EVENT_WRITABLE, handle_writable, r);
	if (!r->io)
		reader_free(r);
}

static void handle_destroy(struct wlr_data_source *base)
{
	struct host_source *s = wl_container_of(base, s, base);

	content_unref(s->content);
	free(s);
}

static const struct wlr_data_source_impl source_impl = { .send = handle_send, .destroy = handle_destroy };

static bool add_type(struct host_source *s, const char *name)
{
	char *copy = strdup(name), **slot = copy ? wl_array_add(&s->base.mime_types, sizeof(*slot)) : NULL;

	if (slot)
		*slot = copy;
	else
		free(copy);
	return slot != NULL;
}

static bool add_types(struct host_source *s, uint32_t mime)
{
	if (mime == GUI_MIME_PNG)
		return add_type(s, "image/png");
	return add_type(s, "text/plain;charset=utf-8") && add_type(s, "text/plain") && add_type(s, "UTF8_STRING");
}

struct wlr_data_source *host_source_create(struct wl_event_loop *loop, uint32_t mime, uint8_t *bytes, size_t len)
{
	struct host_source *s = calloc(1, sizeof(*s));
	struct content *content = calloc(1, sizeof(*content));

	if (!s || !content) {
		free(s);
		free(content);
		free(bytes);
		return NULL;
	}
	*content = (struct content){ .refs = 1, .bytes = bytes, .len = len };
	s->loop = loop;
	s->content = content;
	wlr_data_source_init(&s->base, &source_impl);
	if (add_types(s, mime))
		return &s->base;
	wlr_data_source_destroy(&s->base);
	return NULL;
}
