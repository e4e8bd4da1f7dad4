/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's side of the conversation: sessions, and what each message from it does. */
#include "agent/gui/server.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/gui/clipboard.h"
#include "agent/gui/cursor.h"
#include "agent/gui/output.h"
#include "agent/gui/seat.h"
#include "agent/gui/window.h"
#include "base/cleanup.h"
#include "base/log.h"

void server_send(struct server *s, const struct gui_msg *g)
{
	struct msg m;
	int r = gui_encode(g, &m);

	if (r == 0)
		r = link_send(&s->link, &m);
	if (r < 0 && r != -ENOTCONN)
		log_warning("Could not send %s of window %u: %d", gui_type_name(g->head.type), g->head.win, r);
}

void server_send_plain(struct server *s, enum gui_type type, uint32_t win)
{
	struct gui_msg g = { .head = { .type = (uint16_t)type, .win = win } };

	server_send(s, &g);
}

static struct server *server_of(struct link *l)
{
	struct server *s = wl_container_of(l, s, link);

	return s;
}

static void handle_joined(struct link *l)
{
	struct gui_msg g = { .head.type = GUI_HELLO,
		.hello = { .version = GUI_VERSION, .features = GUI_FEATURE_CLIPBOARD | GUI_FEATURE_TOUCH } };

	server_send(server_of(l), &g);
}

/* Windows stay as they are for their clients; xdg popups are dismissed, as the host cannot take up their grabs again. */
static void handle_ended(struct link *l)
{
	struct server *s = server_of(l);
	struct window *w, *top;

	s->open = false;
	seat_clear(s->seat);
	cursor_session_ended(s->cursor);
	clipboard_session_ended(s->clipboard);
	do {
		top = NULL;
		wl_list_for_each(w, &s->windows, link) {
			if (w->popup)
				top = w;
		}
		if (top)
			wlr_xdg_popup_destroy(top->popup);
	} while (top);
	wl_list_for_each(w, &s->windows, link)
		window_session_ended(w);
	heap_release_all(&s->heap);
	s->announced = 0;
}

static void host_welcome(struct server *s, uint32_t features)
{
	struct window *w;

	s->open = true;
	s->host_features = features;
	clipboard_welcome(s->clipboard, features);
	wl_list_for_each(w, &s->windows, link)
		window_mark(w);
}

static void host_release(struct server *s, uint32_t page)
{
	struct window *w;

	if (cursor_release(s->cursor, page) || heap_release(&s->heap, page))
		return;
	wl_list_for_each(w, &s->windows, link) {
		if (!canvas_release(&w->canvas, page))
			continue;
		window_mark(w);
		return;
	}
}

static int host_keymap(struct server *s, const struct gui_keymap *k)
{
	char *text cleanup_free = malloc(k->blob.len);
	int r;

	if (!text)
		return -ENOMEM;
	r = carrier_blob(&s->link.carrier, k->blob, text, k->blob.len);
	return r < 0 ? r : seat_set_keymap(s->seat, text, k->blob.len);
}

static void host_to_window(struct server *s, const struct gui_msg *g)
{
	struct window *w = window_find(s, g->head.win);

	if (!w)
		return; /* it went while the message was under way */
	if (g->head.type == GUI_FRAME)
		window_frame(w, g->head.serial);
	else if (g->head.type == GUI_CONFIGURE && w->ops->configure)
		w->ops->configure(w, g->head.serial, &g->configure);
	else if (g->head.type == GUI_POPUP_PLACED && w->ops->placed)
		w->ops->placed(w, &g->popup_placed);
	else if (g->head.type == GUI_CLOSE || (g->head.type == GUI_POPUP_DONE && w->is_popup))
		w->ops->close(w);
}

static int handle_message(struct link *l, const struct msg *m)
{
	struct server *s = server_of(l);
	struct gui_msg g;
	int r = gui_decode_host(m, &g);

	if (r < 0)
		return r;
	switch (g.head.type) {
	case GUI_WELCOME:
		host_welcome(s, g.hello.features);
		return 0;
	case GUI_OUTPUT:
		outputs_update(s->outputs, &g.output);
		return 0;
	case GUI_RELEASE:
		host_release(s, g.release.page);
		return 0;
	case GUI_KEYMAP:
		return host_keymap(s, &g.keymap);
	case GUI_PING:
		g.head.type = GUI_PONG;
		server_send(s, &g);
		return 0;
	default:
		if (!clipboard_handle(s->clipboard, &g, &r) && !seat_handle(s->seat, &g))
			host_to_window(s, &g);
		return r;
	}
}

static void handle_room(struct link *l)
{
	clipboard_room(server_of(l)->clipboard);
}

const struct link_ops host_link_ops = {
	.joined = handle_joined,
	.ended = handle_ended,
	.message = handle_message,
	.room = handle_room,
};
