/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <spa/param/audio/format-utils.h>

#include "agent/audio/audio.h"
#include "base/log.h"

#define DEVICE "/dev/vmos-audio"
#define POD_MAX 1024
#define TICK_NS 100000000 /* ten times a second, while something runs */
#define LATENCY SPA_STRINGIFY(512) "/48000"

void audio_quit(struct audio *a, const char *why)
{
	log_error("The sound server: %s", why ? why : "it left");
	a->exit_code = 1;
	pw_main_loop_quit(a->main);
}

static void handle_core_error(void *data, uint32_t id, int seq, int res, const char *message)
{
	if (id == PW_ID_CORE)
		audio_quit(data, message);
}

static const struct pw_core_events core_events = {
	PW_VERSION_CORE_EVENTS,
	.error = handle_core_error,
};

static void handle_device(void *data, int fd, uint32_t mask)
{
	struct audio *a = data;
	int r;

	do {
		r = link_turn(&a->link);
	} while (r > 0);
	if (r < 0)
		audio_quit(a, "the channel to the host is broken");
}

static void handle_tick(void *data, uint64_t expirations)
{
	struct audio *a = data;

	/* nobody is there to be the clock */
	if (!a->link.joined || !a->welcome)
		a->granted = a->sent + AUDIO_RATE / 10;
	a->sink.in_cycle = a->source.in_cycle = false;
	sink_beat(a);
	source_beat(a);
}

static void handle_next(void *data, uint64_t count)
{
	sink_beat(data);
	source_beat(data);
}

static void handle_signal(void *data, int signo)
{
	pw_main_loop_quit(((struct audio *)data)->main);
}

void audio_tick(struct audio *a)
{
	bool on = a->sink.running || a->source.running;
	struct timespec period = { .tv_nsec = on ? TICK_NS : 0 };

	pw_loop_update_timer(a->loop, a->tick, &period, &period, false);
}

uint32_t side_beat(const struct side *side)
{
	uint64_t beat = side->position ? side->position->clock.target_duration : 0;

	return beat > 0 && beat <= AUDIO_FIFO_FRAMES / 2 ? (uint32_t)beat : AUDIO_BEAT_DEFAULT;
}

/* What a clock of the graph says before each cycle. */
static void set_clock(struct side *side)
{
	struct spa_io_clock *clock = &side->position->clock;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	clock->nsec = SPA_TIMESPEC_TO_NSEC(&now);
	clock->rate = clock->target_rate;
	clock->position += clock->duration;
	clock->duration = clock->target_duration;
	clock->delay = audio_fifo_fill(&side->fifo);
	clock->rate_diff = 1.0;
	clock->next_nsec = clock->nsec + clock->duration * SPA_NSEC_PER_SEC / AUDIO_RATE;
}

bool side_trigger(struct side *side)
{
	if (!side->stream || !pw_stream_is_driving(side->stream))
		return false;
	if (side->position)
		set_clock(side);
	side->in_cycle = true;
	side->moved = false;
	return pw_stream_trigger_process(side->stream) >= 0;
}

struct pw_stream *audio_stream(struct audio *a, bool sink, const char *description)
{
	struct pw_properties *props = pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CLASS,
		sink ? "Audio/Sink" : "Audio/Source", PW_KEY_NODE_NAME, sink ? "vmos" : "vmos-microphone",
		PW_KEY_NODE_DESCRIPTION, description, PW_KEY_NODE_LATENCY, LATENCY, PW_KEY_PRIORITY_SESSION,
		/* above the sink, as a program that records would get else what that plays */
		sink ? "1000" : "2000", PW_KEY_PRIORITY_DRIVER, sink ? "30000" : "25000", NULL);

	return props ? pw_stream_new(a->core, description, props) : NULL;
}

int audio_connect(struct pw_stream *stream, bool sink)
{
	uint8_t buffer[POD_MAX];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(buffer, sizeof(buffer));
	const struct spa_pod *params[1];

	params[0] = spa_format_audio_raw_build(&b, SPA_PARAM_EnumFormat,
		&SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_S16_LE, .rate = AUDIO_RATE, .channels = 2,
			.position = { SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR }));
	return pw_stream_connect(stream, sink ? PW_DIRECTION_INPUT : PW_DIRECTION_OUTPUT, PW_ID_ANY,
		PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_DRIVER | PW_STREAM_FLAG_RT_PROCESS, params, 1);
}

/* All on one loop: the graph's cycles wait for the host anyway. */
static int audio_open(struct audio *a)
{
	int r;

	a->main = pw_main_loop_new(NULL);
	if (!a->main)
		return -errno;
	a->loop = pw_main_loop_get_loop(a->main);
	pw_loop_add_signal(a->loop, SIGTERM, handle_signal, a);
	pw_loop_add_signal(a->loop, SIGINT, handle_signal, a);
	a->tick = pw_loop_add_timer(a->loop, handle_tick, a);
	a->context = pw_context_new(a->loop, pw_properties_new("context.num-data-loops", "0", NULL), 0);
	a->next = pw_loop_add_event(a->loop, handle_next, a);
	if (!a->tick || !a->next || !a->context)
		return -errno;
	a->core = pw_context_connect(a->context, NULL, 0);
	if (!a->core)
		return -errno;
	pw_core_add_listener(a->core, &a->core_hook, &core_events, a);
	r = sink_open(a);
	if (r < 0)
		return r;
	r = link_open(&a->link, DEVICE, VMOS_ROLE_AUDIO, &host_ops);
	if (r < 0)
		return r;
	a->device = pw_loop_add_io(a->loop, link_fd(&a->link), SPA_IO_IN, false, handle_device, a);
	return a->device ? 0 : -errno;
}

int main(int argc, char **argv)
{
	static struct audio audio;
	int r;

	log_open("vmos-audio", NULL);
	pw_init(&argc, &argv);
	r = audio_open(&audio);
	if (r < 0) {
		log_error("There is no sound: %s", strerror(-r));
		return 1;
	}
	handle_device(&audio, link_fd(&audio.link), SPA_IO_IN);
	pw_main_loop_run(audio.main);
	link_close(&audio.link);
	return audio.exit_code;
}
