/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that means harm, on the stand: one life of vmos-desktop after the
 * other gets valid, boundary, mutated and random messages, and threads that
 * scribble over header, indices, rings and pixels meanwhile. A life may only
 * end by our QUIT or by its own verdict on the guest (exit code PROTOCOL).
 *
 *	desktop-guest VMOS-DESKTOP SECONDS SEED
 *
 * Prints TAP; the last line says what was done. The seed makes the messages
 * of a run the same again, the races not.
 */
#include <err.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/gui.h"
#include "tests/hostile/stand.h"
#include "tests/hostile/storm.h"

#define LIFE_MS 1500
#define START_MS 30000
#define BURST 64

/* What a life is made of. */
struct kind {
	const char *name;
	unsigned mutate; /* of 1000 messages so many have bytes changed */
	unsigned noise; /* of 1000 so many are random bytes */
	unsigned scribble; /* what the thread changes: SCRIBBLE_* */
};

enum { SCRIBBLE_PIXELS = 1, SCRIBBLE_RING = 2, SCRIBBLE_WORDS = 4, SCRIBBLE_HOST = 8 };

static const struct kind kinds[] = {
	{ "valid", 0, 0, 0 },
	{ "valid, pixels in flight", 0, 0, SCRIBBLE_PIXELS },
	{ "mutated", 20, 0, 0 },
	{ "noise", 0, 5, SCRIBBLE_PIXELS },
	{ "ring in flight", 0, 0, SCRIBBLE_RING },
	{ "indices and epochs", 0, 0, SCRIBBLE_WORDS },
	{ "host zones", 0, 0, SCRIBBLE_HOST | SCRIBBLE_PIXELS },
	{ "everything", 5, 2, SCRIBBLE_PIXELS | SCRIBBLE_RING | SCRIBBLE_WORDS | SCRIBBLE_HOST },
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

struct attack {
	struct stand stand;
	struct channel ch;
	struct storm storm;
	const struct kind *kind;
	bool stop; /* for the thread; atomic */
	unsigned long sent, lives, refused, quit, bad;
};

static void put_word(struct attack *a, size_t off, uint32_t v)
{
	__atomic_store_n((uint32_t *)((char *)a->stand.base + off), v, __ATOMIC_RELAXED);
}

static void scribble_range(struct attack *a, uint64_t *rng, size_t off, size_t len)
{
	size_t at = off + (storm_random(rng) % len & ~(size_t)3);

	put_word(a, at, storm_boundary(rng));
}

static void *handle_scribbler(void *data)
{
	struct attack *a = data;
	uint64_t rng = a->storm.rng ^ 0x5851f42d4c957f2d;

	while (!__atomic_load_n(&a->stop, __ATOMIC_ACQUIRE)) {
		unsigned what = a->kind->scribble;

		for (int i = 0; what & SCRIBBLE_PIXELS && i < 64; i++)
			scribble_range(a, &rng, a->ch.heap_off, 4u << 20);
		if (what & SCRIBBLE_RING)
			scribble_range(a, &rng, VMOS_G2H_OFF, VMOS_RING_LEN * VMOS_MSG_SIZE);
		if (what & SCRIBBLE_WORDS)
			scribble_range(a, &rng, VMOS_HDR_GUEST_OFF, sizeof(struct vmos_idx));
		if (what & SCRIBBLE_HOST)
			scribble_range(a, &rng, storm_random(&rng) % 2 ? VMOS_HDR_HOST_OFF : VMOS_IDX_HOST_OFF, 512);
		fd_eventfd_kick(a->stand.notify_host);
		usleep((useconds_t)(storm_random(&rng) % 2000));
	}
	return NULL;
}

/* One message, as the kind of life wants it. */
static void send_one(struct attack *a)
{
	struct gui_msg m;
	struct msg packed;
	uint64_t *rng = &a->storm.rng;

	storm_next(&a->storm, &m);
	if (gui_encode(&m, &packed) < 0)
		errx(2, "a valid %s does not encode", gui_type_name(m.head.type));
	if (storm_random(rng) % 1000 < a->kind->noise)
		for (int i = 0; i < MSG_SIZE; i++)
			packed.bytes[i] = (uint8_t)storm_random(rng);
	if (storm_random(rng) % 1000 < a->kind->mutate)
		for (uint64_t n = 1 + storm_random(rng) % 4; n > 0; n--)
			packed.bytes[storm_random(rng) % MSG_SIZE] = (uint8_t)storm_boundary(rng);
	if (channel_send(&a->ch, &packed) == 0)
		a->sent++;
}

static void take_answers(struct attack *a)
{
	struct gui_msg m;
	struct msg packed;
	bool kick;

	while (channel_recv(&a->ch, &packed) == 1) {
		if (gui_decode_host(&packed, &m) == 0)
			storm_answer(&a->storm, &m);
	}
	kick = channel_recv_done(&a->ch);
	kick = channel_flush(&a->ch) || kick;
	if (kick || a->kind->scribble)
		fd_eventfd_kick(a->stand.notify_host);
}

/* Leaves the session, or joins the one that is open. */
static void change_session(struct attack *a)
{
	put_word(a, VMOS_HDR_GUEST_OFF, 0);
	fd_eventfd_kick(a->stand.notify_host);
	for (int i = 0; i < 200 && stand_is_running(&a->stand); i++) {
		usleep(1000);
		stand_poll(&a->stand);
		if (channel_guest_join(&a->ch, a->stand.base, a->stand.size, VMOS_ROLE_GUI) == 0)
			break;
	}
	storm_reset(&a->storm);
}

static void attack_for(struct attack *a, uint64_t ms)
{
	uint64_t end = stand_now_ms() + ms;

	while (stand_is_running(&a->stand) && stand_now_ms() < end) {
		struct pollfd p = { .fd = a->stand.notify_guest, .events = POLLIN };

		if (channel_poll(&a->ch) != CHANNEL_JOINED || storm_random(&a->storm.rng) % 1000 == 0)
			change_session(a);
		for (int i = 0; i < BURST && channel_room(&a->ch); i++)
			send_one(a);
		take_answers(a);
		if (storm_random(&a->storm.rng) % 50 == 0)
			stand_request(&a->stand, HELPER_QUERY);
		poll(&p, 1, storm_random(&a->storm.rng) % 4 ? 2 : 0);
		fd_eventfd_take(a->stand.notify_guest);
		stand_poll(&a->stand);
	}
}

/* Whether the end of this life is one that it may have. */
static bool judge(struct attack *a)
{
	int status = a->stand.status;

	if (stand_is_running(&a->stand)) {
		a->quit++;
		if (stand_quit(&a->stand) == 0)
			return true;
		status = a->stand.status;
		printf("# it did not quit as told: wait status %#x, %s\n", (unsigned)status, a->stand.failure);
		return WIFEXITED(status) && WEXITSTATUS(status) == HELPER_REASON_PROTOCOL;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == HELPER_REASON_PROTOCOL) {
		a->refused++;
		return true;
	}
	printf("# %s: wait status %#x, last word: %s\n", a->kind->name, (unsigned)status, a->stand.failure);
	return false;
}

static bool live(struct attack *a)
{
	pthread_t thread;
	bool ok;

	memset(a->stand.base, 0, VMOS_BLOB_OFF);
	stand_start(&a->stand);
	if (!stand_wait_up(&a->stand, START_MS)) {
		printf("# it did not come up: %s\n", a->stand.failure);
		if (stand_is_running(&a->stand))
			stand_quit(&a->stand);
		return false;
	}
	storm_reset(&a->storm);
	for (int i = 0; i < 1000 && channel_guest_join(&a->ch, a->stand.base, a->stand.size, VMOS_ROLE_GUI) < 0; i++)
		usleep(1000);
	__atomic_store_n(&a->stop, false, __ATOMIC_RELEASE);
	if (pthread_create(&thread, NULL, handle_scribbler, a) != 0)
		errx(2, "no thread");
	attack_for(a, LIFE_MS);
	__atomic_store_n(&a->stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	ok = judge(a);
	a->lives++;
	if (a->stand.bad_reports || a->stand.stats.bytes_copied) {
		printf("# %u reports were not well formed, %llu bytes copied\n", a->stand.bad_reports,
			(unsigned long long)a->stand.stats.bytes_copied);
		ok = false;
	}
	if (!a->kind->scribble && !a->kind->mutate && !a->kind->noise && a->stand.failure[0]) {
		printf("# valid messages were refused: %s\n", a->stand.failure);
		ok = false;
	}
	return ok;
}

int main(int argc, char **argv)
{
	static struct attack a;
	unsigned failures[NKINDS] = { 0 }, tries[NKINDS] = { 0 }, failed = 0;
	uint64_t end;

	if (argc != 4)
		errx(2, "usage: desktop-guest VMOS-DESKTOP SECONDS SEED");
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	a.stand.program = argv[1];
	a.stand.vm = "hostile";
	a.stand.rgb = 0xc0392b;
	a.storm.rng = strtoull(argv[3], NULL, 0) | 1;
	end = stand_now_ms() + 1000 * strtoull(argv[2], NULL, 10);
	stand_init(&a.stand);
	for (unsigned i = 0; i < NKINDS || stand_now_ms() < end; i++) {
		a.kind = &kinds[i % NKINDS];
		tries[i % NKINDS]++;
		failures[i % NKINDS] += !live(&a);
	}
	for (unsigned i = 0; i < NKINDS; i++) {
		printf("%sok %u - %s: %u lives\n", failures[i] ? "not " : "", i + 1, kinds[i].name, tries[i]);
		failed += failures[i] != 0;
	}
	printf("1..%zu\n", NKINDS);
	printf("# seed %s: %lu messages in %lu lives, %lu refused, %lu quit by us, %llu commits in the last\n", argv[3],
		a.sent, a.lives, a.refused, a.quit, (unsigned long long)a.stand.stats.frames);
	return failed != 0;
}
