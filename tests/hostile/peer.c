/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile/peer.h"

#include <err.h>
#include <unistd.h>

#include "base/fd.h"

#define UP_MS 60000

void peer_begin(struct stand *s, struct channel *ch, uint32_t features)
{
	struct gui_msg hello = { .head = { .type = GUI_HELLO }, .hello = { GUI_VERSION, features } };

	stand_start(s);
	if (!stand_wait_up(s, UP_MS))
		errx(1, "vmos-desktop did not come up: %s", s->failure);
	while (channel_guest_join(ch, s->base, s->size, VMOS_ROLE_GUI) < 0)
		usleep(500);
	fd_eventfd_kick(s->notify_host);
	peer_send(s, ch, &hello);
}

void peer_send(struct stand *s, struct channel *ch, const struct gui_msg *m)
{
	struct msg packed;

	if (gui_encode(m, &packed) < 0)
		errx(2, "%s does not encode", gui_type_name(m->head.type));
	while (channel_send(ch, &packed) < 0 && stand_is_running(s)) {
		fd_eventfd_kick(s->notify_host);
		usleep(100);
		stand_poll(s);
	}
	if (channel_flush(ch))
		fd_eventfd_kick(s->notify_host);
}

void peer_take(struct stand *s, struct channel *ch, void (*take)(const struct gui_msg *m, void *data), void *data)
{
	struct gui_msg m;
	struct msg packed;
	bool kick;

	channel_poll(ch);
	while (channel_recv(ch, &packed) == 1) {
		if (gui_decode_host(&packed, &m) < 0)
			errx(1, "the host sent a message that does not decode");
		take(&m, data);
	}
	kick = channel_recv_done(ch);
	kick = channel_flush(ch) || kick;
	if (kick)
		fd_eventfd_kick(s->notify_host);
	stand_poll(s);
}
