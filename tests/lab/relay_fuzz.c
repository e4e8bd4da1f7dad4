/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lab/relay_fuzz.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/lab/relay_guest.h"

#define FUZZ_LEN (16u << 10)
/* Away from both ends of the heap, so that there is something before and behind. */
#define FUZZ_OFFSET (VMOS_RELAY_AREA_MIN + 3 * VMOS_PAGE_SIZE)
#define FUZZ_AREA (VMOS_RELAY_DATA_OFF + FUZZ_LEN)
#define FUZZ_CANARY 0xa5
/* Relays at least, however busy the machine is. */
#define FUZZ_RELAYS 20

/* @generation: of the relay that is there now; @joined: the last one that this guest took part in */
struct fuzz_guest {
	struct relay_guest g;
	bool source;
	uint64_t seed;
	uint32_t generation;
	uint32_t joined;
	bool over;
};

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* A number of the kinds that break sums: near a power of two, near what is there, or any. */
static uint64_t odd_number(struct fuzz_guest *f)
{
	uint64_t r = next(&f->seed);

	switch (r & 3) {
	case 0:
		return (1ULL << (r >> 8) % 64) + (r >> 16) % 3 - 1;
	case 1:
		return f->g.count + (r >> 16) % (4 * FUZZ_LEN) - 2 * FUZZ_LEN;
	case 2:
		return f->g.host->count + FUZZ_LEN + (r >> 16) % 3 - 1;
	default:
		return r;
	}
}

static void scribble(struct fuzz_guest *f)
{
	uint64_t r = next(&f->seed);
	uint64_t *word = (uint64_t *)(f->g.base + FUZZ_OFFSET) + (r >> 8) % (FUZZ_AREA / 8);

	__atomic_store_n(word, next(&f->seed), __ATOMIC_RELAXED);
}

/* Fills or empties some of the ring, as a guest that keeps to the rules. */
static void behave(struct fuzz_guest *f)
{
	size_t n = f->source ? relay_guest_room(&f->g) : relay_guest_ready(&f->g);

	if (n > 0 && n <= FUZZ_LEN)
		relay_guest_pass(&f->g, 1 + next(&f->seed) % n);
}

static void step(struct fuzz_guest *f)
{
	uint32_t generation = __atomic_load_n(&f->generation, __ATOMIC_ACQUIRE);
	unsigned kind = (unsigned)(next(&f->seed) >> 20) & 0xffff;

	if (f->joined != generation)
		relay_guest_join(&f->g, f->joined = generation);
	if (kind < 48)
		__atomic_store_n(&f->g.guest->count, odd_number(f), __ATOMIC_RELEASE);
	else if (kind < 96)
		__atomic_store_n(&f->g.guest->generation, (uint32_t)odd_number(f), __ATOMIC_RELEASE);
	else if (kind < 2500)
		__atomic_store_n(&f->g.guest->waits, (uint32_t)next(&f->seed), __ATOMIC_RELAXED);
	else if (kind < 5000)
		relay_guest_kick(&f->g);
	else if (kind < 5020)
		scribble(f);
	else
		behave(f);
}

static void *run_guest(void *arg)
{
	struct fuzz_guest *f = arg;

	while (!__atomic_load_n(&f->over, __ATOMIC_RELAXED)) {
		for (unsigned i = 0; i < 64; i++)
			step(f);
		sched_yield();
	}
	return NULL;
}

static void start_guest(struct fuzz_guest *f, pthread_t *thread)
{
	relay_guest_init(&f->g, FUZZ_OFFSET, FUZZ_LEN);
	memset(f->g.base, FUZZ_CANARY, VMOS_CTL_REGION);
	memset(f->g.base + FUZZ_OFFSET, 0, FUZZ_AREA);
	if (pthread_create(thread, NULL, run_guest, f) != 0)
		errx(2, "no thread");
}

static uint64_t changed(const unsigned char *from, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += from[i] != FUZZ_CANARY;
	return n;
}

static uint64_t stop_guest(struct fuzz_guest *f, pthread_t thread)
{
	uint64_t n;

	__atomic_store_n(&f->over, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	n = changed(f->g.base, FUZZ_OFFSET) +
		changed(f->g.base + FUZZ_OFFSET + FUZZ_AREA, VMOS_CTL_REGION - FUZZ_OFFSET - FUZZ_AREA);
	relay_guest_finish(&f->g);
	return n;
}

static void count_end(struct relay_fuzz *result, int relay)
{
	struct vmos_relay_state state = { 0 };

	if (ioctl(relay, VMOS_RELAY_IOC_STATE, &state) < 0)
		err(2, "state");
	result->moved += state.moved;
	result->revoked += state.ended == ESHUTDOWN || state.ended == 0;
	result->ended_proto += state.ended == EPROTO;
	result->ended_stale += state.ended == ESTALE;
	result->ended_other +=
		state.ended != ESHUTDOWN && state.ended != 0 && state.ended != EPROTO && state.ended != ESTALE;
}

/* One relay, as long as the guests let it live, at most some milliseconds. */
static void one_relay(struct relay_fuzz *result, struct fuzz_guest *f, uint64_t *seed, int gate)
{
	uint32_t generation = result->made + 1;
	struct vmos_relay_create create = {
		.source = relay_guest_end(&f[0].g),
		.target = relay_guest_end(&f[1].g),
		.gate = gate,
		.generation = generation,
		.rate = next(seed) % 4 ? 0 : 1 + next(seed) % (64u << 20),
	};
	int relay = open("/dev/vmos_relay", O_RDONLY | O_CLOEXEC);

	if (relay < 0 || ioctl(relay, VMOS_RELAY_IOC_CREATE, &create) < 0)
		err(2, "a relay");
	result->made++;
	__atomic_store_n(&f[0].generation, generation, __ATOMIC_RELEASE);
	__atomic_store_n(&f[1].generation, generation, __ATOMIC_RELEASE);
	usleep((useconds_t)(next(seed) % 8000));
	if (next(seed) % 2)
		ioctl(relay, VMOS_RELAY_IOC_REVOKE);
	count_end(result, relay);
	close(relay);
}

struct relay_fuzz relay_fuzz(unsigned seconds, uint64_t seed)
{
	struct fuzz_guest f[2] = { { .source = true, .seed = seed | 1 }, { .seed = (seed << 1) | 1 } };
	struct relay_fuzz result = { 0 };
	time_t end;
	int gate = fd_memfd_sealed("gate", 1);
	pthread_t threads[2];

	seed |= 1;
	if (gate < 0)
		errx(2, "no gate");
	for (unsigned i = 0; i < 2; i++)
		start_guest(&f[i], &threads[i]);
	end = time(NULL) + (time_t)seconds;
	while (time(NULL) < end || result.made < FUZZ_RELAYS)
		one_relay(&result, f, &seed, gate);
	for (unsigned i = 0; i < 2; i++)
		result.outside += stop_guest(&f[i], threads[i]);
	close(gate);
	return result;
}
