/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include <spa/param/latency-utils.h>

#include "agent/audio/audio.h"

#define SINK_DELAY_POD 256

static void handle_process(void *data)
{
	struct audio *a = data;
	struct side *sink = &a->sink;
	struct pw_buffer *b = pw_stream_dequeue_buffer(sink->stream);
	struct spa_data *d;
	uint32_t offset, size;

	if (!b)
		return;
	d = &b->buffer->datas[0];
	offset = SPA_MIN(d->chunk->offset, d->maxsize);
	size = SPA_MIN(d->chunk->size, d->maxsize - offset);
	/* another stream may be the clock, and run ahead of the host's: then what is too much goes */
	if (d->data && audio_fifo_fill(&sink->fifo) <= AUDIO_STORE_MAX)
		audio_fifo_put(&sink->fifo, (uint8_t *)d->data + offset, size / AUDIO_FRAME);
	sink->moved = sink->moved || size > 0;
	pw_stream_queue_buffer(sink->stream, b);
	host_play(a);
}

static void handle_trigger_done(void *data)
{
	static const uint8_t silence[AUDIO_CHUNK];
	struct audio *a = data;
	struct side *sink = &a->sink;
	uint32_t beat = side_beat(sink);

	sink->in_cycle = false;
	/* a cycle in which nobody played is a time of silence, else it would be over at once and the next begin */
	if (!sink->moved && beat <= AUDIO_CHUNK / AUDIO_FRAME)
		audio_fifo_put(&sink->fifo, silence, beat);
	host_play(a);
	pw_loop_signal_event(a->loop, a->next); /* not from here: a cycle may be over before this one's last word */
}

static void handle_state(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error)
{
	struct audio *a = data;

	if (state == PW_STREAM_STATE_ERROR) {
		audio_quit(a, error);
		return;
	}
	if (a->sink.running == (state == PW_STREAM_STATE_STREAMING))
		return;
	a->sink.running = state == PW_STREAM_STATE_STREAMING;
	a->sink.in_cycle = false;
	audio_tick(a);
	a->sink.stopping = !a->sink.running;
	if (a->sink.running)
		sink_beat(a);
	else
		host_play(a);
}

static void handle_io(void *data, uint32_t id, void *area, uint32_t size)
{
	struct audio *a = data;

	if (id == SPA_IO_Position)
		a->sink.position = area;
}

static const struct pw_stream_events sink_events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = handle_state,
	.io_changed = handle_io,
	.process = handle_process,
	.trigger_done = handle_trigger_done,
};

/* The host's window may be smaller than a cycle of the graph: then each begins with nothing left of the one before. */
void sink_beat(struct audio *a)
{
	struct side *sink = &a->sink;
	uint32_t fill = audio_fifo_fill(&sink->fifo), may = host_may(a), beat = side_beat(sink);

	if (!sink->running || sink->in_cycle || may < fill)
		return;
	if (may - fill >= beat || (fill == 0 && may >= beat / 2))
		side_trigger(sink);
}

void sink_set_delay(struct audio *a, uint32_t frames)
{
	uint8_t buffer[SINK_DELAY_POD];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(buffer, sizeof(buffer));
	const struct spa_process_latency_info info = { .ns = (int64_t)frames * SPA_NSEC_PER_SEC / AUDIO_RATE };
	const struct spa_pod *params[1];

	params[0] = spa_process_latency_build(&b, SPA_PARAM_ProcessLatency, &info);
	if (params[0] && a->sink.stream)
		pw_stream_update_params(a->sink.stream, params, 1);
}

int sink_open(struct audio *a)
{
	a->sink.stream = audio_stream(a, true, "vmOS");
	if (!a->sink.stream)
		return -errno;
	pw_stream_add_listener(a->sink.stream, &a->sink.hook, &sink_events, a);
	return audio_connect(a->sink.stream, true);
}
