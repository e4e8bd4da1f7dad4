/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One side of the channel that channel-host and channel-guest measure: messages with a block of bytes, and sleeping. */
#ifndef TESTS_BENCH_SIDE_H
#define TESTS_BENCH_SIDE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/channel.h"

#define SIDE_BLOCK_MAX (1u << 20)

/* What the host asks for; a BLOCK carries bytes, an ANSWER a number. */
enum side_type {
	SIDE_ECHO = 1, /* send each of @count blocks of @size bytes back */
	SIDE_SINK, /* take @count blocks, then ANSWER */
	SIDE_SOURCE, /* send @count blocks */
	SIDE_COPY, /* copy @count blocks in memory, ANSWER with the nanoseconds */
	SIDE_END, /* switch off */
	SIDE_BLOCK,
	SIDE_ANSWER,
};

struct side_note {
	uint16_t type;
	uint32_t count, size;
	uint64_t value;
};

struct side {
	struct channel channel;
	unsigned unsent, untold; /* messages since the last flush, and since the last that gave room back */
	int fd; /* readable when the peer has rung */
	void (*kick)(struct side *s); /* rings at the peer's */
	void (*clear)(struct side *s); /* takes what is readable */
	void *data;
};

/*
 * Sends a note, a BLOCK with @block's note.size bytes: as a message of its own when that is MSG_SIZE, else as a blob.
 * Waits for room. -errno as channel_send().
 */
int side_send(struct side *s, const struct side_note *note, const void *block);
/* Waits for a note; a BLOCK's bytes go to @block (SIDE_BLOCK_MAX). -EPIPE: the peer has left. */
int side_receive(struct side *s, struct side_note *ret_note, void *block);
int side_flush(struct side *s);

/* @count blocks one after the other: sends them, or takes them. */
int side_pour(struct side *s, uint32_t size, uint32_t count, const void *block);
int side_drain(struct side *s, uint32_t count, void *block);

uint64_t side_now_ns(void);

#endif
