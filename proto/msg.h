/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 64-byte message that both rings of both channels carry, and typed access
 * to its body. No other file does arithmetic on a message's bytes.
 */
#ifndef PROTO_MSG_H
#define PROTO_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSG_SIZE 64
#define MSG_BODY 48

/* A message as it lies in a ring, little endian. Always a private copy, never shared memory. */
struct msg {
	uint8_t bytes[MSG_SIZE];
};

/* The first 16 bytes of a message. */
struct msg_head {
	uint16_t type;
	uint16_t flags; /* must be 0 in version 1 */
	uint32_t win; /* gui: window; ctl: 0 */
	uint32_t seq; /* counts messages of a direction, wraps; for logs only */
	uint32_t serial; /* gui: the CONFIGURE meant; else 0 */
};

/* Bytes of a blob in the sender's half of the blob zone. */
struct blob_ref {
	uint32_t off;
	uint32_t len;
};

void msg_head_get(const struct msg *m, struct msg_head *ret_head);
void msg_head_put(struct msg *m, const struct msg_head *head);

/*
 * A reader or writer of a body. Getters never run past the body: they return 0
 * and set @bad. msg_reader_end() says whether all was well and every byte not
 * read is zero; it is the only way to accept a message.
 */
struct msg_reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct msg_writer {
	uint8_t *at;
	size_t left;
	bool bad;
};

void msg_reader_init(struct msg_reader *r, const struct msg *m);
uint8_t msg_get_u8(struct msg_reader *r);
uint16_t msg_get_u16(struct msg_reader *r);
uint32_t msg_get_u32(struct msg_reader *r);
uint64_t msg_get_u64(struct msg_reader *r);
int32_t msg_get_s32(struct msg_reader *r);
void msg_get_bytes(struct msg_reader *r, void *dst, size_t len);
bool msg_reader_end(const struct msg_reader *r);

/* Clears the body of @m first: what is not written is zero. */
void msg_writer_init(struct msg_writer *w, struct msg *m);
void msg_put_u8(struct msg_writer *w, uint8_t v);
void msg_put_u16(struct msg_writer *w, uint16_t v);
void msg_put_u32(struct msg_writer *w, uint32_t v);
void msg_put_u64(struct msg_writer *w, uint64_t v);
void msg_put_s32(struct msg_writer *w, int32_t v);
void msg_put_bytes(struct msg_writer *w, const void *src, size_t len);

#endif
