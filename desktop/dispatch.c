/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each message of the guest does; closed by default. */
#include <errno.h>
#include <stdio.h>

#include "desktop/buffer.h"
#include "desktop/clipboard.h"
#include "desktop/display.h"
#include "desktop/drag.h"
#include "desktop/guest.h"
#include "desktop/manager.h"
#include "desktop/seat.h"
#include "desktop/window.h"

static int greet(struct guest *g, const struct gui_hello *hello)
{
	struct gui_msg welcome = { .head = { .type = GUI_WELCOME } };

	if (g->greeted)
		return -EALREADY;
	if (hello->version != GUI_VERSION)
		return -EPROTONOSUPPORT;
	g->greeted = true;
	g->features = hello->features;
	welcome.hello.version = GUI_VERSION;
	welcome.hello.features = GUI_FEATURE_CLIPBOARD | GUI_FEATURE_ATTENTION | GUI_FEATURE_DRAG;
	clipboard_greet(g->clipboard, hello->features);
	guest_send(g, &welcome);
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		if (g->display->outputs[i].wl)
			guest_send_output(g, &g->display->outputs[i], false);
	}
	seat_greet(g->seat);
	manager_tell_guest(g->manager, HELPER_GUEST_READY);
	return 0;
}

/* Of a window that lives. */
static int take_of_window(struct guest *g, struct window *w, const struct gui_msg *m)
{
	switch (m->head.type) {
	case GUI_WIN_DEL:
		window_destroy(w);
		return 0;
	case GUI_POPUP_POS:
		return popup_place(w, &m->popup_pos);
	case GUI_COMMIT:
		return window_commit(w, m);
	case GUI_DAMAGE:
		content_damage(&w->content, m->damage.rect, GUI_DAMAGE_RECTS);
		return 0;
	case GUI_TITLE:
		return window_title(w, &m->title);
	case GUI_APPID:
		return window_app_id(w, &m->title);
	case GUI_HINTS:
		window_hints(w, &m->hints);
		return 0;
	case GUI_STATE_REQ:
		window_guest_state(w, m->state_req.bits);
		return 0;
	case GUI_MOVE:
		seat_move(g->seat, w);
		return 0;
	case GUI_RESIZE:
		seat_resize(g->seat, w, m->resize.edges);
		return 0;
	case GUI_ATTENTION:
		wish_attention(w);
		return 0;
	case GUI_DRAG:
		drag_begin(g->seat, w);
		return 0;
	default:
		return -EPROTO;
	}
}

/* Of the session, or of a window (@w: may be NULL) that may have gone: nobody would see it then. */
static int take(struct guest *g, struct window *w, const struct gui_msg *m)
{
	switch (m->head.type) {
	case GUI_HELLO:
		return greet(g, &m->hello);
	case GUI_BYE: /* it will leave the session: nothing of it stays on the screen until then */
		window_set_clear(g->windows);
		return 0;
	case GUI_PONG:
	case GUI_BELL: /* a claim that changes nothing here: an answer, a sound */
		return 0;
	case GUI_WIN_NEW:
		return window_create(g->windows, m->head.win, &m->win_new);
	case GUI_CURSOR_SHAPE:
		seat_cursor_shape(g->seat, m->cursor_shape.shape);
		return 0;
	case GUI_CURSOR_IMG:
		return seat_cursor_image(g->seat, m->head.win, &m->cursor_img);
	case GUI_IDLE_INHIBIT:
		if (w)
			wish_awake(w, m->idle_inhibit.on);
		return 0;
	case GUI_CLIP_OFFER:
		clipboard_offer(g->clipboard, &m->clip_offer);
		return 0;
	case GUI_CLIP_DATA:
		return clipboard_data(g->clipboard, &m->clip_data);
	default:
		return w ? take_of_window(g, w, m) : -ENOENT;
	}
}

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
	int r = -EPROTO;

	if (g->greeted || type == GUI_HELLO)
		r = take(g, window_find(g->windows, m->head.win), m);
	if (r == 0 || !breach(r))
		return r;
	snprintf(g->why, sizeof(g->why), "%s %s", gui_type_name(type), breach(r));
	return -EBADMSG;
}
