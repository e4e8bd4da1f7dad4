/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/clipboard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_primary_selection.h>
#include <wlr/types/wlr_seat.h>

#include "agent/gui/host_source.h"
#include "agent/gui/seat.h"
#include "base/log.h"

#define COPY_IDLE_MS 2500 /* without a byte of the client: the host waits for 3 s */

/* A CLIP_WANT being answered: what a client writes into a pipe, in chunks. */
struct copy {
	uint32_t xfer; /* 0: none */
	int fd;
	struct wl_event_source *io, *timer;
	size_t total; /* bytes read */
	size_t held; /* of chunk: read, but there is no room for them yet */
	uint8_t chunk[GUI_CLIP_CHUNK];
};

/* CLIP_GIVEs being put together. */
struct paste {
	uint32_t xfer;
	uint8_t *bytes; /* owned; NULL: none */
	size_t len;
};

struct clipboard {
	struct server *server;
	struct wlr_seat *seat;
	bool host_knows; /* of the clipboard */
	uint32_t offered; /* as last said to the host */
	uint64_t clock, clipboard_set, primary_set; /* which selection is newer */
	struct copy copy;
	struct paste paste;
	struct wl_listener set_selection, set_primary;
};

/* Names that clients give the kinds, the best first. */
static const struct {
	uint32_t mime;
	const char *name;
} names[] = {
	{ GUI_MIME_TEXT, "text/plain;charset=utf-8" },
	{ GUI_MIME_TEXT, "UTF8_STRING" },
	{ GUI_MIME_TEXT, "text/plain" },
	{ GUI_MIME_PNG, "image/png" },
};

#define NNAMES (sizeof(names) / sizeof(names[0]))

static bool has_type(const struct wl_array *types, const char *name)
{
	const char *const *type = types->data;

	for (size_t i = 0; i < types->size / sizeof(*type); i++) {
		if (strcmp(type[i], name) == 0)
			return true;
	}
	return false;
}

/* The name that the owner of @types gives a kind of @mimes, NULL: it has none; and which kinds it has. */
static const char *find_name(const struct wl_array *types, uint32_t mimes, uint32_t *ret_kinds)
{
	const char *found = NULL;

	*ret_kinds = 0;
	for (size_t i = 0; i < NNAMES; i++) {
		if (!(names[i].mime & mimes) || !has_type(types, names[i].name))
			continue;
		*ret_kinds |= names[i].mime;
		if (!found)
			found = names[i].name;
	}
	return found;
}

/*
 * The newer of the clipboard and the primary selection, of those that hold one
 * of @mimes: terminals make what is marked the primary one only. The name that
 * its owner gives it, or NULL.
 */
static const char *find_newest(struct clipboard *c, uint32_t mimes, bool *ret_primary, uint32_t *ret_kinds)
{
	struct wlr_data_source *clipboard = c->seat->selection_source;
	struct wlr_primary_selection_source *primary = c->seat->primary_selection_source;
	uint32_t kinds = 0, primary_kinds = 0;
	const char *name = clipboard ? find_name(&clipboard->mime_types, mimes, &kinds) : NULL;
	const char *primary_name = primary ? find_name(&primary->mime_types, mimes, &primary_kinds) : NULL;

	*ret_primary = primary_name && (!name || c->primary_set > c->clipboard_set);
	*ret_kinds = *ret_primary ? primary_kinds : kinds;
	return *ret_primary ? primary_name : name;
}

static void clipboard_offer(struct clipboard *c)
{
	struct gui_msg g = { .head.type = GUI_CLIP_OFFER };
	bool primary;

	find_newest(c, GUI_MIME_MASK, &primary, &g.clip_offer.mimes);
	if (!c->host_knows || g.clip_offer.mimes == c->offered)
		return;
	c->offered = g.clip_offer.mimes;
	server_send(c->server, &g);
}

static void handle_set_selection(struct wl_listener *listener, void *data)
{
	struct clipboard *c = wl_container_of(listener, c, set_selection);

	c->clipboard_set = ++c->clock;
	clipboard_offer(c);
}

static void handle_set_primary(struct wl_listener *listener, void *data)
{
	struct clipboard *c = wl_container_of(listener, c, set_primary);

	c->primary_set = ++c->clock;
	clipboard_offer(c);
}

static void copy_stop(struct copy *copy)
{
	if (copy->xfer == 0)
		return;
	if (copy->io)
		wl_event_source_remove(copy->io);
	if (copy->timer)
		wl_event_source_remove(copy->timer);
	close(copy->fd);
	copy->io = copy->timer = NULL;
	copy->xfer = 0;
}

static void copy_end(struct clipboard *c, uint32_t xfer, enum gui_clip_end end)
{
	struct gui_msg g = { .head.type = GUI_CLIP_DATA, .clip_data = { .xfer = xfer, .end = (uint8_t)end } };

	copy_stop(&c->copy);
	server_send(c->server, &g);
}

/* Sends what is held. False: there is no room yet, clipboard_room() will be called. */
static bool copy_push(struct clipboard *c)
{
	struct copy *copy = &c->copy;
	struct gui_msg g = { .head.type = GUI_CLIP_DATA, .clip_data.xfer = copy->xfer };

	if (copy->held > 0 && link_blob(&c->server->link, copy->chunk, copy->held, &g.clip_data.blob) < 0)
		return false;
	if (copy->held > 0)
		server_send(c->server, &g);
	copy->held = 0;
	wl_event_source_timer_update(copy->timer, COPY_IDLE_MS);
	return true;
}

static int handle_readable(int fd, uint32_t mask, void *data)
{
	struct clipboard *c = data;
	struct copy *copy = &c->copy;
	ssize_t n = read(fd, copy->chunk, sizeof(copy->chunk));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		copy_end(c, copy->xfer, n < 0 || copy->total == 0 ? GUI_CLIP_NONE : GUI_CLIP_LAST);
		return 0;
	}
	copy->total += (size_t)n;
	copy->held = (size_t)n;
	if (copy->total > GUI_CLIP_MAX)
		copy_end(c, copy->xfer, GUI_CLIP_TOO_LARGE);
	else if (!copy_push(c))
		wl_event_source_fd_update(copy->io, 0);
	return 0;
}

static int handle_copy_timeout(void *data)
{
	struct clipboard *c = data;

	copy_end(c, c->copy.xfer, GUI_CLIP_NONE);
	return 0;
}

void clipboard_room(struct clipboard *c)
{
	if (c->copy.xfer != 0 && c->copy.held > 0 && copy_push(c))
		wl_event_source_fd_update(c->copy.io, WL_EVENT_READABLE);
}

/* Our end of the pipe never blocks; a client's does as it likes. */
static bool copy_open(struct clipboard *c, uint32_t xfer, int fd)
{
	struct copy *copy = &c->copy;
	struct wl_event_loop *loop = c->server->loop;

	copy->xfer = xfer;
	copy->fd = fd;
	copy->total = copy->held = 0;
	copy->io = wl_event_loop_add_fd(loop, fd, WL_EVENT_READABLE, handle_readable, c);
	copy->timer = wl_event_loop_add_timer(loop, handle_copy_timeout, c);
	return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && copy->io && copy->timer &&
		wl_event_source_timer_update(copy->timer, COPY_IDLE_MS) == 0;
}

static void handle_want(struct clipboard *c, const struct gui_clip_want *want)
{
	bool primary;
	uint32_t kinds;
	const char *name = find_newest(c, want->mime, &primary, &kinds);
	int fds[2];

	copy_stop(&c->copy);
	if (!name || pipe2(fds, O_CLOEXEC) < 0) {
		copy_end(c, want->xfer, GUI_CLIP_NONE);
		return;
	}
	if (!copy_open(c, want->xfer, fds[0])) {
		close(fds[1]);
		copy_end(c, want->xfer, GUI_CLIP_NONE);
	} else if (primary) {
		wlr_primary_selection_source_send(c->seat->primary_selection_source, name, fds[1]);
	} else {
		wlr_data_source_send(c->seat->selection_source, name, fds[1]);
	}
}

static void paste_drop(struct paste *p)
{
	free(p->bytes);
	*p = (struct paste){ 0 };
}

static void paste_finish(struct clipboard *c, uint32_t mime)
{
	struct wlr_data_source *source = host_source_create(c->server->loop, mime, c->paste.bytes, c->paste.len);

	c->paste.bytes = NULL;
	paste_drop(&c->paste);
	if (source)
		wlr_seat_set_selection(c->seat, source, wl_display_next_serial(c->server->display));
	else
		log_warning("The host's clipboard is lost: out of memory");
}

static int handle_give(struct clipboard *c, const struct gui_clip_give *give)
{
	struct paste *p = &c->paste;
	int r;

	if (!p->bytes || p->xfer != give->xfer) {
		paste_drop(p);
		p->bytes = malloc(give->total);
		p->xfer = give->xfer;
	}
	if (!p->bytes)
		return -ENOMEM;
	r = give->blob.len <= give->total - p->len
		? carrier_blob(&c->server->link.carrier, give->blob, p->bytes + p->len, give->blob.len)
		: -EBADMSG;
	if (r < 0) {
		paste_drop(p);
		return r;
	}
	p->len += give->blob.len;
	if (p->len == give->total)
		paste_finish(c, give->mime);
	return 0;
}

bool clipboard_handle(struct clipboard *c, const struct gui_msg *g, int *ret)
{
	*ret = 0;
	if (g->head.type == GUI_CLIP_WANT)
		handle_want(c, &g->clip_want);
	else if (g->head.type == GUI_CLIP_GIVE)
		*ret = handle_give(c, &g->clip_give);
	else
		return false;
	return true;
}

void clipboard_welcome(struct clipboard *c, uint32_t features)
{
	c->host_knows = features & GUI_FEATURE_CLIPBOARD;
	c->offered = 0;
	clipboard_offer(c);
}

void clipboard_session_ended(struct clipboard *c)
{
	c->host_knows = false;
	copy_stop(&c->copy);
	paste_drop(&c->paste);
}

struct clipboard *clipboard_create(struct server *server)
{
	struct clipboard *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	signal(SIGPIPE, SIG_IGN); /* a client may end while it reads what the host gave */
	c->server = server;
	c->seat = seat_wlr(server->seat);
	c->set_selection.notify = handle_set_selection;
	wl_signal_add(&c->seat->events.set_selection, &c->set_selection);
	c->set_primary.notify = handle_set_primary;
	wl_signal_add(&c->seat->events.set_primary_selection, &c->set_primary);
	return c;
}

void clipboard_destroy(struct clipboard *c)
{
	wl_list_remove(&c->set_selection.link);
	wl_list_remove(&c->set_primary.link);
	clipboard_session_ended(c);
	free(c);
}
