/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/guest.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audio/manager.h"
#include "audio/sound.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/now.h"

/* A program that dies again and again gets a new session only once a second. */
#define SHORT_SESSION_US 1000000
#define SHORT_SESSIONS_MAX 8
/* Where no sound card asks for frames they are thrown away at its pace, so that the guest's programs go on. */
#define CLOCK_NONE_US 20000 /* there is no sound server */
#define CLOCK_WATCH_US 100000 /* there is one: look whether it asks */
#define CLOCK_LATE_US 300000 /* it does not */

int guest_open(struct guest *g, const struct helper_setup *setup, int *fds)
{
	int r = link_map_region(setup, fds[LINK_REGION], &g->region);

	if (r < 0)
		return r;
	g->region_fd = steal_fd(&fds[LINK_REGION]);
	g->notify_guest = steal_fd(&fds[LINK_NOTIFY_GUEST]);
	g->notify_host = steal_fd(&fds[LINK_NOTIFY_HOST]);
	g->size = setup->region_size;
	pace_init(&g->pace);
	g->opened_us = now_usec(CLOCK_MONOTONIC);
	return channel_host_open(&g->channel, g->region, g->size, VMOS_ROLE_AUDIO, setup->epoch);
}

enum helper_guest_state guest_state(const struct guest *g)
{
	return g->hello ? HELPER_GUEST_READY : HELPER_GUEST_GONE;
}

static int refuse(struct guest *g, const char *text)
{
	g->failed = true;
	sound_play(g->sound, false);
	manager_fail(g->manager, HELPER_REASON_PROTOCOL, text);
	return -EPROTO;
}

/* A guest may wake us as often as it likes, so it is counted. False: it was too often. */
static bool count_event(struct guest *g)
{
	uint64_t now = now_usec(CLOCK_MONOTONIC);

	if (now - g->second_us >= 1000000) {
		g->second_us = now;
		g->events = 0;
	}
	return ++g->events <= GUEST_EVENTS_MAX;
}

/* What the guest may have sent by now. */
static void grant(struct guest *g)
{
	uint32_t until = g->taken + g->pace.target;

	if (until == g->granted)
		return;
	g->granted = until;
	g->send_credit = true;
}

static void listen_if_allowed(struct guest *g)
{
	sound_listen(g->sound, g->microphone && g->listening);
}

static void end_play(struct guest *g)
{
	g->playing = g->stopped = false;
	sound_play(g->sound, false);
	sd_event_source_set_enabled(g->clock, SD_EVENT_OFF);
	manager_tell_audio(g->manager);
}

static void begin_play(struct guest *g)
{
	g->playing = true;
	g->stopped = false;
	g->beat_us = now_usec(CLOCK_MONOTONIC);
	pace_begin(&g->pace);
	sound_play(g->sound, true);
	loop_timer_set(g->clock, g->beat_us + CLOCK_NONE_US);
	manager_tell_audio(g->manager);
}

/* Sends @m. False: there is no room, or nobody. */
static bool send_msg(struct guest *g, const struct audio_msg *m)
{
	struct msg raw;
	int r = audio_encode(m, &raw);

	if (r == 0)
		r = channel_send(&g->channel, &raw);
	if (r == -EBADMSG && !g->failed)
		refuse(g, "the guest claims to have taken what was not sent");
	return r == 0;
}

/* Sends what waits, and rings. A guest that takes nothing hears nothing: no room is waited for but at its next ring. */
static void settle(struct guest *g)
{
	struct audio_msg m = { .head.type = AUDIO_WELCOME };

	if (g->failed || g->channel.state != CHANNEL_JOINED || !g->hello)
		return;
	m.welcome.version = AUDIO_VERSION;
	m.welcome.rate = AUDIO_RATE;
	m.welcome.delay = g->pace.target;
	if (g->send_welcome && send_msg(g, &m))
		g->send_welcome = false;
	m = (struct audio_msg){ .head.type = AUDIO_MICROPHONE, .onoff.on = g->microphone };
	if (g->send_microphone && !g->send_welcome && send_msg(g, &m))
		g->send_microphone = false;
	m = (struct audio_msg){ .head.type = AUDIO_CREDIT, .credit.until = g->granted };
	if (g->send_credit && !g->send_welcome && send_msg(g, &m))
		g->send_credit = false;
	if (channel_flush(&g->channel))
		fd_eventfd_kick(g->notify_guest);
	channel_want(&g->channel, g->send_welcome || g->send_microphone || g->send_credit);
}

static int take_hello(struct guest *g, const struct audio_msg *m)
{
	if (g->hello)
		return refuse(g, "the guest said HELLO twice");
	if (m->hello.version != AUDIO_VERSION)
		return refuse(g, "the guest speaks another version of the audio protocol: build the template anew");
	g->hello = g->send_welcome = g->send_microphone = g->send_credit = true;
	g->granted = g->taken + g->pace.target;
	return 0;
}

static int take_play(struct guest *g, const struct audio_msg *m)
{
	uint32_t frames = m->pcm.blob.len / AUDIO_FRAME;

	if (g->granted - g->received < frames || g->granted - g->received > PACE_TARGET_MAX)
		return refuse(g, "the guest sent more sound than it may");
	if (channel_blob(&g->channel, m->pcm.blob, g->chunk, sizeof(g->chunk)) < 0)
		return refuse(g, "a PLAY of the guest names bytes outside its blob zone");
	g->received += frames;
	audio_fifo_put(&g->store, g->chunk, frames);
	if (!g->playing)
		begin_play(g);
	g->stopped = false;
	return 0;
}

static int take_listen(struct guest *g, const struct audio_msg *m)
{
	g->listening = m->onoff.on;
	listen_if_allowed(g);
	manager_tell_audio(g->manager);
	return 0;
}

static int take_message(struct guest *g, const struct msg *untrusted_msg)
{
	struct audio_msg m;

	if (audio_decode_guest(untrusted_msg, &m) < 0)
		return refuse(g, "a message of the guest is not well formed");
	if (!g->hello && m.head.type != AUDIO_HELLO)
		return refuse(g, "the guest did not begin with HELLO");
	switch (m.head.type) {
	case AUDIO_HELLO:
		return take_hello(g, &m);
	case AUDIO_PLAY:
		return take_play(g, &m);
	case AUDIO_LISTEN:
		return take_listen(g, &m);
	default:
		g->stopped = true; /* STOP */
		return 0;
	}
}

static void reopen(struct guest *g)
{
	uint32_t epoch = g->channel.epoch + 1 ? g->channel.epoch + 1 : 1;

	g->opened_us = now_usec(CLOCK_MONOTONIC);
	if (channel_host_open(&g->channel, g->region, g->size, VMOS_ROLE_AUDIO, epoch) < 0)
		log_error("cannot open the next session"); /* cannot be: the same call succeeded at the start */
	fd_eventfd_kick(g->notify_guest);
}

static int handle_reopen(sd_event_source *source, uint64_t usec, void *userdata)
{
	reopen(userdata);
	return 0;
}

/* Its sound server left. The next session is opened at once, unless sessions are short. */
static void end_session(struct guest *g)
{
	uint64_t now = now_usec(CLOCK_MONOTONIC);

	log_debug("the guest's sound server left");
	g->hello = g->listening = false;
	g->send_welcome = g->send_microphone = g->send_credit = false;
	g->received = g->taken = g->granted = 0;
	audio_fifo_clear(&g->store);
	listen_if_allowed(g);
	if (g->playing)
		end_play(g);
	manager_tell_audio(g->manager);
	g->short_sessions = now - g->opened_us < SHORT_SESSION_US ? g->short_sessions + 1 : 0;
	if (g->short_sessions > SHORT_SESSIONS_MAX) {
		loop_timer_set(g->reopen, now + SHORT_SESSION_US);
		return;
	}
	reopen(g);
}

/* Takes at most a batch. True: there may be more. */
static bool take_batch(struct guest *g)
{
	struct msg m;
	int r = 0, n;

	for (n = 0; n < CHANNEL_BATCH && !g->failed; n++) {
		r = channel_recv(&g->channel, &m);
		if (r <= 0)
			break;
		if (!count_event(g))
			refuse(g, "the guest floods the audio channel");
		else
			take_message(g, &m);
	}
	if (r < 0 && !g->failed)
		refuse(g, "the guest's ring index is impossible");
	if (g->failed)
		return false;
	if (channel_recv_done(&g->channel))
		fd_eventfd_kick(g->notify_guest);
	return n == CHANNEL_BATCH;
}

/* Looks at the channel: sessions, then messages, then sleep or another turn. */
static void turn(struct guest *g)
{
	enum channel_state state;

	if (g->failed)
		return;
	state = channel_poll(&g->channel);
	if (state == CHANNEL_ENDED && sd_event_source_get_enabled(g->reopen, NULL) <= 0)
		end_session(g);
	if (state == CHANNEL_JOINED && (take_batch(g) || (!g->failed && !channel_arm(&g->channel))))
		sd_event_source_set_enabled(g->again, SD_EVENT_ONESHOT);
	settle(g);
}

static int handle_doorbell(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct guest *g = userdata;

	fd_eventfd_take(fd);
	if (!g->failed && !count_event(g))
		refuse(g, "the guest rings too often");
	turn(g);
	return 0;
}

static int handle_again(sd_event_source *source, void *userdata)
{
	turn(userdata);
	return 0;
}

/* Throws away what no sound card has asked for. */
static void skip_silently(struct guest *g, uint64_t now)
{
	uint64_t frames = (now - g->beat_us) * AUDIO_RATE / 1000000;
	uint32_t fill = audio_fifo_fill(&g->store);

	if (frames > fill)
		frames = fill;
	audio_fifo_drop(&g->store, (uint32_t)frames);
	g->taken += (uint32_t)frames;
	g->beat_us = now;
	if (g->stopped && audio_fifo_fill(&g->store) == 0)
		end_play(g);
	grant(g);
	settle(g);
}

static int handle_clock(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct guest *g = userdata;
	bool none = !sound_is_there(g->sound);
	uint64_t now = now_usec(CLOCK_MONOTONIC);

	if (!g->playing || g->failed)
		return 0;
	if (none || now - g->beat_us > CLOCK_LATE_US)
		skip_silently(g, now);
	if (!g->playing)
		return 0;
	loop_timer_set(g->clock, now + (none ? CLOCK_NONE_US : CLOCK_WATCH_US));
	return 0;
}

void guest_take(struct guest *g, void *dst, uint32_t frames)
{
	uint32_t n;

	if (!g->playing || g->failed) {
		memset(dst, 0, (size_t)frames * AUDIO_FRAME);
		return;
	}
	n = pace_take(&g->pace, &g->store, dst, frames, g->stopped);
	g->beat_us = now_usec(CLOCK_MONOTONIC);
	g->taken += n;
	g->played += n;
	if (g->stopped && n == 0)
		end_play(g);
	grant(g);
	settle(g);
}

void guest_heard(struct guest *g, const void *src, uint32_t frames)
{
	const uint8_t *from = src;

	if (g->failed || !g->hello || !g->microphone || !g->listening)
		return;
	while (frames > 0) {
		uint32_t n = frames < AUDIO_CHUNK / AUDIO_FRAME ? frames : AUDIO_CHUNK / AUDIO_FRAME;
		struct audio_msg m = { .head.type = AUDIO_HEARD };

		/* no room: the guest does not listen, and misses it */
		if (channel_reserve(&g->channel, from, n * AUDIO_FRAME, &m.pcm.blob) < 0 || !send_msg(g, &m))
			break;
		from += (size_t)n * AUDIO_FRAME;
		frames -= n;
	}
	settle(g);
}

void guest_allow(struct guest *g, bool microphone)
{
	if (g->microphone == microphone)
		return;
	g->microphone = microphone;
	g->send_microphone = true;
	listen_if_allowed(g);
	settle(g);
}

int guest_prepare(struct guest *g, sd_event *event)
{
	int r = sd_event_add_io(event, &g->doorbell, g->notify_host, EPOLLIN, handle_doorbell, g);

	g->event = event;
	if (r >= 0)
		r = sd_event_source_set_enabled(g->doorbell, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &g->again, handle_again, g);
	if (r >= 0)
		r = sd_event_source_set_enabled(g->again, SD_EVENT_OFF);
	if (r >= 0)
		r = loop_timer(event, &g->reopen, 0, handle_reopen, g);
	if (r >= 0)
		r = loop_timer(event, &g->clock, 1000, handle_clock, g);
	return r < 0 ? r : 0;
}

int guest_start(struct guest *g)
{
	int r = sd_event_source_set_enabled(g->doorbell, SD_EVENT_ON);

	fd_eventfd_kick(g->notify_guest);
	return r < 0 ? r : 0;
}

void guest_close(struct guest *g)
{
	if (g->region) {
		channel_host_close(&g->channel);
		fd_eventfd_kick(g->notify_guest);
	}
	sd_event_source_disable_unref(g->doorbell);
	sd_event_source_disable_unref(g->again);
	sd_event_source_disable_unref(g->reopen);
	sd_event_source_disable_unref(g->clock);
}
