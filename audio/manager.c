/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/manager.h"

#include <errno.h>

#include "audio/guest.h"
#include "audio/sound.h"
#include "base/log.h"
#include "base/loop.h"

static void tell_audio_now(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_SOUND };
	const struct sound *s = m->sound;

	if (!m->set)
		return;
	sd_event_now(m->event, CLOCK_MONOTONIC, &m->told_us);
	msg.audio.state = m->guest->playing ? HELPER_AUDIO_PLAYING : HELPER_AUDIO_SILENT;
	if (!sound_is_there(s))
		msg.audio.state = HELPER_AUDIO_NONE;
	msg.audio.volume = s->volume;
	msg.audio.muted = s->muted;
	msg.audio.listening = m->guest->listening;
	if (link_send(&m->link, &msg, NULL, 0) == -EAGAIN)
		manager_tell_audio(m);
}

static int handle_tell(sd_event_source *source, uint64_t usec, void *userdata)
{
	tell_audio_now(userdata);
	return 0;
}

void manager_tell_audio(struct manager *m)
{
	loop_timer_set(m->tell_timer, m->told_us + MANAGER_TELL_GAP_US);
}

static void tell_stats(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_STATS };

	msg.stats.epoch = m->guest->channel.epoch;
	msg.stats.guest = guest_state(m->guest);
	msg.stats.frames = m->guest->played;
	msg.stats.underruns = m->guest->pace.underruns;
	msg.stats.wakeups = m->wakeups;
	link_tell(&m->link, &msg);
}

void manager_fail(struct manager *m, enum helper_reason reason, const char *text)
{
	link_tell_failed(&m->link, reason, text);
	sd_event_exit(m->event, (int)reason);
}

/* A new vmosd: it gets what SETUP gave us, and then hears what an old one would know. */
static void adopt(struct manager *m)
{
	const struct guest *g = m->guest;

	link_give_back(&m->link, g->channel.epoch, (int[]){ g->region_fd, g->notify_guest, g->notify_host });
	manager_tell_audio(m);
}

static void obey(void *data, const struct helper_msg *msg, int *fds)
{
	struct manager *m = data;

	switch (msg->type) {
	case HELPER_AUDIO_SET:
		m->set = true;
		sound_set(m->sound, msg->audio_set.volume, msg->audio_set.muted);
		manager_tell_audio(m);
		guest_allow(m->guest, msg->audio_set.microphone);
		break;
	case HELPER_QUERY:
		tell_stats(m);
		break;
	case HELPER_ADOPT:
		adopt(m);
		break;
	case HELPER_QUIT:
		sd_event_exit(m->event, 0);
		break;
	default:
		log_warning("vmosd sent a request that is not for this helper");
		break;
	}
}

/* The VM plays on. Its microphone does not: whose time limit it is cannot end it any more. */
static void lose(void *data)
{
	struct manager *m = data;

	guest_allow(m->guest, false);
}

int manager_prepare(struct manager *m, sd_event *event)
{
	int r = loop_timer(event, &m->tell_timer, 1000, handle_tell, m);

	m->event = event;
	m->link.obey = obey;
	m->link.lost = lose;
	m->link.data = m;
	return r < 0 ? r : link_watch(&m->link, event);
}

void manager_close(struct manager *m)
{
	sd_event_source_disable_unref(m->tell_timer);
	link_unwatch(&m->link);
	link_close(&m->link);
}
