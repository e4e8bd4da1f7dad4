/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What carries a session: a channel's region, or a stream of vsock. The calls
 * are those of channel.h, where they are described; who opens it, and whom it
 * wakes, knows which of the two it is.
 */
#ifndef PROTO_CARRIER_H
#define PROTO_CARRIER_H

#include "proto/channel.h"
#include "proto/vstream.h"

struct carrier {
	bool streams; /* else @channel is in use */
	struct channel channel;
	struct vstream stream;
};

uint32_t carrier_epoch(const struct carrier *c);
/* The head.seq of the next message. */
uint32_t carrier_seq(const struct carrier *c);
bool carrier_is_joined(const struct carrier *c);

enum channel_state carrier_poll(struct carrier *c);
int carrier_recv(struct carrier *c, struct msg *ret_msg);
int carrier_blob(struct carrier *c, struct blob_ref untrusted_ref, void *dst, size_t cap);
/* True: the peer waits for that. A stream's peer sees it by itself. */
bool carrier_recv_done(struct carrier *c);
bool carrier_arm(struct carrier *c);
int carrier_reserve(struct carrier *c, const void *blob, size_t len, struct blob_ref *ret_ref);
int carrier_send(struct carrier *c, struct msg *m);
size_t carrier_room(struct carrier *c);
/* True: ring for the peer; of a stream: write what is pending. */
bool carrier_flush(struct carrier *c);
bool carrier_want(struct carrier *c, bool on);

#endif
