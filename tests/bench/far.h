/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest of the channel's benchmark as the host holds it: the region it was given, its bells, and its sides. */
#ifndef VMOS_TESTS_BENCH_FAR_H
#define VMOS_TESTS_BENCH_FAR_H

#include <sys/types.h>

#include "tests/bench/side.h"

struct far {
	int listener, connection; /* the ivshmem server's */
	int memory, to_host, to_guest;
	pid_t qemu;
	uint8_t *block; /* SIDE_BLOCK_MAX bytes of its own */
	struct side sides[SIDE_SLOTS]; /* 0 is the channel; those over a file have no carrier here */
	enum side_way ways[SIDE_SLOTS]; /* 0: none */
	unsigned slots;
};

/* Makes the region and listens at @path for the QEMU that will have it. */
int far_open(struct far *f, const char *path);
/* Serves that QEMU and waits until its guest has joined. */
int far_meet(struct far *f);

int far_ask(struct far *f, const struct side_note *ask);
/* Asks and waits: the answer comes to @ret_answer (may be NULL). */
int far_call(struct far *f, const struct side_note *ask, struct side_note *ret_answer);
int far_answer(struct far *f, struct side_note *ret_answer);

/*
 * A further side of the guest's, with the host at its other end or, for a file, below it. @word: of a serial port the
 * chardev's socket; of TCP the host's address as the guest sees it; else not used. The slot, or -errno.
 */
int far_add(struct far *f, enum side_way way, const char *word);

/* The way that a subject of the benchmark goes; 0: there is none of that name. */
enum side_way far_way_of(const char *subject);

#endif
