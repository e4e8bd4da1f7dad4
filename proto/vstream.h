/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl's messages on a stream of bytes, where vsock carries them and no region
 * is there. Bytes in, bytes out: reading and writing them are the caller's.
 * All numbers are little endian:
 *
 *	head	8 bytes: kind, and length of the blob, each 4 bytes
 *	HELLO	16 bytes: magic, major and minor (2 bytes each), role, epoch; no blob
 *	MESSAGE	64 bytes as in a ring, then the blob that it names as offset 0 and this length
 *
 * A stream is one session. The host's HELLO comes first, the guest repeats its
 * epoch, and neither sends a second one. What the other side may send without
 * being heard is the stream's own matter: each side reads on while it cannot
 * write.
 */
#ifndef PROTO_VSTREAM_H
#define PROTO_VSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/channel.h"
#include "proto/ctl.h"
#include "proto/msg.h"

#define VSTREAM_PORT \
	761u /* where the guest's agent listens: only root may bind one below VSTREAM_PORT_END, on either side */
#define VSTREAM_PORT_END 1024u

#define VSTREAM_MAGIC 0x31766d76u /* "vmv1" */
#define VSTREAM_MAJOR 1
#define VSTREAM_MINOR 0

#define VSTREAM_HEAD 8u
#define VSTREAM_HELLO_LEN 16u
#define VSTREAM_BLOB_MAX CTL_ARGS_MAX /* the longest blob of ctl */
#define VSTREAM_FRAME_MAX (VSTREAM_HEAD + VMOS_MSG_SIZE + VSTREAM_BLOB_MAX)
#define VSTREAM_BUFFER (512u << 10)
#define VSTREAM_MEMORY (2 * VSTREAM_BUFFER)

enum vstream_kind { VSTREAM_HELLO = 1, VSTREAM_MESSAGE };

struct vstream {
	bool is_host;
	enum channel_state state;
	uint32_t epoch; /* guest: 0 until the host's HELLO */
	uint32_t seq;
	uint8_t *in, *out; /* halves of the caller's memory */
	size_t in_at, in_end; /* read, not taken yet */
	size_t out_at, out_end; /* queued, not written yet */
	const uint8_t *blob; /* of the message taken last; NULL: it had none, or it was fetched */
	uint32_t blob_len;
	uint32_t reserved; /* bytes of a blob that the next message has */
	bool wants; /* somebody here waits for room: vstream_want() */
	bool ended; /* the peer sends nothing any more */
	bool foreign; /* its HELLO is of another version or role */
	bool broken; /* it sent what no peer sends: -EBADMSG from then on */
};

/*
 * Begins a session on a new stream. @memory: VSTREAM_MEMORY bytes, borrowed. The
 * host says which @epoch (not 0) it is, and its HELLO is queued; a guest gives 0.
 */
void vstream_open(struct vstream *s, void *memory, bool is_host, uint32_t epoch);

/* Where bytes that are read go, and how many at most; there is always room once vstream_recv() has given 0. */
size_t vstream_space(struct vstream *s, uint8_t **ret_to);
/* So many came. */
void vstream_filled(struct vstream *s, size_t len);
/* The peer hung up: when all that is whole was taken, the session has ended. */
void vstream_end(struct vstream *s);

/* What is to be written, and that so much of it was. */
size_t vstream_pending(const struct vstream *s, const uint8_t **ret_from);
void vstream_written(struct vstream *s, size_t len);

/* The same calls as those of channel.h, with the same results; see there. Nothing comes between a reserve and its send. */
enum channel_state vstream_poll(struct vstream *s);
int vstream_recv(struct vstream *s, struct msg *ret_msg);
/* Of the message just taken, once. -EBADMSG also: it names other bytes than came with it. */
int vstream_blob(struct vstream *s, struct blob_ref untrusted_ref, void *dst, size_t cap);
bool vstream_arm(const struct vstream *s);
int vstream_reserve(struct vstream *s, const void *blob, size_t len, struct blob_ref *ret_ref);
int vstream_send(struct vstream *s, struct msg *m);
size_t vstream_room(struct vstream *s);
/* Who writes sees it in @wants: what waits is woken when the stream takes more, also if all has been written by then. */
bool vstream_want(struct vstream *s, bool on);

#endif
