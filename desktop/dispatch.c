/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each message of the guest does: one table, closed by default. */
#include <errno.h>
#include <stdio.h>

#include "desktop/buffer.h"
#include "desktop/clipboard.h"
#include "desktop/display.h"
#include "desktop/drag.h"
#include "desktop/guest.h"
#include "desktop/seat.h"
#include "desktop/window.h"

static int on_hello(struct guest *g, struct window *w, const struct gui_msg *m)
{
	struct gui_msg welcome = { .head = { .type = GUI_WELCOME } };

	if (g->greeted)
		return -EALREADY;
	if (m->hello.version != GUI_VERSION)
		return -EPROTONOSUPPORT;
	g->greeted = true;
	g->features = m->hello.features;
	welcome.hello.version = GUI_VERSION;
	welcome.hello.features = GUI_FEATURE_CLIPBOARD | GUI_FEATURE_ATTENTION | GUI_FEATURE_DRAG;
	clipboard_greet(g->clipboard, m->hello.features);
	guest_send(g, &welcome);
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		if (g->display->outputs[i].wl)
			guest_send_output(g, &g->display->outputs[i], false);
	}
	seat_greet(g->seat);
	g->on_state(HELPER_GUEST_READY, g->data);
	return 0;
}

/* It will leave the session: nothing of it stays on the screen until then. */
static int on_bye(struct guest *g, struct window *w, const struct gui_msg *m)
{
	window_set_clear(g->windows);
	return 0;
}

/* A claim that changes nothing here: an answer, a sound. */
static int on_nothing(struct guest *g, struct window *w, const struct gui_msg *m)
{
	return 0;
}

static int on_win_new(struct guest *g, struct window *w, const struct gui_msg *m)
{
	return window_create(g->windows, m->head.win, &m->win_new);
}

static int on_win_del(struct guest *g, struct window *w, const struct gui_msg *m)
{
	window_destroy(w);
	return 0;
}

static int on_popup_pos(struct guest *g, struct window *w, const struct gui_msg *m)
{
	return popup_place(w, &m->popup_pos);
}

static int on_commit(struct guest *g, struct window *w, const struct gui_msg *m)
{
	return window_commit(w, m);
}

static int on_damage(struct guest *g, struct window *w, const struct gui_msg *m)
{
	content_damage(&w->content, m->damage.rect, GUI_DAMAGE_RECTS);
	return 0;
}

static int on_title(struct guest *g, struct window *w, const struct gui_msg *m)
{
	return window_title(w, &m->title);
}

static int on_app_id(struct guest *g, struct window *w, const struct gui_msg *m)
{
	return window_app_id(w, &m->title);
}

static int on_hints(struct guest *g, struct window *w, const struct gui_msg *m)
{
	window_hints(w, &m->hints);
	return 0;
}

static int on_state_req(struct guest *g, struct window *w, const struct gui_msg *m)
{
	window_guest_state(w, m->state_req.bits);
	return 0;
}

static int on_move(struct guest *g, struct window *w, const struct gui_msg *m)
{
	seat_move(g->seat, w);
	return 0;
}

static int on_resize(struct guest *g, struct window *w, const struct gui_msg *m)
{
	seat_resize(g->seat, w, m->resize.edges);
	return 0;
}

static int on_cursor_shape(struct guest *g, struct window *w, const struct gui_msg *m)
{
	seat_cursor_shape(g->seat, m->cursor_shape.shape);
	return 0;
}

static int on_cursor_img(struct guest *g, struct window *w, const struct gui_msg *m)
{
	return seat_cursor_image(g->seat, m->head.win, &m->cursor_img);
}

/* Of no window, or of one that has gone: nobody would see it. */
static int on_idle_inhibit(struct guest *g, struct window *w, const struct gui_msg *m)
{
	w = window_find(g->windows, m->head.win);
	if (w)
		wish_awake(w, m->idle_inhibit.on);
	return 0;
}

static int on_attention(struct guest *g, struct window *w, const struct gui_msg *m)
{
	wish_attention(w);
	return 0;
}

static int on_drag(struct guest *g, struct window *w, const struct gui_msg *m)
{
	drag_begin(g->seat, w);
	return 0;
}

static int on_clip_offer(struct guest *g, struct window *w, const struct gui_msg *m)
{
	clipboard_offer(g->clipboard, &m->clip_offer);
	return 0;
}

static int on_clip_data(struct guest *g, struct window *w, const struct gui_msg *m)
{
	return clipboard_data(g->clipboard, &m->clip_data);
}

/* @of_window: the window must live, and is passed. */
static const struct {
	int (*handle)(struct guest *g, struct window *w, const struct gui_msg *m);
	bool of_window;
} handlers[] = {
	[GUI_HELLO] = { on_hello, false },
	[GUI_PONG] = { on_nothing, false },
	[GUI_BYE] = { on_bye, false },
	[GUI_WIN_NEW] = { on_win_new, false },
	[GUI_WIN_DEL] = { on_win_del, true },
	[GUI_POPUP_POS] = { on_popup_pos, true },
	[GUI_COMMIT] = { on_commit, true },
	[GUI_DAMAGE] = { on_damage, true },
	[GUI_TITLE] = { on_title, true },
	[GUI_APPID] = { on_app_id, true },
	[GUI_HINTS] = { on_hints, true },
	[GUI_STATE_REQ] = { on_state_req, true },
	[GUI_MOVE] = { on_move, true },
	[GUI_RESIZE] = { on_resize, true },
	[GUI_CURSOR_SHAPE] = { on_cursor_shape, false },
	[GUI_CURSOR_IMG] = { on_cursor_img, false },
	[GUI_BELL] = { on_nothing, false },
	[GUI_IDLE_INHIBIT] = { on_idle_inhibit, false },
	[GUI_CLIP_OFFER] = { on_clip_offer, false },
	[GUI_CLIP_DATA] = { on_clip_data, false },
	[GUI_ATTENTION] = { on_attention, true },
	[GUI_DRAG] = { on_drag, true },
};

#define NHANDLERS (sizeof(handlers) / sizeof(handlers[0]))

/* What the breach was, for the log and for vmosd. */
static const char *breach(int error)
{
	switch (error) {
	case -EALREADY:
		return "came twice";
	case -EPROTONOSUPPORT:
		return "has a version that this host does not know";
	case -EEXIST:
		return "names a window that there is already";
	case -ENOSPC:
		return "is for more windows than there may be";
	case -ENOENT:
		return "names a window that there is not";
	case -ESTALE:
		return "answers a CONFIGURE that was never sent";
	case -EBADMSG:
		return "names a slot outside of the heap or still held";
	case -ENOBUFS:
		return "holds more slots than there may be";
	case -EPROTO:
		return "does not fit what came before";
	default:
		return NULL;
	}
}

int dispatch(struct guest *g, const struct gui_msg *m)
{
	uint16_t type = m->head.type;
	struct window *w = NULL;
	int r = 0;

	if (type >= NHANDLERS || !handlers[type].handle || (!g->greeted && type != GUI_HELLO))
		r = -EPROTO;
	else if (handlers[type].of_window && !(w = window_find(g->windows, m->head.win)))
		r = -ENOENT;
	if (r == 0)
		r = handlers[type].handle(g, w, m);
	if (r == 0 || !breach(r))
		return r;
	snprintf(g->why, sizeof(g->why), "%s %s", gui_type_name(type), breach(r));
	return -EBADMSG;
}
