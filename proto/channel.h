/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One side of a channel: two rings and two blob zones in a mapped region
 * (proto/uapi/vmos_channel.h has the layout). Memory operations only: mapping,
 * eventfds and sleeping are the caller's.
 *
 * Sessions. The host opens a session by zeroing idx_host, then writing a new
 * epoch to hdr_host and notifying the guest. A guest that sees an epoch it has
 * not joined resets its own indices, writes that epoch to hdr_guest and
 * notifies. The host takes no message before hdr_guest.epoch equals its own.
 * When a joined guest's epoch changes (its agent died: the module writes 0),
 * the session is over and the host opens the next one.
 *
 * Sleeping. A consumer arms wake_at, looks again, sleeps. A producer notifies
 * only when its prod passes the peer's wake_at. A producer without room sets
 * want; the consumer notifies it when cons moves.
 */
#ifndef PROTO_CHANNEL_H
#define PROTO_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/msg.h"
#include "proto/uapi/vmos_channel.h"

/* At most this many messages are taken per wake before the caller yields to its event loop. */
#define CHANNEL_BATCH 256

/* Bytes of the region of @role, and of one direction's blobs in it. 0: there is no such role. */
size_t channel_region_size(uint32_t role);
uint32_t channel_blob_len(uint32_t role);

enum channel_state {
	CHANNEL_WAITING, /* no peer in this session: send fails with -ENOTCONN, recv gives nothing */
	CHANNEL_JOINED, /* both sides in one session */
	CHANNEL_ENDED, /* the peer left (host side) or the host opened another session (guest side) */
};

struct channel {
	bool is_host;
	enum channel_state state;
	uint8_t *base; /* the mapped region, borrowed */
	size_t size;
	uint32_t blob_len;
	uint64_t heap_off; /* == size when there is no heap */
	uint32_t epoch;

	uint32_t tx_prod, tx_published; /* private copies: the shared words are write-only for us */
	uint32_t tx_blob_head, tx_blob_tail; /* byte positions in our blob zone, free running */
	uint32_t tx_blob_end[VMOS_RING_LEN]; /* blob head after each message in flight */
	uint32_t tx_freed; /* messages whose blobs have been given back */
	uint32_t rx_cons, rx_published;
	uint32_t seq;
	bool asleep; /* armed, and no recv since: for the probes */
	bool broken; /* the peer's index was impossible: recv, send and reserve give -EBADMSG from then on */
};

/*
 * Host: formats @base (@size bytes, a power of two, page aligned) for @role and
 * opens session @epoch (not 0), or the next one that was never open in this
 * region: @c->epoch says which. Nothing else the guest may have left counts.
 * The caller notifies the guest afterwards.
 * -EINVAL: size and role do not fit.
 */
int channel_host_open(struct channel *c, void *base, size_t size, uint32_t role, uint32_t epoch);

/* Host: closes the session in the shared header (epoch 0), for a tidy exit. The caller notifies. */
void channel_host_close(struct channel *c);

/*
 * Guest: joins the session the host has open.
 * -EAGAIN: none is open yet, or one that an agent before us has used up (the
 * host opens the next as soon as it sees that one gone: our epoch is 0 now);
 * -EPROTO: the header is not one we understand.
 * The caller notifies the host after 0 and after -EAGAIN, and tries again on
 * its next wake.
 */
int channel_guest_join(struct channel *c, void *base, size_t size, uint32_t role);

/* Looks at the peer's epoch and moves @c->state on; returns the state. Call on every wake. */
enum channel_state channel_poll(struct channel *c);

/*
 * Takes one message. 1: @ret_msg holds a private copy; 0: none;
 * -EBADMSG: the peer's index is impossible: the session must end.
 * No message of another session is ever taken for one of this: when the peer
 * has left meanwhile, 0 and CHANNEL_ENDED.
 */
int channel_recv(struct channel *c, struct msg *ret_msg);

/*
 * Copies a blob that a just-received message names out of the peer's zone.
 * -EBADMSG: it does not lie inside the zone or is longer than @cap. The copy
 * may tear if the peer writes meanwhile; it is private afterwards.
 */
int channel_blob(const struct channel *c, struct blob_ref untrusted_ref, void *dst, size_t cap);

/* Publishes what was taken. True: notify the peer (it waits for room). */
bool channel_recv_done(struct channel *c);

/* Arms wake_at. True: still nothing to take, the caller may sleep. Call channel_recv_done() before. */
bool channel_arm(struct channel *c);

/*
 * Queues a message; head.seq is filled in. When @blob_len > 0 the bytes go to
 * our blob zone and @ret_ref says where: the caller reserves first by
 * channel_reserve(), encodes the reference, then sends.
 * -EAGAIN: no room (channel_flush(), channel_want() and sleep); -ENOTCONN;
 * -EMSGSIZE; -EBADMSG: the peer's index is impossible, the session must end.
 * After a channel_reserve() that gave 0 the channel_send() has room.
 */
int channel_reserve(struct channel *c, const void *blob, size_t blob_len, struct blob_ref *ret_ref);
int channel_send(struct channel *c, struct msg *m);

/* Bytes of blob that can be sent at once now, contiguous; 0 when the ring is full or there is no peer. */
size_t channel_room(struct channel *c);

/* Publishes what was queued. True: notify the peer (it sleeps). */
bool channel_flush(struct channel *c);

/*
 * Says that we wait for room (@on) or no longer do. Call it after -EAGAIN and
 * a flush. True: the peer has given room since, or no longer can: look again
 * before sleeping.
 */
bool channel_want(struct channel *c, bool on);

#endif
