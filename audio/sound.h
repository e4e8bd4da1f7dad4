/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VM at the user's PipeWire: one stream that plays, with a name, a volume
 * and a mute of its own in every mixer, and one that records, which exists only
 * while the microphone is allowed and the guest listens. All of it runs on the
 * helper's own loop.
 *
 * The connection is one that vmosd made. Everything that PipeWire's library
 * loads, it loads in sound_open(), before the sandbox.
 */
#ifndef AUDIO_SOUND_H
#define AUDIO_SOUND_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include <pipewire/pipewire.h>

#include "audio/sources.h"
#include "proto/text.h"

#define SOUND_LATENCY "512/48000" /* what is asked of the sound server for a beat */

struct guest;
struct manager;

struct sound {
	struct guest *guest; /* borrowed: gives frames and takes them */
	struct manager *manager; /* borrowed: hears of changes */
	char vm[VM_NAME_MAX + 1];
	struct pw_loop *loop;
	struct pw_context *context;
	struct pw_core *core; /* NULL: no sound server, or not any more */
	struct spa_hook core_hook, out_hook, in_hook;
	struct pw_stream *out, *in; /* in: NULL while it does not listen */
	struct sources sources;
	char recorded[SOURCES_NAME_MAX]; /* what in records from */
	bool listening; /* it is to record, where there is a microphone */
	sd_event_source *io, *leave, *again;
	bool broken; /* the connection is */
	bool playing;
	uint32_t volume; /* percent of a mixer's scale */
	bool muted;
	bool applied; /* the stream knows of these two */
};

/*
 * @fd: a connection to PipeWire, taken over; -1: there is none, and the guest's
 * sound is thrown away. -errno: what it says cannot be understood.
 */
int sound_open(struct sound *s, const char *vm, int fd);
/* Joins the event loop. Call before the sandbox. */
int sound_prepare(struct sound *s, sd_event *event);
void sound_close(struct sound *s);

bool sound_is_there(const struct sound *s);
/* Asks for frames by guest_take(), or no longer. */
void sound_play(struct sound *s, bool on);
/* Records, and hands frames over by guest_heard(), or no longer. */
void sound_listen(struct sound *s, bool on);
void sound_set(struct sound *s, uint32_t volume, bool muted);

#endif
