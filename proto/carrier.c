/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/carrier.h"

uint32_t carrier_epoch(const struct carrier *c)
{
	return c->streams ? c->stream.epoch : c->channel.epoch;
}

uint32_t carrier_seq(const struct carrier *c)
{
	return c->streams ? c->stream.seq : c->channel.seq;
}

bool carrier_is_joined(const struct carrier *c)
{
	return (c->streams ? c->stream.state : c->channel.state) == CHANNEL_JOINED;
}

enum channel_state carrier_poll(struct carrier *c)
{
	return c->streams ? vstream_poll(&c->stream) : channel_poll(&c->channel);
}

int carrier_recv(struct carrier *c, struct msg *ret_msg)
{
	return c->streams ? vstream_recv(&c->stream, ret_msg) : channel_recv(&c->channel, ret_msg);
}

int carrier_blob(struct carrier *c, struct blob_ref untrusted_ref, void *dst, size_t cap)
{
	return c->streams ? vstream_blob(&c->stream, untrusted_ref, dst, cap)
			  : channel_blob(&c->channel, untrusted_ref, dst, cap);
}

bool carrier_recv_done(struct carrier *c)
{
	return !c->streams && channel_recv_done(&c->channel);
}

bool carrier_arm(struct carrier *c)
{
	return c->streams ? vstream_arm(&c->stream) : channel_arm(&c->channel);
}

int carrier_reserve(struct carrier *c, const void *blob, size_t len, struct blob_ref *ret_ref)
{
	return c->streams ? vstream_reserve(&c->stream, blob, len, ret_ref)
			  : channel_reserve(&c->channel, blob, len, ret_ref);
}

int carrier_send(struct carrier *c, struct msg *m)
{
	return c->streams ? vstream_send(&c->stream, m) : channel_send(&c->channel, m);
}

size_t carrier_room(struct carrier *c)
{
	return c->streams ? vstream_room(&c->stream) : channel_room(&c->channel);
}

bool carrier_flush(struct carrier *c)
{
	const uint8_t *from;

	return c->streams ? vstream_pending(&c->stream, &from) > 0 : channel_flush(&c->channel);
}

bool carrier_want(struct carrier *c, bool on)
{
	return c->streams ? vstream_want(&c->stream, on) : channel_want(&c->channel, on);
}
