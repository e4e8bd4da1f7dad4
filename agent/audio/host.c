/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "agent/audio/audio.h"
#include "base/log.h"

static void send_msg(struct audio *a, struct audio_msg *m)
{
	struct msg raw;

	if (audio_encode(m, &raw) == 0)
		link_send(&a->link, &raw);
}

/* One PLAY of at most a chunk. False: the ring has no room for it now. */
static bool send_frames(struct audio *a, uint32_t frames)
{
	struct audio_msg m = { .head.type = AUDIO_PLAY };
	struct audio_fifo *fifo = &a->sink.fifo;
	uint8_t chunk[AUDIO_CHUNK];

	/* a look at them first: they are taken only when they have found room */
	uint32_t tail = fifo->tail;

	audio_fifo_take(fifo, chunk, frames);
	if (link_blob(&a->link, chunk, frames * AUDIO_FRAME, &m.pcm.blob) < 0) {
		fifo->tail = tail;
		return false;
	}
	send_msg(a, &m);
	a->sent += frames;
	return true;
}

uint32_t host_may(const struct audio *a)
{
	int32_t may = (int32_t)(a->granted - a->sent);

	return may > 0 ? (uint32_t)may : 0;
}

void host_play(struct audio *a)
{
	struct audio_fifo *fifo = &a->sink.fifo;

	if (!a->link.joined || !a->welcome) {
		a->sent += audio_fifo_fill(fifo);
		audio_fifo_clear(fifo);
		return;
	}
	for (;;) {
		uint32_t frames = audio_fifo_fill(fifo), may = host_may(a);

		frames = frames < may ? frames : may;
		frames = frames < AUDIO_CHUNK / AUDIO_FRAME ? frames : AUDIO_CHUNK / AUDIO_FRAME;
		if (frames == 0 || !send_frames(a, frames))
			break;
	}
	if (a->sink.stopping && audio_fifo_fill(fifo) == 0) {
		a->sink.stopping = false;
		send_msg(a, &(struct audio_msg){ .head.type = AUDIO_STOP });
	}
	link_flush(&a->link);
}

void host_listen(struct audio *a, bool on)
{
	struct audio_msg m = { .head.type = AUDIO_LISTEN, .onoff.on = on };

	if (!a->link.joined || !a->welcome)
		return;
	send_msg(a, &m);
	link_flush(&a->link);
}

static struct audio *audio_of(struct link *l)
{
	return SPA_CONTAINER_OF(l, struct audio, link);
}

static void handle_joined(struct link *l)
{
	struct audio_msg m = { .head.type = AUDIO_HELLO, .hello.version = AUDIO_VERSION };
	struct audio *a = audio_of(l);

	a->sent = a->granted = 0;
	a->welcome = false;
	send_msg(a, &m);
}

static void handle_ended(struct link *l)
{
	struct audio *a = audio_of(l);

	a->welcome = a->microphone = false;
	a->sent = a->granted = 0;
	source_close(a);
}

static int take_heard(struct audio *a, const struct audio_msg *m)
{
	uint8_t chunk[AUDIO_CHUNK];

	if (carrier_blob(&a->link.carrier, m->pcm.blob, chunk, sizeof(chunk)) < 0)
		return -EBADMSG;
	audio_fifo_put(&a->source.fifo, chunk, m->pcm.blob.len / AUDIO_FRAME);
	source_beat(a);
	return 0;
}

static int take_microphone(struct audio *a, bool on)
{
	a->microphone = on;
	if (!on)
		source_close(a);
	else if (source_open(a) < 0)
		log_warning("There is no microphone for programs: PipeWire does not take it");
	return 0;
}

static int handle_message(struct link *l, const struct msg *raw)
{
	struct audio *a = audio_of(l);
	struct audio_msg m;
	int r = audio_decode_host(raw, &m);

	if (r < 0)
		return r;
	switch (m.head.type) {
	case AUDIO_WELCOME:
		a->welcome = true;
		sink_set_delay(a, m.welcome.delay);
		return 0;
	case AUDIO_CREDIT:
		a->granted = m.credit.until;
		host_play(a);
		sink_beat(a);
		return 0;
	case AUDIO_MICROPHONE:
		return take_microphone(a, m.onoff.on);
	default:
		return take_heard(a, &m);
	}
}

static void handle_room(struct link *l)
{
	host_play(audio_of(l));
}

const struct link_ops host_ops = {
	.joined = handle_joined,
	.ended = handle_ended,
	.message = handle_message,
	.room = handle_room,
};
