/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/manager.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audio/guest.h"
#include "audio/sound.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "proto/uapi/vmos_channel.h"

int manager_receive_setup(struct manager *m, int *ret_fds)
{
	int fds[HELPER_FDS_MAX];
	struct helper_msg msg;
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(m->sock, &msg, sizeof(msg), fds, HELPER_FDS_MAX, &nfds);

	if (n < 0)
		return (int)n;
	if (helper_check_request(&msg, (size_t)n, nfds) < 0 || msg.type != HELPER_SETUP ||
		msg.setup.role != VMOS_ROLE_AUDIO) {
		fd_close_all(fds, nfds);
		return -EBADMSG;
	}
	m->setup = msg.setup;
	m->listener = fds[3];
	ret_fds[MANAGER_FDS - 1] = -1;
	memcpy(ret_fds, fds, nfds * sizeof(*fds));
	return 0;
}

static int tell(struct manager *m, struct helper_msg *msg, const int *fds, unsigned nfds)
{
	msg->nfds = nfds;
	return m->sock < 0 ? -ENOTCONN : fd_send_packet(m->sock, msg, sizeof(*msg), fds, nfds);
}

void manager_tell_up(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_UP };

	if (tell(m, &msg, NULL, 0) < 0)
		log_warning("vmosd does not listen");
}

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
	if (tell(m, &msg, NULL, 0) == -EAGAIN)
		manager_tell_audio(m);
}

static int handle_tell(sd_event_source *source, uint64_t usec, void *userdata)
{
	tell_audio_now(userdata);
	return 0;
}

void manager_tell_audio(struct manager *m)
{
	sd_event_source_set_time(m->tell_timer, m->told_us + MANAGER_TELL_GAP_US);
	sd_event_source_set_enabled(m->tell_timer, SD_EVENT_ONESHOT);
}

static void tell_stats(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_STATS };

	msg.stats.epoch = m->guest->channel.epoch;
	msg.stats.guest = guest_state(m->guest);
	msg.stats.frames = m->guest->played;
	msg.stats.underruns = m->guest->pace.underruns;
	msg.stats.wakeups = m->wakeups;
	(void)tell(m, &msg, NULL, 0);
}

void manager_fail(struct manager *m, enum helper_reason reason, const char *text)
{
	struct helper_msg msg = { .type = HELPER_FAILED };

	log_error("%s", text);
	msg.fail.reason = reason;
	snprintf(msg.fail.text, sizeof(msg.fail.text), "%s", text);
	(void)tell(m, &msg, NULL, 0); /* the exit code says it as well */
	sd_event_exit(m->event, (int)reason);
}

/* A new vmosd: it gets what SETUP gave us, and then hears what an old one would know. */
static void adopt(struct manager *m)
{
	struct helper_msg msg = { .type = HELPER_FDS, .setup = m->setup };
	const struct guest *g = m->guest;
	const int fds[] = { g->region_fd, g->notify_guest, g->notify_host };

	msg.setup.epoch = g->channel.epoch;
	if (tell(m, &msg, fds, 3) < 0)
		log_warning("vmosd does not take its fds back");
	manager_tell_up(m);
	manager_tell_audio(m);
}

static void obey(struct manager *m, const struct helper_msg *msg)
{
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

/*
 * vmosd is gone. The VM plays on; a later vmosd knocks at the listener. The
 * microphone does not: whose time limit it is cannot end it any more.
 */
static void lose(struct manager *m)
{
	log_info("vmosd left, waiting for its successor");
	m->packets = sd_event_source_disable_unref(m->packets);
	close(steal_fd(&m->sock));
	guest_allow(m->guest, false);
	sd_event_source_set_enabled(m->visitors, SD_EVENT_ON);
}

static int handle_packets(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;
	int fds[HELPER_FDS_MAX];
	struct helper_msg msg;
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(m->sock, &msg, sizeof(msg), fds, HELPER_FDS_MAX, &nfds);

	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n <= 0 && n != -EMSGSIZE) {
		lose(m);
		return 0;
	}
	if (n < 0 || helper_check_request(&msg, (size_t)n, nfds) < 0)
		log_warning("vmosd sent a message that is not well formed");
	else
		obey(m, &msg);
	if (n > 0)
		fd_close_all(fds, nfds);
	return 0;
}

static int watch(struct manager *m)
{
	return sd_event_add_io(m->event, &m->packets, m->sock, EPOLLIN, handle_packets, m);
}

static int handle_visitors(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;

	m->sock = fd_accept_own(fd);
	if (m->sock < 0)
		return 0;
	if (watch(m) < 0) {
		close(steal_fd(&m->sock));
		return 0;
	}
	sd_event_source_set_enabled(m->visitors, SD_EVENT_OFF);
	return 0;
}

int manager_prepare(struct manager *m, sd_event *event)
{
	int r = fd_set_nonblock(m->sock, true);

	m->event = event;
	if (r >= 0)
		r = fd_set_nonblock(m->listener, true);
	if (r >= 0 && listen(m->listener, 1) < 0)
		r = -errno;
	if (r >= 0)
		r = watch(m);
	if (r >= 0)
		r = sd_event_add_io(event, &m->visitors, m->listener, EPOLLIN, handle_visitors, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->visitors, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(event, &m->tell_timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, handle_tell, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->tell_timer, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

void manager_close(struct manager *m)
{
	sd_event_source_disable_unref(m->packets);
	sd_event_source_disable_unref(m->visitors);
	sd_event_source_disable_unref(m->tell_timer);
	fd_close_all((int[]){ m->sock, m->listener }, 2);
}
