/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One side of a way between a guest and the host, or between two guests, as the benchmark of the channel measures it:
 * notes with a block of bytes, over a channel, a stream of bytes, or a file of a shared folder.
 */
#ifndef TESTS_BENCH_SIDE_H
#define TESTS_BENCH_SIDE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "proto/channel.h"

#define SIDE_BLOCK_MAX (1u << 20)
/* Small messages are told of in lots, as an event loop's turn does; so a stream's are written, too. */
#define SIDE_LOT 64
/* How long a side waits before it says that the other one is gone. */
#define SIDE_TIMEOUT_MS 300000
/* A shared file is written and read round and round. */
#define SIDE_FILE_BYTES (16u << 20)

/* What the host asks a guest for; a BLOCK carries bytes, an ANSWER numbers. Asked by the channel, for any of its sides. */
enum side_type {
	SIDE_ECHO = 1, /* send each of @count blocks of @size bytes back */
	SIDE_SINK, /* take @count blocks, then ANSWER */
	SIDE_SOURCE, /* send @count blocks, then ANSWER */
	SIDE_TRIPS, /* send a block and take one, @count times: ANSWER with median and 99th percentile, in ns */
	SIDE_COPY, /* copy @count blocks in memory: ANSWER with the ns */
	SIDE_RING, /* pass @count messages to itself: ANSWER with the ns */
	SIDE_BELL, /* answer each of @count interrupts by the doorbell, no message; then ANSWER */
	SIDE_KICK, /* ring the doorbell @count times: ANSWER with the ns */
	SIDE_OPEN, /* make side @slot, of enum side_way @count: ANSWER with an errno */
	SIDE_END, /* switch off */
	SIDE_BLOCK,
	SIDE_ANSWER,
};

enum side_way {
	SIDE_SERIAL = 1, /* the guest's virtio-serial port */
	SIDE_TCP, /* connects to the host: value = address << 16 | port */
	SIDE_TCP_CONNECT, /* the same to another guest */
	SIDE_TCP_LISTEN, /* listens at the port in value */
	SIDE_TCP_ACCEPT, /* what has connected since */
	SIDE_VSOCK, /* connects to the host: the port in value */
	SIDE_9P, /* a file in the folder "share" by virtio-9p */
	SIDE_VIRTIOFS, /* the same by virtiofs */
	SIDE_RELAY, /* joins both relays, which the host has made: value = which of the two guests this is */
};

/* A guest's sides; 0 is its channel. */
#define SIDE_SLOTS 8

struct side_note {
	uint16_t type;
	uint32_t count, size, slot;
	uint64_t value, other;
};

struct side;

struct side_carrier {
	int (*send)(struct side *s, const struct side_note *note, const void *block);
	int (*receive)(struct side *s, struct side_note *ret_note, void *block);
	int (*flush)(struct side *s);
};

/* How bytes of a stream are written, all of them, and read, some. -errno. */
struct side_bytes {
	int (*write)(struct side *s, struct iovec *parts, int n);
	ssize_t (*read)(struct side *s, void *to, size_t len);
};

struct side {
	const struct side_carrier *carrier; /* NULL: no such side */
	int fd; /* of a channel: readable when the peer has rung */
	unsigned unsent, untold; /* messages since the last flush, and since the last that gave room back */

	struct channel channel;
	void (*kick)(struct side *s); /* rings at the peer's */
	void (*clear)(struct side *s); /* takes what is readable */
	void *data;

	const struct side_bytes *bytes; /* of a stream */
	uint8_t *out, *in; /* of a stream: notes not yet written, bytes not yet taken */
	size_t in_at, in_len;

	uint32_t size; /* of a file: what a read takes */
	uint32_t out_at, file_at; /* where the next write and the next read go */
};

/* The caller has set fd, channel, kick, clear and data. */
extern const struct side_carrier side_channel;
/* @bytes over @fd, which becomes the side's; NULL: it is a connected socket or a character device. -ENOMEM. */
int side_stream_open(struct side *s, int fd, const struct side_bytes *bytes);
/* A file of SIDE_FILE_BYTES, which it fills. */
int side_file_open(struct side *s, int fd);
/* Ends a stream's or a file's side. */
void side_close(struct side *s);

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
/* Median and 99th percentile, in ns. */
struct side_times {
	uint64_t p50, p99;
};

/* Round trips of a block. */
int side_trips(struct side *s, uint32_t size, uint32_t count, void *block, struct side_times *ret);
/* Sorts @times: the value at @percent of 100. */
uint64_t side_percentile(uint64_t *times, uint32_t count, unsigned percent);

/* A note as 64 bytes, with where its block is. -EBADMSG. */
void side_note_put(struct msg *m, const struct side_note *note, struct blob_ref ref);
int side_note_get(const struct msg *m, struct side_note *ret_note, struct blob_ref *ret_ref);

uint64_t side_now_ns(void);

#endif
