/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/manager.h"

#include "base/log.h"
#include "desktop/clipboard.h"
#include "desktop/guest.h"
#include "desktop/window.h"

void manager_tell_guest(struct manager *m, enum helper_guest_state state)
{
	struct helper_msg msg = { .type = HELPER_GUEST };

	msg.guest.state = state;
	msg.guest.epoch = m->guest->channel.epoch;
	link_tell(&m->link, &msg);
}

int manager_tell_clip(struct manager *m, enum helper_type type, const struct helper_clip *clip, int fd)
{
	struct helper_msg msg = { .type = type };

	if (clip)
		msg.clip = *clip;
	return link_send(&m->link, &msg, &fd, fd >= 0);
}

int manager_tell_act(struct manager *m, enum helper_act_kind kind)
{
	struct helper_msg msg = { .type = HELPER_ACT, .act.kind = kind };

	return link_send(&m->link, &msg, NULL, 0);
}

static void tell_stats(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_STATS };

	msg.stats.epoch = m->guest->channel.epoch;
	msg.stats.guest = guest_state(m->guest);
	msg.stats.windows = m->windows->count;
	msg.stats.frames = m->windows->commits;
	msg.stats.bytes_copied = 0; /* no code here reads a guest's pixels */
	msg.stats.wakeups = m->wakeups;
	link_tell(&m->link, &msg);
}

/* A new vmosd: it gets what SETUP gave us, and then hears what an old one would know. */
static void adopt(struct manager *m)
{
	const struct guest *g = m->guest;

	link_give_back(&m->link, g->channel.epoch, (int[]){ g->fd, g->notify_guest, g->notify_host });
	manager_tell_guest(m, guest_state(g));
	m->adopted = true;
}

void manager_obey(void *data, const struct helper_msg *msg, int *fds)
{
	struct manager *m = data;

	switch (msg->type) {
	case HELPER_QUERY:
		tell_stats(m);
		break;
	case HELPER_ADOPT:
		adopt(m);
		break;
	case HELPER_QUIT:
		m->quit = true;
		break;
	case HELPER_CLIP_GIVE:
		clipboard_give(m->clipboard, &msg->clip, fds[0]);
		break;
	case HELPER_CLIP_NOTE:
		clipboard_note(m->clipboard, msg->note.bad, msg->note.text);
		break;
	default:
		log_warning("vmosd sent a request that is not for a desktop");
		break;
	}
}
