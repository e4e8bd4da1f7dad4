/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's end of the audio channel: its session, what it plays, and what it may hear. */
#ifndef AUDIO_GUEST_H
#define AUDIO_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "audio/pace.h"
#include "proto/audio.h"
#include "proto/audio_fifo.h"
#include "proto/channel.h"
#include "proto/helper.h"

/* Messages and doorbells of a second. A guest that plays needs a few hundred. */
#define GUEST_EVENTS_MAX 8000

struct manager;
struct sound;

struct guest {
	struct channel channel;
	void *region; /* mapped, owned */
	size_t size;
	int region_fd; /* kept for ADOPT, owned */
	int notify_guest, notify_host; /* eventfds, owned */
	struct manager *manager; /* borrowed: hears of state changes and failure */
	struct sound *sound; /* borrowed */
	sd_event *event; /* borrowed */
	sd_event_source *doorbell, *again, *reopen, *clock;

	bool hello; /* what it said in this session */
	bool playing; /* from its first PLAY until the store is empty after STOP */
	bool stopped; /* it said STOP */
	bool listening; /* a program of its wants to hear */
	bool microphone; /* the user allows it; outlives sessions */
	bool failed; /* it broke the protocol: nothing is taken any more */
	bool send_welcome, send_microphone, send_credit; /* wait for room */

	uint32_t received, taken; /* frames of this session, free running */
	uint32_t granted; /* the last CREDIT */
	uint64_t beat_us; /* when frames were last taken, monotonic */
	uint64_t played; /* frames, in all */
	struct pace pace;
	struct audio_fifo store;

	uint64_t opened_us; /* when this session was opened, monotonic */
	unsigned short_sessions; /* in a row */
	uint64_t second_us; /* begin of the second that events counts */
	unsigned events;
	uint8_t chunk[AUDIO_CHUNK]; /* private copy of a blob */
};

/* Maps the region and opens the session of @setup; takes the first three of @fds. Reads nothing of the guest. -errno. */
int guest_open(struct guest *g, const struct helper_setup *setup, int *fds);
/* Makes the event sources, not yet enabled. Call before the sandbox. */
int guest_prepare(struct guest *g, sd_event *event);
/* Begins to listen: from here on guest bytes are read. Rings for the guest once. */
int guest_start(struct guest *g);
void guest_close(struct guest *g);

enum helper_guest_state guest_state(const struct guest *g);
/* The user allows the microphone, or no longer. */
void guest_allow(struct guest *g, bool microphone);

/* The sound card wants @frames: what there is, else silence. */
void guest_take(struct guest *g, void *dst, uint32_t frames);
/* The microphone heard @frames. */
void guest_heard(struct guest *g, const void *src, uint32_t frames);

#endif
