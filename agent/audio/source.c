/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "agent/audio/audio.h"

#define SOURCE_LATE_MAX 4u /* beats that may wait; older ones are dropped, so that what is heard is of now */

static void handle_process(void *data)
{
	struct audio *a = data;
	struct side *source = &a->source;
	struct pw_buffer *b = pw_stream_dequeue_buffer(source->stream);
	uint32_t frames = side_beat(source);
	struct spa_data *d;

	if (!b)
		return;
	d = &b->buffer->datas[0];
	if (b->requested > 0)
		frames = (uint32_t)b->requested;
	if (frames > d->maxsize / AUDIO_FRAME)
		frames = d->maxsize / AUDIO_FRAME;
	if (d->data)
		audio_fifo_take(&source->fifo, d->data, frames);
	d->chunk->offset = 0;
	d->chunk->stride = (int32_t)AUDIO_FRAME;
	d->chunk->size = frames * AUDIO_FRAME;
	pw_stream_queue_buffer(source->stream, b);
}

static void handle_trigger_done(void *data)
{
	struct audio *a = data;

	a->source.in_cycle = false;
	pw_loop_signal_event(a->loop, a->next);
}

static void handle_state(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error)
{
	struct audio *a = data;

	if (a->source.running == (state == PW_STREAM_STATE_STREAMING))
		return;
	a->source.running = state == PW_STREAM_STATE_STREAMING;
	a->source.in_cycle = false;
	audio_fifo_clear(&a->source.fifo);
	audio_tick(a);
	host_listen(a, a->source.running);
}

static void handle_io(void *data, uint32_t id, void *area, uint32_t size)
{
	struct audio *a = data;

	if (id == SPA_IO_Position)
		a->source.position = area;
}

static const struct pw_stream_events source_events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = handle_state,
	.io_changed = handle_io,
	.process = handle_process,
	.trigger_done = handle_trigger_done,
};

void source_beat(struct audio *a)
{
	struct side *source = &a->source;
	uint32_t beat = side_beat(source), fill = audio_fifo_fill(&source->fifo);

	if (fill > SOURCE_LATE_MAX * beat)
		audio_fifo_drop(&source->fifo, fill - beat);
	if (source->running && !source->in_cycle && audio_fifo_fill(&source->fifo) >= beat)
		side_trigger(source);
}

int source_open(struct audio *a)
{
	if (a->source.stream)
		return 0;
	a->source.stream = audio_stream(a, false, "vmOS microphone");
	if (!a->source.stream)
		return -errno;
	pw_stream_add_listener(a->source.stream, &a->source.hook, &source_events, a);
	return audio_connect(a->source.stream, false);
}

void source_close(struct audio *a)
{
	struct pw_stream *stream = a->source.stream;

	if (!stream)
		return;
	spa_hook_remove(&a->source.hook);
	a->source = (struct side){ 0 };
	pw_stream_destroy(stream);
	audio_tick(a);
}
