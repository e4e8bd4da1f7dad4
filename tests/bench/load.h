/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What channel-host and channel-pairs measure with: sizes, how many blocks fill a turn, and how a value is told. */
#ifndef VMOS_TESTS_BENCH_LOAD_H
#define VMOS_TESTS_BENCH_LOAD_H

#include <stdint.h>

#include "tests/bench/far.h"
#include "tests/bench/usage.h"

struct load {
	const char *name;
	uint32_t size;
};

#define LOADS 4
extern const struct load loads[LOADS];

/* How long a turn shall take. */
extern uint64_t load_turn_ns;

/* Something to do @count times, as @job says: how long it took. -errno. */
struct load_work {
	int (*run)(const void *job, uint32_t count, uint64_t *ret_ns);
	const void *job;
};

/* How many fill a turn, @least at any rate: tries with few, then with more, as the slowest way may need a second for one. */
int load_count(const struct load_work *work, uint32_t least, uint32_t *ret_count);

/*
 * Blocks of @size bytes until the memory that they pass through has been touched, and twice: what a page costs at its
 * first use, an exit, is told by itself. A way that is too slow for that works for so many turns.
 */
int load_warm(const struct load_work *work, uint32_t size);

/* Prints "WHAT CASE SUBJECT VALUE". */
void tell(const char *what, const char *name, const char *subject, double value);
double mib_s(double bytes, uint64_t ns);

/* All, and what KVM counts of them. */
#define EXIT_KINDS 5

/* What these processes use up for a turn. */
struct turn {
	const int *pids;
	unsigned n;
	int qmp; /* QEMU's control socket, or -1 */
	struct usage before;
	uint64_t exits[EXIT_KINDS];
};

void turn_begin(struct turn *t);
/* Tells CPU a byte and wake-ups and, where KVM counts them, exits a message, of the guest's processors and of the rest. */
void turn_end(struct turn *t, const struct load *l, const char *subject, uint32_t blocks);

/* QEMU's control socket, ready for questions; or -errno. */
int turn_qmp(const char *path);

#endif
