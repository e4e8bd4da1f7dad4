/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the agents make of a sender's stream and of FARs, however both are cut, and what ends a relay for them. */
#include "agent/ctl/far.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/tests/far_stand.h"
#include "base/fd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define STREAM_MAX (4u << 20)
#define GENERATION 77
#define CTL_PIPE 65000 /* bytes: as much as an agent reads at once */

static struct far_stand stand;
static uint8_t sent[STREAM_MAX], got[STREAM_MAX], channel[STREAM_MAX];
static size_t sent_len, got_len, channel_len;
static uint32_t seed;

static uint32_t pick(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void add(uint16_t type, size_t len)
{
	const struct xfer_head head = { .type = type, .len = (uint32_t)len };

	assert_true(sent_len + XFER_HEAD + len <= STREAM_MAX);
	xfer_head_put(sent + sent_len, &head);
	for (size_t i = 0; i < len; i++)
		sent[sent_len + XFER_HEAD + i] = (uint8_t)pick(256);
	sent_len += XFER_HEAD + len;
}

/* Well formed heads, and lengths on both sides of what a FAR is worth. */
static void make_stream(void)
{
	static const size_t lens[] = { 1, FAR_LEAST - 1, FAR_LEAST, FAR_PEEK, XFER_DATA_MAX - 1, XFER_DATA_MAX };

	sent_len = 0;
	add(XFER_START, XFER_START_LEN);
	for (int i = 0; i < 60; i++) {
		add(XFER_FILE, 1 + pick(XFER_PATH_MAX));
		for (uint32_t n = pick(4); n > 0; n--)
			add(XFER_DATA, pick(2) ? lens[pick(COUNT(lens))] : 1 + pick(XFER_DATA_MAX));
		add(XFER_END, XFER_HASH);
	}
	add(XFER_DONE, 0);
}

static void open_stand(void)
{
	assert_int_equal(far_stand_open(&stand, GENERATION), 0);
}

/* Takes what a program wrote to @fd to the channel's side, in reads of at most @max bytes. */
static void pump_source(int fd, size_t max)
{
	static uint8_t out[CTL_PIPE + FAR_MORE];
	size_t len;
	ssize_t n;

	do {
		n = far_source_read(&stand.source, fd, max, out, &len);
		assert_true(len <= max + FAR_MORE && channel_len + len <= STREAM_MAX);
		memcpy(channel + channel_len, out, len);
		channel_len += len;
	} while (n > 0);
	assert_true(n == -EAGAIN || n == -ENOBUFS || n == 0);
}

/* Gives the target what is on the channel from @at on, in pieces, and takes what it writes. Where it stands then. */
static size_t pump_target(const int fds[2], size_t at)
{
	size_t taken, piece = 0;
	int r = 1;

	while (r > 0 || (r == 0 && at < channel_len)) {
		if (piece == 0)
			piece = 1 + pick(pick(2) ? 5000 : 20);
		piece = piece < channel_len - at ? piece : channel_len - at;
		r = far_target_write(&stand.target, fds[1], channel + at, piece, &taken);
		at += taken;
		piece -= taken;
		if (r == -EAGAIN)
			r = 1;
		for (ssize_t n = 1; n > 0;) {
			n = read(fds[0], got + got_len, STREAM_MAX - got_len);
			got_len += n > 0 ? (size_t)n : 0;
		}
	}
	assert_true(r == 0 || r == -ENOBUFS);
	return at;
}

/* The relay copies in one of @lazy turns: its ring is full now and then, where that is many. */
static void pass(size_t max, uint32_t lazy)
{
	int in[2], out[2];
	size_t written = 0, at = 0;

	open_stand();
	assert_int_equal(pipe2(in, O_NONBLOCK | O_CLOEXEC) | pipe2(out, O_NONBLOCK | O_CLOEXEC), 0);
	channel_len = got_len = 0;
	for (int i = 0; i < 1000000 && got_len < sent_len; i++) {
		size_t want = 1 + pick(100000);
		ssize_t n = write(in[1], sent + written, want < sent_len - written ? want : sent_len - written);

		written += n > 0 ? (size_t)n : 0;
		pump_source(in[0], max);
		if (pick(lazy) == 0)
			far_stand_step(&stand);
		at = pump_target(out, at);
	}
	assert_int_equal(got_len, sent_len);
	assert_memory_equal(got, sent, sent_len);
	fd_close_all(in, 2);
	fd_close_all(out, 2);
}

static void test_same(void **state)
{
	static const size_t max[] = { 1, 7, 100, FAR_PEEK - 1, FAR_PEEK, CTL_PIPE };

	for (size_t i = 0; i < COUNT(max); i++) {
		seed = (uint32_t)i;
		make_stream();
		pass(max[i], 1 + 10 * (uint32_t)i);
		assert_true(stand.moved > sent_len / 2 && channel_len < sent_len / 2);
		far_stand_close(&stand);
	}
}

/* What is no stream of records goes on as it is: the courier refuses it. */
static void test_no_records(void **state)
{
	sent_len = 200000;
	for (size_t i = 0; i < sent_len; i++)
		sent[i] = (uint8_t)(0x99 + i);
	open_stand();
	channel_len = 0;
	for (size_t at = 0; at < sent_len; at += 10000) {
		int fds[2];

		assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
		assert_int_equal(fd_write_all(fds[1], sent + at, 10000), 0);
		pump_source(fds[0], CTL_PIPE);
		fd_close_all(fds, 2);
	}
	assert_int_equal(channel_len, sent_len);
	assert_memory_equal(channel, sent, sent_len);
	assert_int_equal(stand.source.area.count, 0);
	far_stand_close(&stand);
}

/* Nor can a program name bytes that nobody put in. */
static void test_own_far(void **state)
{
	static uint8_t out[CTL_PIPE + FAR_MORE];
	const struct xfer_head head = { .type = XFER_FAR, .len = XFER_FAR_LEN };
	uint8_t bytes[XFER_HEAD];
	int fds[2];
	size_t len;

	open_stand();
	xfer_head_put(bytes, &head);
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(fds[1], bytes, sizeof(bytes)), 0);
	assert_int_equal(far_source_read(&stand.source, fds[0], CTL_PIPE, out, &len), -EBADMSG);
	fd_close_all(fds, 2);
	far_stand_close(&stand);
}

static int give(const void *bytes, size_t len)
{
	int fds[2], r = 1;
	const uint8_t *in = bytes;
	size_t taken;

	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	while (r > 0) {
		r = far_target_write(&stand.target, fds[1], in, len, &taken);
		assert_true(taken <= len);
		in += taken;
		len -= taken;
	}
	fd_close_all(fds, 2);
	return r;
}

static size_t make_far(uint8_t *at, uint64_t count, uint32_t generation, uint32_t bytes)
{
	const struct xfer_head head = { .type = XFER_FAR, .len = XFER_FAR_LEN };
	const struct xfer_far far = { .count = count, .generation = generation, .bytes = bytes };

	xfer_head_put(at, &head);
	xfer_far_put(at + XFER_HEAD, &far);
	return FAR_RECORD;
}

static void test_bad_far(void **state)
{
	static const struct xfer_far bad[] = { { 0, GENERATION + 1, 1 }, { 1, GENERATION, 1 }, { 0, GENERATION, 0 },
		{ 0, GENERATION, XFER_DATA_MAX + 1 }, { UINT64_MAX, GENERATION, 1 } };
	uint8_t far[FAR_RECORD], junk[XFER_HEAD] = { 0x99 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		open_stand();
		make_far(far, bad[i].count, bad[i].generation, bad[i].bytes);
		assert_int_equal(give(far, sizeof(far)), -EBADMSG);
		far_stand_close(&stand);
	}
	open_stand();
	assert_int_equal(give(junk, sizeof(junk)), -EBADMSG);
	far_stand_close(&stand);
	/* cut short, it waits for the rest and has said nothing yet */
	for (size_t len = 0; len < FAR_RECORD; len++) {
		open_stand();
		make_far(far, 0, GENERATION, 10);
		assert_int_equal(give(far, len), 0);
		assert_int_equal(stand.target.out_len, 0);
		far_stand_close(&stand);
	}
	open_stand();
	make_far(far, 0, GENERATION, 10);
	assert_int_equal(give(far, sizeof(far)), -ENOBUFS);
	far_stand_end(&stand);
	assert_int_equal(give(far, 0), -ESTALE);
	far_stand_close(&stand);
}

/* The last bytes of a relay that is over count still; of the source's end nothing does. */
static void test_end(void **state)
{
	struct area *source = &stand.source.area, *target = &stand.target.area;
	size_t n;

	open_stand();
	area_pass(source, 1000);
	far_stand_step(&stand);
	far_stand_end(&stand);
	assert_int_equal(area_look(source, &n), -ESTALE);
	assert_int_equal(area_look(target, &n), 0);
	assert_int_equal(n, 1000);
	area_pass(target, 1000);
	assert_int_equal(area_look(target, &n), -ESTALE);
	assert_true(area_sleep(target, 1));
	far_stand_close(&stand);
}

/* A count that cannot be, and an area in which another relay has begun. */
static void test_impossible(void **state)
{
	struct vmos_relay_side *host;
	size_t n;

	open_stand();
	host = (struct vmos_relay_side *)(stand.areas[1] + VMOS_RELAY_HOST_OFF);
	host->count = VMOS_AREA_RING;
	assert_int_equal(area_look(&stand.target.area, &n), 0);
	assert_int_equal(n, VMOS_AREA_RING);
	host->count++;
	assert_int_equal(area_look(&stand.target.area, &n), -ESTALE);
	host->count = 5;
	host->generation = GENERATION + 1;
	assert_int_equal(area_look(&stand.target.area, &n), -ESTALE);
	assert_int_equal(n, 0);
	host = (struct vmos_relay_side *)(stand.areas[0] + VMOS_RELAY_HOST_OFF);
	host->count = 1; /* more than was put in */
	assert_int_equal(area_look(&stand.source.area, &n), -ESTALE);
	far_stand_close(&stand);
}

static void test_join(void **state)
{
	struct area area;
	char path[64];
	int fd;

	open_stand();
	assert_int_equal(area_join(&area, stand.fds[0], 3, GENERATION + 1, true), -ESTALE);
	assert_int_equal(area_join(&area, stand.fds[0], 2, GENERATION, true), -ESTALE);
	assert_int_equal(area_join(&area, stand.fds[0], VMOS_AREAS, GENERATION, true), -EINVAL);
	assert_int_equal(area_join(&area, stand.fds[0], 3, 0, true), -EINVAL);
	/* as a driver that knows no areas: nobody maps one to write */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", stand.fds[0]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(area_join(&area, fd, 3, GENERATION, true), -EACCES);
	assert_null(area.base);
	close(fd);
	far_stand_close(&stand);
}

/* Who waits says so, and no more when it goes on. */
static void test_waits(void **state)
{
	const struct vmos_relay_side *guest;
	struct area *source = &stand.source.area;
	size_t n;

	open_stand();
	guest = (const struct vmos_relay_side *)(stand.areas[0] + VMOS_RELAY_GUEST_OFF);
	assert_int_equal(guest->generation, GENERATION);
	area_pass(source, VMOS_AREA_RING);
	assert_int_equal(area_look(source, &n), 0);
	assert_int_equal(n, 0);
	assert_false(area_sleep(source, 1));
	assert_int_equal(guest->waits, 1);
	far_stand_step(&stand);
	assert_true(area_sleep(source, VMOS_AREA_RING));
	area_pass(source, 1);
	assert_int_equal(guest->waits, 0);
	assert_int_equal(guest->count, VMOS_AREA_RING + 1);
	((struct vmos_relay_side *)(stand.areas[0] + VMOS_RELAY_HOST_OFF))->waits = 1;
	assert_true(area_pass(source, 1));
	far_stand_close(&stand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_no_records),
		cmocka_unit_test(test_own_far),
		cmocka_unit_test(test_bad_far),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
