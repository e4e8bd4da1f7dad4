/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/guest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "desktop/bounded.h"
#include "desktop/buffer.h"
#include "desktop/clipboard.h"
#include "desktop/display.h"
#include "desktop/manager.h"
#include "desktop/seat.h"
#include "desktop/window.h"

int guest_init(struct guest *g, const struct helper_setup *s, const int *fds)
{
	int r = link_map_region(s, fds[LINK_REGION], &g->region);

	g->fd = fds[LINK_REGION];
	g->notify_guest = fds[LINK_NOTIFY_GUEST];
	g->notify_host = fds[LINK_NOTIFY_HOST];
	g->region_size = s->region_size;
	if (r == 0)
		r = fd_set_nonblock(g->notify_host, true);
	if (r == 0)
		r = fd_set_nonblock(g->notify_guest, true);
	if (r < 0)
		return r;
	return channel_host_open(&g->channel, g->region, g->region_size, VMOS_ROLE_GUI, s->epoch);
}

void guest_finish(struct guest *g)
{
	if (g->region) {
		channel_host_close(&g->channel);
		fd_eventfd_kick(g->notify_guest);
		munmap(g->region, g->region_size);
	}
	g->region = NULL;
	fd_close_all((int[]){ g->fd, g->notify_guest, g->notify_host }, 3);
}

enum helper_guest_state guest_state(const struct guest *g)
{
	if (!g->joined)
		return HELPER_GUEST_GONE;
	return g->greeted ? HELPER_GUEST_READY : HELPER_GUEST_JOINED;
}

/* Ends the session: no window of it stays, and the next one is open. */
static int reopen(struct guest *g)
{
	uint32_t next = g->channel.epoch + 1;
	int r;

	g->greeted = g->joined = g->overflow = g->keymap_due = false;
	g->features = 0;
	g->backlog_len = 0;
	window_set_clear(g->windows);
	buffers_clear(g->windows->buffers);
	seat_reset(g->seat);
	clipboard_reset(g->clipboard);
	r = channel_host_open(&g->channel, g->region, g->region_size, VMOS_ROLE_GUI, next ? next : 1);
	if (r < 0)
		return r;
	fd_eventfd_kick(g->notify_guest);
	manager_tell_guest(g->manager, HELPER_GUEST_GONE);
	return 0;
}

/* Follows the session's state. 1: messages may be taken. */
static int follow(struct guest *g)
{
	switch (channel_poll(&g->channel)) {
	case CHANNEL_JOINED:
		if (!g->joined) {
			g->joined = true;
			manager_tell_guest(g->manager, HELPER_GUEST_JOINED);
		}
		return 1;
	case CHANNEL_ENDED:
		g->more = true;
		return reopen(g);
	case CHANNEL_WAITING:
		break;
	}
	return 0;
}

/* One message. 1: taken, 0: there is none. */
static int take(struct guest *g)
{
	struct gui_msg m;
	struct msg copy;
	int r = channel_recv(&g->channel, &copy);

	if (r < 0)
		snprintf(g->why, sizeof(g->why), "its ring index is impossible");
	if (r <= 0)
		return r;
	r = gui_decode_guest(&copy, &m);
	if (r < 0) {
		struct msg_head head;

		msg_head_get(&copy, &head);
		snprintf(g->why, sizeof(g->why), "message type %u (%s) is malformed", head.type,
			gui_type_name(head.type));
		return r;
	}
	r = dispatch(g, &m);
	return r < 0 ? r : 1;
}

/* A batch, in lots so small that the compositor's socket has room for what each causes. */
static int take_batch(struct guest *g)
{
	for (int n = 0; n < CHANNEL_BATCH; n++) {
		int r;

		if (n % GUEST_LOT == 0 && (display_flush(g->display) < 0 || !display_has_room(g->display)))
			return 1;
		r = take(g);
		if (r <= 0)
			return r;
	}
	return 1;
}

int guest_wake(struct guest *g)
{
	int r;

	fd_eventfd_take(g->notify_host);
	g->more = false;
	r = follow(g);
	if (r <= 0)
		return r;
	r = take_batch(g);
	if (r < 0)
		return r;
	g->more = r > 0;
	if (channel_recv_done(&g->channel))
		fd_eventfd_kick(g->notify_guest);
	if (!g->more && !channel_arm(&g->channel))
		g->more = true;
	return 0;
}

static bool is_input(uint16_t type)
{
	return type == GUI_KEY || type == GUI_MODS || (type >= GUI_PTR_MOTION && type <= GUI_PTR_AXIS) ||
		(type >= GUI_TOUCH_DOWN && type <= GUI_TOUCH_FRAME);
}

/* Keeps a message until there is room; of several motions the last counts. */
static void keep(struct guest *g, const struct msg *m)
{
	struct msg *last = &g->backlog[(g->backlog_first + g->backlog_len - 1) % GUEST_BACKLOG];
	struct msg_head head, before;

	msg_head_get(m, &head);
	if (g->backlog_len > 0 && head.type == GUI_PTR_MOTION) {
		msg_head_get(last, &before);
		if (before.type == GUI_PTR_MOTION && before.win == head.win) {
			*last = *m;
			return;
		}
	}
	if (g->backlog_len >= GUEST_BACKLOG_INPUT && is_input(head.type))
		return;
	if (g->backlog_len == GUEST_BACKLOG) {
		g->overflow = true;
		return;
	}
	g->backlog[(g->backlog_first + g->backlog_len++) % GUEST_BACKLOG] = *m;
}

void guest_send(struct guest *g, const struct gui_msg *m)
{
	struct msg packed;

	if (!g->greeted)
		return;
	if (gui_encode(m, &packed) < 0) {
		log_debug("%s would not decode and was not sent", gui_type_name(m->head.type));
		return;
	}
	if (g->backlog_len > 0 || channel_send(&g->channel, &packed) < 0)
		keep(g, &packed);
}

/* A keymap without room is sent later: the one of that time. */
void guest_send_keymap(struct guest *g, const char *text, size_t len)
{
	struct gui_msg m = { .head = { .type = GUI_KEYMAP } };

	if (!g->greeted)
		return;
	g->keymap_due = g->backlog_len > 0 || channel_reserve(&g->channel, text, len, &m.keymap.blob) < 0;
	if (!g->keymap_due)
		guest_send(g, &m);
}

void guest_send_output(struct guest *g, struct output *o, bool gone)
{
	struct gui_msg m = { .head = { .type = GUI_OUTPUT } };
	int w, h;

	output_logical(o, &w, &h);
	if (!gone && (w == 0 || h == 0))
		return;
	m.output = (struct gui_output){
		.id = (uint32_t)(o - g->display->outputs) + 1,
		.x = o->x,
		.y = o->y,
		.w = (uint16_t)bounded(w, 0, GUI_SIZE_MAX),
		.h = (uint16_t)bounded(h, 0, GUI_SIZE_MAX),
		.mm_w = (uint16_t)o->mm_w,
		.mm_h = (uint16_t)o->mm_h,
		.scale120 = (uint16_t)output_scale120(o),
		.mhz = (uint32_t)o->mhz,
		.gone = gone,
	};
	guest_send(g, &m);
}

/* Moves the backlog into the ring as far as there is room. -EBADMSG: the guest's index is impossible. */
static int drain(struct guest *g)
{
	while (g->backlog_len > 0) {
		int r = channel_send(&g->channel, &g->backlog[g->backlog_first]);

		if (r == -EAGAIN && channel_want(&g->channel, true))
			continue;
		if (r < 0)
			return r == -EBADMSG ? r : 0;
		g->backlog_first = (g->backlog_first + 1) % GUEST_BACKLOG;
		g->backlog_len--;
	}
	channel_want(&g->channel, false);
	return 0;
}

int guest_flush(struct guest *g)
{
	bool wants;

	if (g->overflow) {
		log_warning("the guest takes no messages: its windows are closed");
		g->more = true;
		return reopen(g);
	}
	if (g->channel.state != CHANNEL_JOINED)
		return 0;
	if (drain(g) < 0) {
		snprintf(g->why, sizeof(g->why), "it claims to have taken messages that were never sent");
		return -EBADMSG;
	}
	if (g->keymap_due && g->backlog_len == 0)
		keyboard_send_keymap(g->seat);
	wants = g->backlog_len == 0 && clipboard_pump(g->clipboard);
	if (channel_flush(&g->channel))
		fd_eventfd_kick(g->notify_guest);
	if (wants && channel_want(&g->channel, true))
		g->more = true;
	return 0;
}
