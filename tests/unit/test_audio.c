/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sound: its messages, the frames in store, and how many of them there should be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audio/pace.h"
#include "proto/audio.h"
#include "proto/audio_fifo.h"
#include "proto/uapi/vmos_channel.h"
#include "tests/unit/unit.h"

#define HEAD(t) .type = (t), .seq = 77

static const struct audio_msg good[] = {
	{ .head = { HEAD(AUDIO_HELLO) }, .hello = { .version = 1 } },
	{ .head = { HEAD(AUDIO_PLAY) }, .pcm.blob = { .off = VMOS_AUDIO_BLOB - AUDIO_CHUNK, .len = AUDIO_CHUNK } },
	{ .head = { HEAD(AUDIO_PLAY) }, .pcm.blob = { .off = 64, .len = AUDIO_FRAME } },
	{ .head = { HEAD(AUDIO_STOP) } },
	{ .head = { HEAD(AUDIO_LISTEN) }, .onoff.on = 1 },
	{ .head = { HEAD(AUDIO_WELCOME) }, .welcome = { .version = 1, .rate = AUDIO_RATE, .delay = AUDIO_STORE_MAX } },
	{ .head = { HEAD(AUDIO_CREDIT) }, .credit.until = UINT32_MAX },
	{ .head = { HEAD(AUDIO_MICROPHONE) }, .onoff.on = 0 },
	{ .head = { HEAD(AUDIO_HEARD) }, .pcm.blob = { .off = 0, .len = AUDIO_CHUNK } },
};

static const struct audio_msg bad[] = {
	{ .head = { HEAD(AUDIO_HELLO) }, .hello = { .version = 0 } },
	{ .head = { HEAD(AUDIO_PLAY) }, .pcm.blob = { .off = 0, .len = 0 } },
	{ .head = { HEAD(AUDIO_PLAY) }, .pcm.blob = { .off = 0, .len = 6 } },
	{ .head = { HEAD(AUDIO_PLAY) }, .pcm.blob = { .off = 0, .len = AUDIO_CHUNK + AUDIO_FRAME } },
	{ .head = { HEAD(AUDIO_PLAY) }, .pcm.blob = { .off = VMOS_AUDIO_BLOB - 4, .len = 8 } },
	{ .head = { HEAD(AUDIO_PLAY) }, .pcm.blob = { .off = UINT32_MAX, .len = 8 } },
	{ .head = { HEAD(AUDIO_LISTEN) }, .onoff.on = 2 },
	{ .head = { HEAD(AUDIO_WELCOME) }, .welcome = { .version = 1, .rate = 44100 } },
	{ .head = { HEAD(AUDIO_WELCOME) },
		.welcome = { .version = 1, .rate = AUDIO_RATE, .delay = AUDIO_STORE_MAX + 1 } },
	{ .head = { HEAD(0) } },
	{ .head = { HEAD(AUDIO_HEARD + 1) } },
	{ .head = { .type = AUDIO_STOP, .win = 1 } },
};

static void test_messages(void **state)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		bool to_host = good[i].head.type < AUDIO_WELCOME;
		struct audio_msg back;
		struct msg m;

		assert_int_equal(audio_encode(&good[i], &m), 0);
		assert_int_equal(audio_decode_guest(&m, &back), to_host ? 0 : -EBADMSG);
		assert_int_equal(audio_decode_host(&m, &back), to_host ? -EBADMSG : 0);
		assert_memory_equal(&back, &good[i], sizeof(back));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct msg m;

		assert_int_equal(audio_encode(&bad[i], &m), -EINVAL);
	}
}

/* Whatever bytes come: what is taken has one encoding, and names bytes inside the zone. */
static void test_mutations(void **state)
{
	uint64_t seed = 3;

	for (unsigned n = 0; n < 200000; n++) {
		struct audio_msg a;
		struct msg m, again;

		assert_int_equal(audio_encode(&good[n % COUNT(good)], &m), 0);
		for (unsigned changes = 1 + n % 4; changes > 0; changes--) {
			uint64_t r = unit_random(&seed);

			m.bytes[r % MSG_SIZE] = (uint8_t)(r >> 16);
		}
		if (audio_decode_guest(&m, &a) < 0 && audio_decode_host(&m, &a) < 0)
			continue;
		assert_int_equal(audio_encode(&a, &again), 0);
		assert_memory_equal(again.bytes, m.bytes, MSG_SIZE);
		if (a.head.type == AUDIO_PLAY)
			assert_true((uint64_t)a.pcm.blob.off + a.pcm.blob.len <= VMOS_AUDIO_BLOB);
	}
}

/* A model: frames are numbers that go up. */
static void test_fifo(void **state)
{
	struct audio_fifo *f = calloc(1, sizeof(*f));
	uint32_t *frames = calloc(AUDIO_FIFO_FRAMES, sizeof(*frames));
	uint32_t in = 0, out = 0;
	uint64_t seed = 4;

	for (unsigned n = 0; n < 20000; n++) {
		uint32_t want = (uint32_t)(unit_random(&seed) % 6000), fill = in - out, got;

		assert_int_equal(audio_fifo_fill(f), fill);
		if (n % 2) {
			for (uint32_t i = 0; i < want; i++)
				frames[i] = in + i;
			got = audio_fifo_put(f, frames, want);
			assert_int_equal(got, want < AUDIO_FIFO_FRAMES - fill ? want : AUDIO_FIFO_FRAMES - fill);
			in += got;
			continue;
		}
		got = audio_fifo_take(f, frames, want);
		assert_int_equal(got, want < fill ? want : fill);
		for (uint32_t i = 0; i < want; i++)
			assert_int_equal(frames[i], i < got ? out + i : 0);
		out += got;
	}
	audio_fifo_drop(f, UINT32_MAX);
	assert_int_equal(audio_fifo_fill(f), 0);
	free(frames);
	free(f);
}

#define BEAT 512u

struct played {
	struct pace pace;
	struct audio_fifo store;
	uint8_t src[AUDIO_STORE_MAX * AUDIO_FRAME], dst[BEAT * AUDIO_FRAME];
};

static struct played *played_new(void)
{
	struct played *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	memset(p->src, 1, sizeof(p->src));
	pace_init(&p->pace);
	pace_begin(&p->pace);
	return p;
}

/* A beat of the sound card's: how many of its frames are the guest's. */
static uint32_t beat(struct played *p, uint32_t comes, bool last)
{
	uint32_t n;

	audio_fifo_put(&p->store, p->src, comes);
	n = pace_take(&p->pace, &p->store, p->dst, BEAT, last);
	for (uint32_t i = 0; i < BEAT * AUDIO_FRAME; i++)
		assert_int_equal(p->dst[i], i < n * AUDIO_FRAME);
	return n;
}

static void test_pace(void **state)
{
	struct played *p = played_new();

	assert_int_equal(beat(p, BEAT, false), 0); /* one beat is not enough to begin with */
	assert_int_equal(beat(p, BEAT, false), BEAT);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(beat(p, BEAT, false), BEAT);
	assert_int_equal(p->pace.underruns, 0);
	assert_int_equal(p->pace.target, PACE_TARGET_MIN);
	assert_int_equal(beat(p, 0, false), BEAT);
	assert_int_equal(beat(p, 0, false), 0); /* a gap: more is gathered before it goes on */
	assert_int_equal(p->pace.underruns, 1);
	assert_int_equal(p->pace.target, PACE_TARGET_MIN * 3 / 2);
	assert_int_equal(beat(p, BEAT, false), 0);
	assert_int_equal(beat(p, BEAT, false), 0);
	assert_int_equal(beat(p, BEAT, false), BEAT);
	free(p);
}

/* What is left at the end is played, however little, and an end is no gap. */
static void test_last(void **state)
{
	struct played *p = played_new();

	assert_int_equal(beat(p, 100, false), 0);
	assert_int_equal(beat(p, 0, true), 100);
	assert_int_equal(beat(p, 0, true), 0);
	assert_int_equal(p->pace.underruns, 0);
	free(p);
}

static void test_bounds(void **state)
{
	struct played *p = played_new();
	uint32_t target;

	/* a guest that is always late gets what is allowed, and no more */
	for (unsigned i = 0; i < 10000; i++)
		beat(p, i % 64 == 0 ? BEAT : 0, i % 3 == 0);
	assert_true(p->pace.target <= PACE_TARGET_MAX);
	target = p->pace.target = PACE_TARGET_MAX;
	audio_fifo_drop(&p->store, UINT32_MAX);
	beat(p, PACE_TARGET_MAX, false);
	/* one that is no longer late gets less again, a beat a minute */
	for (unsigned i = 0; i < 2 * PACE_CALM / BEAT + 2; i++)
		beat(p, BEAT, false);
	assert_int_equal(p->pace.target, target - 2 * BEAT);
	for (unsigned i = 0; i < 40 * (PACE_CALM / BEAT + 1); i++)
		beat(p, BEAT, false);
	assert_int_equal(p->pace.target, PACE_TARGET_MIN);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
