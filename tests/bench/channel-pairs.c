/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures ways from one guest to another, with one process of the host between them or none; then how many pairs share
 * the machine.
 *
 *   channel-pairs DIR GUESTS ROUNDS TURN_MS PAIRS[,PAIRS…] [SUBJECT=WORD]…
 *
 * Serves regions at DIR/far-N.sock to the QEMUs of channel-guest; 2 N and 2 N + 1 are a pair. Subjects are measured with
 * the first pair while all others sleep: rings (out of the one's ring, into the other's, as the couriers do it),
 * virtio-serial (DIR/serial-N.sock) and vhost-vsock in the same manner, and from guest to guest tcp-bridge, whose word is
 * the second one's address, and relay, by two of the kernel's. Prints "WHAT CASE SUBJECT VALUE": rtt, rtt99, rate,
 * cpu-guest, cpu-host, wake-guest, wake-host as channel-host does; then of so many pairs at once, through their rings:
 * sum (MiB/s), fairness (least rate of a pair by the greatest), memory (KiB of a channel that are there, before the
 * first byte and after all).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/load.h"
#include "tests/bench/side-relay.h"

#define GUESTS_MAX 32
#define PORT 7000
#define LEAST_TRIPS 10
#define LEAST_BLOCKS 4
#define SCALE_SIZE 65536u
#define SCALE_BLOCKS 16u
#define SCALE_LEAST_US 2000000u
#define SCALE_PAIR_US 1000000u /* more pairs than processors take turns: so many of them that these even out */

struct subject {
	char name[32];
	unsigned slots[2]; /* of the guest that sends, and of the other */
	bool direct; /* no process is between them */
};

struct job {
	const struct subject *s;
	const struct load *l;
};

struct pair {
	struct far *from, *to;
	pthread_t thread;
	_Atomic uint64_t bytes;
	int status;
};

static struct far guests[GUESTS_MAX];
static unsigned n_guests;
static struct subject subjects[SIDE_SLOTS] = { { "rings", { 0, 0 }, false } };
static unsigned n_subjects = 1;
static struct pair pairs[GUESTS_MAX / 2];
static atomic_bool over;
static int pids[USAGE_PIDS_MAX];
static unsigned n_pids;

/* Takes blocks of the one and gives them to the other: what a process of the host does that stands between two guests. */
static int pass(struct far *from, unsigned from_slot, struct far *to, unsigned to_slot, uint32_t count)
{
	struct side_note note;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		r = side_receive(&from->sides[from_slot], &note, from->block);
		if (r == 0 && note.type != SIDE_BLOCK)
			r = -EPROTO;
		if (r == 0)
			r = side_send(&to->sides[to_slot], &note, from->block);
	}
	return r < 0 ? r : side_flush(&to->sides[to_slot]);
}

static int trips(const struct subject *s, const struct load *l, uint32_t count, struct side_note *ret_answer)
{
	struct side_note ask = { .type = SIDE_ECHO, .slot = s->slots[1], .size = l->size, .count = count };
	int r = far_ask(&guests[1], &ask);

	ask.type = SIDE_TRIPS;
	ask.slot = s->slots[0];
	if (r == 0)
		r = far_ask(&guests[0], &ask);
	for (uint32_t i = 0; r == 0 && !s->direct && i < count; i++) {
		r = pass(&guests[0], s->slots[0], &guests[1], s->slots[1], 1);
		if (r == 0)
			r = pass(&guests[1], s->slots[1], &guests[0], s->slots[0], 1);
	}
	return r < 0 ? r : far_answer(&guests[0], ret_answer);
}

static int run_trips(const void *data, uint32_t count, uint64_t *ret_ns)
{
	const struct job *job = data;
	struct side_note answer;
	int r = trips(job->s, job->l, count, &answer);

	*ret_ns = answer.value * count;
	return r;
}

static int measure_trips(const struct subject *s, const struct load *l)
{
	const struct job job = { s, l };
	struct side_note answer;
	uint32_t count;
	int r = load_count(&(struct load_work){ run_trips, &job }, LEAST_TRIPS, &count);

	if (r == 0)
		r = trips(s, l, count, &answer);
	if (r < 0)
		return r;
	tell("rtt", l->name, s->name, (double)answer.value / 1e3);
	tell("rtt99", l->name, s->name, (double)answer.other / 1e3);
	return 0;
}

static int move(const struct subject *s, const struct load *l, uint32_t count, uint64_t *ret_ns)
{
	struct side_note ask = { .type = SIDE_SINK, .slot = s->slots[1], .size = l->size, .count = count };
	uint64_t begin = side_now_ns();
	int r = far_ask(&guests[1], &ask);

	ask.type = SIDE_SOURCE;
	ask.slot = s->slots[0];
	if (r == 0)
		r = far_ask(&guests[0], &ask);
	if (r == 0 && !s->direct)
		r = pass(&guests[0], s->slots[0], &guests[1], s->slots[1], count);
	if (r == 0)
		r = far_answer(&guests[1], NULL);
	*ret_ns = side_now_ns() - begin;
	return r < 0 ? r : far_answer(&guests[0], NULL);
}

static int run_move(const void *data, uint32_t count, uint64_t *ret_ns)
{
	const struct job *job = data;

	return move(job->s, job->l, count, ret_ns);
}

static int measure_rate(const struct subject *s, const struct load *l)
{
	struct turn turn = { .pids = pids, .n = n_pids, .qmp = -1 };
	const struct job job = { s, l };
	uint32_t count;
	uint64_t ns;
	int r = load_warm(&(struct load_work){ run_move, &job }, l->size);

	if (r == 0)
		r = load_count(&(struct load_work){ run_move, &job }, LEAST_BLOCKS, &count);
	if (r < 0)
		return r;
	turn_begin(&turn);
	r = move(s, l, count, &ns);
	if (r < 0)
		return r;
	turn_end(&turn, l, s->name, count);
	tell("rate", l->name, s->name, mib_s((double)l->size * count, ns));
	return 0;
}

static void *run_pair(void *data)
{
	const struct side_note sink = { .type = SIDE_SINK, .size = SCALE_SIZE, .count = SCALE_BLOCKS };
	const struct side_note source = { .type = SIDE_SOURCE, .size = SCALE_SIZE, .count = SCALE_BLOCKS };
	struct pair *p = data;
	int r = 0;

	while (r == 0 && !atomic_load(&over)) {
		r = far_ask(p->to, &sink);
		if (r == 0)
			r = far_ask(p->from, &source);
		if (r == 0)
			r = pass(p->from, 0, p->to, 0, SCALE_BLOCKS);
		if (r == 0)
			r = far_answer(p->from, NULL);
		if (r == 0)
			r = far_answer(p->to, NULL);
		atomic_fetch_add(&p->bytes, (uint64_t)SCALE_SIZE * SCALE_BLOCKS);
	}
	p->status = r;
	return NULL;
}

static void tell_pairs(const char *name, unsigned n, const uint64_t *bytes, uint64_t ns)
{
	uint64_t sum = 0, least = UINT64_MAX, most = 1;

	for (unsigned i = 0; i < n; i++) {
		sum += bytes[i];
		least = bytes[i] < least ? bytes[i] : least;
		most = bytes[i] > most ? bytes[i] : most;
	}
	tell("sum", name, "rings", mib_s((double)sum, ns));
	tell("fairness", name, "rings", (double)least / (double)most);
}

/* @n pairs at once, for a second each and two at least, after all have begun. */
static int measure_pairs(unsigned n)
{
	const unsigned window = n * SCALE_PAIR_US;
	uint64_t begin, bytes[GUESTS_MAX / 2] = { 0 };
	unsigned started = 0;
	char name[16];
	int r = 0;

	atomic_store(&over, false);
	for (; started < n; started++) {
		struct pair *p = &pairs[started];

		*p = (struct pair){ .from = &guests[2 * started], .to = &guests[2 * started + 1] };
		if (pthread_create(&p->thread, NULL, run_pair, p) != 0)
			break;
	}
	usleep((useconds_t)(load_turn_ns / 1000));
	begin = side_now_ns();
	for (unsigned i = 0; i < started; i++)
		bytes[i] = atomic_load(&pairs[i].bytes);
	usleep(window > SCALE_LEAST_US ? window : SCALE_LEAST_US);
	begin = side_now_ns() - begin;
	for (unsigned i = 0; i < started; i++)
		bytes[i] = atomic_load(&pairs[i].bytes) - bytes[i];
	atomic_store(&over, true);
	for (unsigned i = 0; i < started; i++) {
		pthread_join(pairs[i].thread, NULL);
		r = pairs[i].status < 0 ? pairs[i].status : r;
	}
	if (r < 0 || started < n)
		return r < 0 ? r : -EAGAIN;
	snprintf(name, sizeof(name), "%u", n);
	tell_pairs(name, n, bytes, begin);
	return 0;
}

static int measure_scale(const char *list)
{
	int r = 0;

	while (r == 0 && *list) {
		char *end;
		unsigned long n = strtoul(list, &end, 10);

		if (n > 0 && 2 * n <= n_guests)
			r = measure_pairs((unsigned)n);
		list = *end ? end + 1 : end;
	}
	return r;
}

static void tell_memory(const char *when)
{
	struct stat st;

	if (fstat(guests[0].memory, &st) == 0)
		tell("memory", when, "channel", (double)st.st_blocks / 2);
}

static int measure(unsigned long rounds, const char *list)
{
	int r = 0;

	for (unsigned long i = 0; r == 0 && i < rounds; i++) {
		for (unsigned n = 0; r == 0 && n < LOADS; n++) {
			for (unsigned k = 0; r == 0 && k < n_subjects; k++)
				r = measure_trips(&subjects[k], &loads[n]);
			for (unsigned k = 0; r == 0 && k < n_subjects; k++)
				r = measure_rate(&subjects[k], &loads[n]);
		}
	}
	tell_memory("used");
	for (unsigned long i = 0; r == 0 && i < rounds; i++)
		r = measure_scale(list);
	return r;
}

/* From guest to guest: the second listens before the first one connects. */
static int add_direct(const char *address, unsigned slots[2])
{
	struct in_addr in;
	char word[24];
	int r = inet_pton(AF_INET, address, &in) == 1 ? 0 : -EINVAL;

	if (r == 0) {
		snprintf(word, sizeof(word), "%u", PORT);
		r = far_add(&guests[1], SIDE_TCP_LISTEN, word);
	}
	if (r >= 0) {
		snprintf(word, sizeof(word), "%llu", (unsigned long long)ntohl(in.s_addr) << 16 | PORT);
		r = far_add(&guests[0], SIDE_TCP_CONNECT, word);
		slots[0] = (unsigned)r;
	}
	if (r >= 0) {
		r = far_add(&guests[1], SIDE_TCP_ACCEPT, "0");
		slots[1] = (unsigned)r;
	}
	return r < 0 ? r : 0;
}

static struct vmos_relay_end relay_end(const struct far *f, unsigned area)
{
	return (struct vmos_relay_end){
		.region = f->memory,
		.kick = f->to_host,
		.call = f->to_guest,
		.len = VMOS_AREA_RING,
		.offset = VMOS_AREA(area),
	};
}

/* One each way; they live as long as we do, and their threads are ours. The gate is a file that anybody may write. */
static int add_relay(unsigned slots[2])
{
	int gate = open("/dev/null", O_RDWR | O_CLOEXEC), r = gate < 0 ? -errno : 0;

	for (unsigned i = 0; r >= 0 && i < 2; i++) {
		struct vmos_relay_create create = {
			.source = relay_end(&guests[i], RELAY_AREA_OUT),
			.target = relay_end(&guests[1 - i], RELAY_AREA_IN),
			.gate = gate,
			.generation = RELAY_GENERATION(i),
		};
		int fd = open("/dev/vmos_relay", O_RDWR | O_CLOEXEC);

		if (fd < 0 || ioctl(fd, VMOS_RELAY_IOC_CREATE, &create) < 0)
			r = -errno;
	}
	for (unsigned i = 0; r >= 0 && i < 2; i++) {
		r = far_add(&guests[i], SIDE_RELAY, i ? "1" : "0");
		slots[i] = (unsigned)r;
	}
	return r < 0 ? r : 0;
}

static int add_passed(const char *name, const char *dir, unsigned slots[2])
{
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < 2; i++) {
		char path[200];

		snprintf(path, sizeof(path), "%s/serial-%u.sock", dir, i);
		r = far_way_of(name) ? far_add(&guests[i], far_way_of(name), path) : -EINVAL;
		slots[i] = (unsigned)r;
	}
	return r < 0 ? r : 0;
}

static void add_subject(const char *dir, const char *name, const char *word)
{
	struct subject *s = &subjects[n_subjects];
	int r;

	s->direct = true;
	if (strcmp(name, "tcp-bridge") == 0) {
		r = add_direct(word, s->slots);
	} else if (strcmp(name, "relay") == 0) {
		r = add_relay(s->slots);
	} else {
		s->direct = false;
		r = add_passed(name, dir, s->slots);
	}
	if (r < 0) {
		fprintf(stderr, "channel-pairs: %s is left out: %s\n", name, strerror(-r));
		return;
	}
	snprintf(s->name, sizeof(s->name), "%s", name);
	n_subjects++;
}

static int meet_all(const char *dir)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n_guests; i++) {
		char path[200];

		snprintf(path, sizeof(path), "%s/far-%u.sock", dir, i);
		r = far_open(&guests[i], path);
	}
	for (unsigned i = 0; r == 0 && i < n_guests; i++)
		r = far_meet(&guests[i]);
	return r;
}

int main(int argc, char **argv)
{
	const struct side_note end = { .type = SIDE_END };
	int r;

	n_guests = argc < 6 ? 0 : (unsigned)strtoul(argv[2], NULL, 10);
	if (n_guests < 2 || n_guests > GUESTS_MAX) {
		fprintf(stderr, "usage: channel-pairs DIR GUESTS ROUNDS TURN_MS PAIRS[,PAIRS…] [SUBJECT=WORD]…\n");
		return 2;
	}
	load_turn_ns = strtoull(argv[4], NULL, 10) * 1000000;
	r = meet_all(argv[1]);
	pids[n_pids++] = getpid();
	pids[n_pids++] = guests[0].qemu;
	pids[n_pids++] = guests[1].qemu;
	tell_memory("joined");
	for (int i = 6; r == 0 && i < argc && n_subjects < SIDE_SLOTS; i++) {
		char *word = strchr(argv[i], '=');

		if (word)
			*word++ = '\0';
		add_subject(argv[1], argv[i], word ? word : "");
	}
	if (r == 0)
		r = measure(strtoul(argv[3], NULL, 10), argv[5]);
	for (unsigned i = 0; r == 0 && i < n_guests; i++)
		r = far_ask(&guests[i], &end);
	if (r < 0)
		fprintf(stderr, "channel-pairs: %s\n", strerror(-r));
	return r < 0;
}
