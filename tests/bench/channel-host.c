/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures ways between a guest and the host, all of one boot, in turn: the channel through the real device, where both
 * sleep and ring as vmOS's programs do, and others beside it.
 *
 *   channel-host SOCKET ROUNDS TURN_MS [SUBJECT=WORD | pid=PID | qmp=SOCKET]…
 *
 * Serves the region at SOCKET to the QEMU that runs channel-guest. SUBJECT and WORD as in far.h; PID is a process that
 * works for one of them. Prints "WHAT CASE SUBJECT VALUE": rtt and rtt99 (us, median and 99th percentile of a turn),
 * to-guest and to-host (MiB/s), and of the latter cpu-guest, cpu-host (ns a byte), wake-guest, wake-host, exits (a
 * message) and what they are for; part (us): what a channel's message is made of; touch (us): what a MiB of a channel
 * costs at its first use. Each way is measured when its memory is warm.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/bench/load.h"
#include "tests/bench/side-local.h"

#define BELLS 4000
#define LEAST_TRIPS 10
#define LEAST_BLOCKS 4

struct subject {
	char name[32];
	unsigned slot;
};

struct job {
	const struct subject *s;
	const struct load *l;
	enum side_type type;
};

static struct far far;
static struct subject subjects[SIDE_SLOTS] = { { "vmos", 0 } };
static unsigned n_subjects = 1;
static int pids[USAGE_PIDS_MAX];
static struct turn turn = { .pids = pids, .qmp = -1 };

static struct side *side_of(const struct subject *s)
{
	struct side *side = &far.sides[s->slot];

	return side->carrier ? side : NULL;
}

static int trips(const struct subject *s, const struct load *l, uint32_t count, struct side_times *ret)
{
	struct side *side = side_of(s);
	const struct side_note ask = {
		.type = side ? SIDE_ECHO : SIDE_TRIPS,
		.slot = s->slot,
		.size = l->size,
		.count = count,
	};
	struct side_note answer;
	int r;

	if (side) {
		r = far_ask(&far, &ask);
		return r < 0 ? r : side_trips(side, l->size, count, far.block, ret);
	}
	r = far_call(&far, &ask, &answer);
	*ret = (struct side_times){ answer.value, answer.other };
	return r;
}

static int run_trips(const void *data, uint32_t count, uint64_t *ret_ns)
{
	const struct job *job = data;
	struct side_times times;
	int r = trips(job->s, job->l, count, &times);

	*ret_ns = times.p50 * count;
	return r;
}

static int measure_trips(const struct subject *s, const struct load *l)
{
	const struct job job = { .s = s, .l = l };
	struct side_times times;
	uint32_t count;
	int r = load_count(&(struct load_work){ run_trips, &job }, LEAST_TRIPS, &count);

	if (r == 0)
		r = trips(s, l, count, &times);
	if (r == 0) {
		tell("rtt", l->name, s->name, (double)times.p50 / 1e3);
		tell("rtt99", l->name, s->name, (double)times.p99 / 1e3);
	}
	return r;
}

static int move(const struct subject *s, const struct load *l, enum side_type type, uint32_t count, uint64_t *ret_ns)
{
	const struct side_note ask = { .type = (uint16_t)type, .slot = s->slot, .size = l->size, .count = count };
	struct side *side = side_of(s);
	uint64_t begin = side_now_ns();
	int r = far_ask(&far, &ask);

	if (r == 0 && side)
		r = type == SIDE_SINK ? side_pour(side, l->size, count, far.block) : side_drain(side, count, far.block);
	if (r == 0)
		r = far_answer(&far, NULL);
	*ret_ns = side_now_ns() - begin;
	return r;
}

static int run_move(const void *data, uint32_t count, uint64_t *ret_ns)
{
	const struct job *job = data;

	return move(job->s, job->l, job->type, count, ret_ns);
}

static int measure_rate(const struct subject *s, const struct load *l, enum side_type type)
{
	const struct job job = { s, l, type };
	uint32_t count;
	uint64_t ns;
	int r = load_warm(&(struct load_work){ run_move, &job }, l->size);

	if (r == 0)
		r = load_count(&(struct load_work){ run_move, &job }, LEAST_BLOCKS, &count);
	if (r < 0)
		return r;
	if (type == SIDE_SOURCE)
		turn_begin(&turn);
	r = move(s, l, type, count, &ns);
	if (r < 0)
		return r;
	if (type == SIDE_SOURCE)
		turn_end(&turn, l, s->name, count);
	tell(type == SIDE_SINK ? "to-guest" : "to-host", l->name, s->name, mib_s((double)l->size * count, ns));
	return 0;
}

/* Of the channel's memory, what is there. */
static double memory_mib(void)
{
	struct stat st;

	return fstat(far.memory, &st) < 0 ? 0 : (double)st.st_blocks * 512 / (1 << 20);
}

/* What memory costs that was never touched: a direction's first turn, less the third, by what came into being in it. */
static int measure_touch(enum side_type type, const char *direction)
{
	const struct load *all = &loads[LOADS - 1];
	double touched = -memory_mib();
	uint64_t ns[3] = { 0 };
	int r = 0;

	for (unsigned i = 0; r == 0 && i < 3; i++) {
		r = move(&subjects[0], all, type, VMOS_CTL_BLOB / all->size, &ns[i]);
		touched += i == 0 ? memory_mib() : 0;
	}
	if (r == 0 && touched > 0)
		tell("touch", direction, "vmos", ((double)ns[0] - (double)ns[2]) / touched / 1e3);
	return r;
}

static int run_copy(const void *data, uint32_t count, uint64_t *ret_ns)
{
	const struct job *job = data;
	const struct side_note ask = { .type = SIDE_COPY, .size = job->l->size, .count = count };
	struct side_note answer;
	int r = far_call(&far, &ask, &answer);

	*ret_ns = answer.value;
	return r;
}

/* What no way can be faster than: the bytes copied once in the guest, for a round trip twice. */
static int measure_copy(const struct load *l)
{
	const struct job job = { .l = l };
	uint32_t count;
	uint64_t ns = 0;
	int r = load_count(&(struct load_work){ run_copy, &job }, LEAST_BLOCKS, &count);

	if (r == 0)
		r = run_copy(&job, count, &ns);
	if (r < 0)
		return r;
	tell("to-host", l->name, "memcpy", mib_s((double)l->size * count, ns));
	tell("rtt", l->name, "memcpy", 2 * (double)ns / count / 1e3);
	tell("part", l->name, "copy-guest", (double)ns / count / 1e3);
	tell("part", l->name, "copy-host", (double)local_copy_ns(l->size, count) / count / 1e3);
	return 0;
}

static int wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, SIDE_TIMEOUT_MS) == 1 ? 0 : -ETIMEDOUT;
}

static void *answer_bells(void *data)
{
	const int *fds = data;

	for (unsigned i = 0; i < BELLS && wait_readable(fds[0]) == 0; i++) {
		fd_eventfd_take(fds[0]);
		fd_eventfd_kick(fds[1]);
	}
	return NULL;
}

/* Rings and waits to be rung, BELLS times; the round trip and, within, the ringing alone. */
static int ring_bells(int out, int in, uint64_t *ret_trip, uint64_t *ret_kick)
{
	static uint64_t bell_trips[BELLS], kicks[BELLS];
	int r = 0;

	for (unsigned i = 0; r == 0 && i < BELLS; i++) {
		uint64_t begin = side_now_ns();

		fd_eventfd_kick(out);
		kicks[i] = side_now_ns() - begin;
		r = wait_readable(in);
		fd_eventfd_take(in);
		bell_trips[i] = side_now_ns() - begin;
	}
	*ret_trip = side_percentile(bell_trips, BELLS, 50);
	*ret_kick = side_percentile(kicks, BELLS, 50);
	return r;
}

/* The limit on the host: two threads that ring each other. */
static int measure_eventfd(double *ret_wake_us)
{
	int fds[2] = { eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	uint64_t trip, kick;
	pthread_t thread;
	int r;

	if (pthread_create(&thread, NULL, answer_bells, fds) != 0)
		return -EAGAIN;
	r = ring_bells(fds[0], fds[1], &trip, &kick);
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
	if (r < 0)
		return r;
	tell("rtt", "64B", "eventfd", (double)trip / 1e3);
	*ret_wake_us = ((double)trip / 2 - (double)kick) / 1e3;
	tell("part", "bell", "host-wake", *ret_wake_us);
	return 0;
}

/* A round trip of bells and what it is made of. What is left is the interrupt's way to the program in the guest. */
static int measure_bells(void)
{
	const struct side_note ask_bell = { .type = SIDE_BELL, .count = BELLS },
			       ask_kick = { .type = SIDE_KICK, .count = BELLS };
	struct side_note answer;
	uint64_t trip, kick;
	double wake;
	int r = measure_eventfd(&wake);

	if (r == 0)
		r = far_ask(&far, &ask_bell);
	/* it must have taken the question before a bell can be one of these */
	usleep(20000);
	fd_eventfd_take(far.to_host);
	if (r == 0)
		r = ring_bells(far.to_guest, far.to_host, &trip, &kick);
	if (r == 0)
		r = far_answer(&far, NULL);
	if (r == 0)
		r = far_call(&far, &ask_kick, &answer);
	if (r < 0)
		return r;
	tell("part", "bell", "round-trip", (double)trip / 1e3);
	tell("part", "bell", "host-kick", (double)kick / 1e3);
	tell("part", "bell", "guest-kick", (double)answer.value / BELLS / 1e3);
	tell("part", "bell", "interrupt",
		(double)trip / 1e3 - wake - (double)kick / 1e3 - (double)answer.value / BELLS / 1e3);
	return 0;
}

static int measure_rings(void)
{
	const struct side_note ask = { .type = SIDE_RING, .count = 20000 };
	struct side_note answer;
	uint64_t ns;
	int r = far_call(&far, &ask, &answer);

	if (r == 0)
		r = local_ring_ns(ask.count, &ns);
	if (r < 0)
		return r;
	tell("part", "ring", "guest", (double)answer.value / ask.count / 1e3);
	tell("part", "ring", "host", (double)ns / ask.count / 1e3);
	return 0;
}

static int measure_load(const struct load *l)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n_subjects; i++)
		r = measure_trips(&subjects[i], l);
	for (unsigned i = 0; r == 0 && i < n_subjects; i++)
		r = measure_rate(&subjects[i], l, SIDE_SOURCE);
	for (unsigned i = 0; r == 0 && i < n_subjects; i++)
		r = measure_rate(&subjects[i], l, SIDE_SINK);
	return r < 0 ? r : measure_copy(l);
}

static int measure(unsigned long rounds)
{
	const struct side_note end = { .type = SIDE_END };
	int r = measure_touch(SIDE_SOURCE, "to-host");

	if (r == 0)
		r = measure_touch(SIDE_SINK, "to-guest");
	for (unsigned long i = 0; r == 0 && i < rounds; i++) {
		r = measure_bells();
		if (r == 0)
			r = measure_rings();
		for (unsigned n = 0; r == 0 && n < LOADS; n++)
			r = measure_load(&loads[n]);
	}
	return r < 0 ? r : far_ask(&far, &end);
}

static void add_subject(const char *name, const char *word)
{
	int slot = far_way_of(name) ? far_add(&far, far_way_of(name), word) : -EINVAL;

	if (slot < 0) {
		fprintf(stderr, "channel-host: %s is left out: %s\n", name, strerror(-slot));
		return;
	}
	snprintf(subjects[n_subjects].name, sizeof(subjects[0].name), "%s", name);
	subjects[n_subjects++].slot = (unsigned)slot;
}

static void take_word(char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		return;
	*value++ = '\0';
	if (strcmp(word, "pid") == 0 && turn.n < USAGE_PIDS_MAX)
		pids[turn.n++] = (int)strtol(value, NULL, 10);
	else if (strcmp(word, "qmp") == 0)
		turn.qmp = turn_qmp(value);
	else
		add_subject(word, value);
}

int main(int argc, char **argv)
{
	int r;

	if (argc < 4) {
		fprintf(stderr, "usage: channel-host SOCKET ROUNDS TURN_MS [SUBJECT=WORD | pid=PID | qmp=SOCKET]…\n");
		return 2;
	}
	load_turn_ns = strtoull(argv[3], NULL, 10) * 1000000;
	r = far_open(&far, argv[1]);
	if (r == 0)
		r = far_meet(&far);
	if (r == 0) {
		pids[turn.n++] = getpid();
		pids[turn.n++] = far.qemu;
		for (int i = 4; i < argc; i++)
			take_word(argv[i]);
		r = measure(strtoul(argv[2], NULL, 10));
	}
	unlink(argv[1]);
	if (r < 0)
		fprintf(stderr, "channel-host: %s\n", strerror(-r));
	return r < 0;
}
