/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/sound.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <pipewire/impl.h>
#include <spa/param/audio/format-utils.h>
#include <spa/param/props.h>

#include "audio/guest.h"
#include "audio/manager.h"
#include "base/log.h"

#define TITLE_MAX (VM_NAME_MAX + 16)
#define POD_MAX 1024
#define ROUNDS_MAX 200 /* turns of the loop until the stream is known to the server: 20 s */

/* A mixer's scale is the cube root of the amplitude, as PulseAudio's was: half way up sounds half as loud. */
static float to_amplitude(uint32_t percent)
{
	float part = (float)percent / 100;

	return part * part * part;
}

static uint32_t to_percent(float amplitude)
{
	float percent = cbrtf(amplitude) * 100;

	return percent >= 100 ? 100 : percent > 0 ? (uint32_t)lroundf(percent) : 0;
}

bool sound_is_there(const struct sound *s)
{
	return s->core != NULL;
}

/*
 * The connection is gone: nothing of it can be used any more. vmosd starts a
 * helper with another one; where there is no vmosd this one keeps the channel
 * for the next.
 */
static int handle_leave(sd_event_source *source, void *userdata)
{
	struct sound *s = userdata;

	sound_close(s);
	if (s->manager->link.sock >= 0)
		manager_fail(s->manager, HELPER_REASON_DISPLAY, "the sound server left");
	else
		log_info("the sound server left");
	return 0;
}

static void handle_core_error(void *data, uint32_t id, int seq, int res, const char *message)
{
	struct sound *s = data;

	log_debug("PipeWire: %s (%d)", message, res);
	if (id != PW_ID_CORE || (res != -EPIPE && res != -EPROTO))
		return;
	s->broken = true;
	if (s->leave)
		sd_event_source_set_enabled(s->leave, SD_EVENT_ONESHOT);
}

static const struct pw_core_events core_events = {
	PW_VERSION_CORE_EVENTS,
	.error = handle_core_error,
};

/* Bytes of a frame's run that the server asks for, as far as they fit into @d. */
static uint32_t frames_wanted(const struct pw_buffer *b, const struct spa_data *d)
{
	uint32_t room = d->maxsize / AUDIO_FRAME;

	return b->requested > 0 && b->requested < room ? (uint32_t)b->requested : room;
}

static void handle_play(void *data)
{
	struct sound *s = data;
	struct pw_buffer *b = pw_stream_dequeue_buffer(s->out);
	struct spa_data *d;
	uint32_t n;

	if (!b)
		return;
	d = &b->buffer->datas[0];
	if (d->data) {
		n = frames_wanted(b, d);
		guest_take(s->guest, d->data, n);
		d->chunk->offset = 0;
		d->chunk->stride = (int32_t)AUDIO_FRAME;
		d->chunk->size = n * AUDIO_FRAME;
	}
	pw_stream_queue_buffer(s->out, b);
}

static void handle_record(void *data)
{
	struct sound *s = data;
	struct pw_buffer *b = pw_stream_dequeue_buffer(s->in);
	struct spa_data *d;

	if (!b)
		return;
	d = &b->buffer->datas[0];
	if (d->data && d->chunk->offset <= d->maxsize && d->chunk->size <= d->maxsize - d->chunk->offset)
		guest_heard(s->guest, (uint8_t *)d->data + d->chunk->offset, d->chunk->size / AUDIO_FRAME);
	pw_stream_queue_buffer(s->in, b);
}

/* A stream has controls only from some time after it was connected. */
static void apply(struct sound *s)
{
	float level = to_amplitude(s->volume), mute = s->muted, levels[2] = { level, level };

	if (!s->core || !pw_stream_get_control(s->out, SPA_PROP_channelVolumes) ||
		!pw_stream_get_control(s->out, SPA_PROP_mute))
		return;
	s->applied = true;
	pw_stream_set_control(s->out, SPA_PROP_channelVolumes, 2, levels, SPA_PROP_mute, 1, &mute, 0);
}

/* Somebody, we or a mixer, has set volume or mute. */
static void handle_control(void *data, uint32_t id, const struct pw_stream_control *control)
{
	struct sound *s = data;
	float sum = 0;

	if (!s->applied) {
		apply(s);
		return;
	}
	if (id == SPA_PROP_mute && control->n_values > 0) {
		s->muted = control->values[0] > 0;
	} else if (id == SPA_PROP_channelVolumes && control->n_values > 0) {
		for (uint32_t i = 0; i < control->n_values; i++)
			sum += control->values[i];
		s->volume = to_percent(sum / (float)control->n_values);
	} else {
		return;
	}
	manager_tell_audio(s->manager);
}

static void handle_state(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error)
{
	log_debug("stream: %s%s%s", pw_stream_state_as_string(state), error ? ": " : "", error ? error : "");
}

static const struct pw_stream_events out_events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = handle_state,
	.control_info = handle_control,
	.process = handle_play,
};

static const struct pw_stream_events in_events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = handle_state,
	.process = handle_record,
};

static struct pw_stream *make_stream(struct sound *s, bool out, const char *target)
{
	char title[TITLE_MAX], name[TITLE_MAX];
	struct pw_properties *props;

	snprintf(name, sizeof(name), "vmos.%s", s->vm);
	snprintf(title, sizeof(title), "%s (vmOS)", s->vm);
	/* What it was set to is kept by vmosd, beside all else that is set for a VM. */
	props = pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, out ? "Playback" : "Capture",
		PW_KEY_NODE_NAME, name, PW_KEY_NODE_DESCRIPTION, title, PW_KEY_MEDIA_NAME, title, PW_KEY_APP_NAME,
		title, PW_KEY_APP_ID, name, PW_KEY_NODE_LATENCY, SOUND_LATENCY, "state.restore-props", "false", NULL);
	if (!props)
		return NULL;
	if (target)
		pw_properties_setf(props, PW_KEY_TARGET_OBJECT, "%s", target);
	/* the session manager must not move it to what a sink plays */
	if (!out)
		pw_properties_update(props,
			&SPA_DICT_INIT_ARRAY(((const struct spa_dict_item[]){ { PW_KEY_NODE_DONT_RECONNECT, "true" },
				{ "node.dont-fallback", "true" }, { "node.dont-move", "true" } })));
	return pw_stream_new(s->core, title, props);
}

static int connect_stream(struct pw_stream *stream, bool out)
{
	uint8_t buffer[POD_MAX];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(buffer, sizeof(buffer));
	const struct spa_pod *params[1];

	params[0] = spa_format_audio_raw_build(&b, SPA_PARAM_EnumFormat,
		&SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_S16_LE, .rate = AUDIO_RATE, .channels = 2,
			.position = { SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR }));
	return pw_stream_connect(stream, out ? PW_DIRECTION_OUTPUT : PW_DIRECTION_INPUT, PW_ID_ANY,
		PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | (out ? PW_STREAM_FLAG_INACTIVE : 0), params,
		1);
}

/* Records from the microphone of this moment, or not at all. */
static void record(struct sound *s)
{
	const char *source = s->listening ? sources_best(&s->sources) : NULL;

	if (s->in && source && strcmp(source, s->recorded) == 0)
		return;
	if (s->in) {
		pw_stream_destroy(s->in);
		s->in = NULL;
	}
	if (!source)
		return;
	s->in = make_stream(s, false, source);
	if (!s->in)
		return;
	snprintf(s->recorded, sizeof(s->recorded), "%s", source);
	pw_stream_add_listener(s->in, &s->in_hook, &in_events, s);
	if (connect_stream(s->in, false) < 0)
		log_warning("PipeWire gives no microphone");
}

static int handle_again(sd_event_source *source, void *userdata)
{
	struct sound *s = userdata;

	if (s->core)
		record(s);
	return 0;
}

/* Not from inside the library's callback: a stream may have to go. */
static void handle_sources(void *data)
{
	struct sound *s = data;

	if (s->again)
		sd_event_source_set_enabled(s->again, SD_EVENT_ONESHOT);
}

/* No configuration of the user's is read: it could name modules that need what the sandbox refuses. */
static int make_context(struct sound *s)
{
	static const char *const modules[] = { "libpipewire-module-protocol-native", "libpipewire-module-client-node",
		"libpipewire-module-adapter", "libpipewire-module-metadata" };

	s->loop = pw_loop_new(NULL);
	if (!s->loop)
		return -errno;
	pw_loop_enter(s->loop);
	s->context = pw_context_new(s->loop,
		pw_properties_new(PW_KEY_CONFIG_NAME, "null", "context.num-data-loops", "0", "mem.allow-mlock", "false",
			"support.dbus", "false", NULL),
		0);
	if (!s->context)
		return -errno;
	pw_context_add_spa_lib(s->context, "audio.convert.*", "audioconvert/libspa-audioconvert");
	pw_context_add_spa_lib(s->context, "audio.adapt", "audioconvert/libspa-audioconvert");
	pw_context_add_spa_lib(s->context, "support.*", "support/libspa-support");
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (!pw_context_load_module(s->context, modules[i], NULL, NULL))
			return -errno;
	return 0;
}

/* Until the server has answered all: by then the library has loaded what it ever needs. */
static int settle(struct sound *s)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		enum pw_stream_state state = pw_stream_get_state(s->out, NULL);

		if (state == PW_STREAM_STATE_ERROR || s->broken)
			return -EPIPE;
		if (state >= PW_STREAM_STATE_PAUSED || pw_stream_get_node_id(s->out) != SPA_ID_INVALID)
			return 0;
		if (pw_loop_iterate(s->loop, 100) < 0)
			return -EIO;
	}
	return -ETIMEDOUT;
}

int sound_open(struct sound *s, const char *vm, int fd)
{
	char title[TITLE_MAX];
	int r;

	snprintf(s->vm, sizeof(s->vm), "%s", vm);
	if (fd < 0)
		return 0;
	pw_init(NULL, NULL);
	pw_log_set_level(SPA_LOG_LEVEL_ERROR); /* it warns of the configuration that we do without */
	r = make_context(s);
	if (r < 0) {
		close(fd);
		return r;
	}
	snprintf(title, sizeof(title), "%s (vmOS)", vm);
	s->core = pw_context_connect_fd(s->context, fd, pw_properties_new(PW_KEY_APP_NAME, title, NULL), 0);
	if (!s->core)
		return -errno;
	pw_core_add_listener(s->core, &s->core_hook, &core_events, s);
	s->out = make_stream(s, true, NULL);
	if (!s->out)
		return -errno;
	pw_stream_add_listener(s->out, &s->out_hook, &out_events, s);
	r = connect_stream(s->out, true);
	if (r >= 0)
		r = sources_open(&s->sources, s->core, handle_sources, s);
	return r < 0 ? r : settle(s);
}

static int handle_loop(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct sound *s = userdata;

	if (pw_loop_iterate(s->loop, 0) < 0 && errno != EINTR)
		sd_event_source_set_enabled(s->leave, SD_EVENT_ONESHOT);
	return 0;
}

int sound_prepare(struct sound *s, sd_event *event)
{
	int r = sd_event_add_defer(event, &s->leave, handle_leave, s);

	if (r >= 0)
		r = sd_event_source_set_enabled(s->leave, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &s->again, handle_again, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->again, SD_EVENT_OFF);
	if (r >= 0 && s->loop)
		r = sd_event_add_io(event, &s->io, pw_loop_get_fd(s->loop), EPOLLIN, handle_loop, s);
	return r < 0 ? r : 0;
}

void sound_close(struct sound *s)
{
	s->io = sd_event_source_disable_unref(s->io);
	s->core = NULL;
}

void sound_play(struct sound *s, bool on)
{
	if (!s->core || s->playing == on)
		return;
	s->playing = on;
	pw_stream_set_active(s->out, on);
}

void sound_listen(struct sound *s, bool on)
{
	s->listening = on;
	if (s->core)
		record(s);
}

void sound_set(struct sound *s, uint32_t volume, bool muted)
{
	s->volume = volume;
	s->muted = muted;
	s->applied = false;
	apply(s);
}
