/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-audio in the guest: a client of its PipeWire that is a pair of
 * loudspeakers and, while the host allows it, a microphone. The host's sound
 * card is the clock: the guest's graph runs as the host's CREDIT comes.
 */
#ifndef AGENT_AUDIO_AUDIO_H
#define AGENT_AUDIO_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#include <pipewire/pipewire.h>

#include "agent/common/link.h"
#include "proto/audio.h"
#include "proto/audio_fifo.h"

#define AUDIO_BEAT_DEFAULT 512u /* frames of a cycle, as long as the graph does not say */

/* One of the two streams. */
struct side {
	struct pw_stream *stream; /* NULL: there is none */
	struct spa_hook hook;
	struct spa_io_position *position; /* of the graph; may be NULL */
	struct audio_fifo fifo;
	bool running; /* somebody plays, or records */
	bool stopping; /* nobody plays any more, and the host is to hear of it behind the last frame */
	bool in_cycle; /* triggered, and not done */
	bool moved; /* frames passed in this cycle */
};

struct audio {
	struct link link; /* first: its callbacks are given it */
	struct pw_main_loop *main;
	struct pw_loop *loop;
	struct pw_context *context;
	struct pw_core *core;
	struct spa_hook core_hook;
	struct spa_source *device, *tick, *next;
	struct side sink, source;
	bool welcome; /* the host has answered */
	bool microphone; /* it allows it */
	uint32_t sent, granted; /* frames of this session, free running */
	int exit_code;
};

/* host.c: what is said to the host. */
extern const struct link_ops host_ops;
/* How many more frames may be sent. */
uint32_t host_may(const struct audio *a);
/* Sends as much of what was played as the host has granted. Without a host it is thrown away. */
void host_play(struct audio *a);
void host_listen(struct audio *a, bool on);

/* sink.c */
int sink_open(struct audio *a);
/* The host has granted more, or time has passed: has the graph run where there is room for what it gives. */
void sink_beat(struct audio *a);
/* What passes between here and the host's sound server, for programs that show pictures beside. */
void sink_set_delay(struct audio *a, uint32_t frames);

/* source.c */
int source_open(struct audio *a);
void source_close(struct audio *a);
/* Frames have come. */
void source_beat(struct audio *a);

/* main.c: what both streams have in common. */
struct pw_stream *audio_stream(struct audio *a, bool sink, const char *description);
int audio_connect(struct pw_stream *stream, bool sink);
/* Frames of one cycle of the graph. */
uint32_t side_beat(const struct side *side);
/* Has the graph run once, if this stream is its clock. True: it was triggered. */
bool side_trigger(struct side *side);
/* Ticks while something runs, so that nothing waits for ever for a cycle that never came to its end. */
void audio_tick(struct audio *a);
void audio_quit(struct audio *a, const char *why);

#endif
