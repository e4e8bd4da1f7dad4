/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/vstream.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define MESSAGE_FRAME (VSTREAM_HEAD + VMOS_MSG_SIZE)

_Static_assert(VSTREAM_BUFFER >= 2 * VSTREAM_FRAME_MAX, "a frame that came in part can be moved and completed");
_Static_assert(CTL_CHUNK <= VSTREAM_BLOB_MAX, "every blob of ctl fits");

struct head {
	uint32_t kind, len;
};

static uint32_t get32(const uint8_t *from)
{
	uint32_t v;

	memcpy(&v, from, sizeof(v));
	return le32toh(v);
}

static uint16_t get16(const uint8_t *from)
{
	uint16_t v;

	memcpy(&v, from, sizeof(v));
	return le16toh(v);
}

static void put32(uint8_t *to, uint32_t v)
{
	v = htole32(v);
	memcpy(to, &v, sizeof(v));
}

static void put16(uint8_t *to, uint16_t v)
{
	v = htole16(v);
	memcpy(to, &v, sizeof(v));
}

static void put_head(uint8_t *to, enum vstream_kind kind, uint32_t len)
{
	put32(to, kind);
	put32(to + 4, len);
}

static void queue_hello(struct vstream *s)
{
	uint8_t *to = s->out + s->out_end;

	put_head(to, VSTREAM_HELLO, 0);
	put32(to + 8, VSTREAM_MAGIC);
	put16(to + 12, VSTREAM_MAJOR);
	put16(to + 14, VSTREAM_MINOR);
	put32(to + 16, VMOS_ROLE_CTL);
	put32(to + 20, s->epoch);
	s->out_end += VSTREAM_HEAD + VSTREAM_HELLO_LEN;
}

void vstream_open(struct vstream *s, void *memory, bool is_host, uint32_t epoch)
{
	*s = (struct vstream){ .is_host = is_host, .epoch = epoch, .in = memory };
	s->out = s->in + VSTREAM_BUFFER;
	if (is_host)
		queue_hello(s);
}

/* Whether moving @len bytes to the front, to gain @at, is worth it: each byte is moved once for each that went before it. */
static bool is_movable(size_t at, size_t len)
{
	return at > 0 && at >= len;
}

size_t vstream_space(struct vstream *s, uint8_t **ret_to)
{
	size_t len = s->in_end - s->in_at;

	if (!s->blob && is_movable(s->in_at, len)) {
		memmove(s->in, s->in + s->in_at, len);
		s->in_at = 0;
		s->in_end = len;
	}
	*ret_to = s->in + s->in_end;
	return VSTREAM_BUFFER - s->in_end;
}

void vstream_filled(struct vstream *s, size_t len)
{
	s->in_end += len;
}

void vstream_end(struct vstream *s)
{
	s->ended = true;
}

size_t vstream_pending(const struct vstream *s, const uint8_t **ret_from)
{
	*ret_from = s->out ? s->out + s->out_at : NULL;
	return s->out_end - s->out_at;
}

void vstream_written(struct vstream *s, size_t len)
{
	s->out_at += len;
	if (s->out_at == s->out_end)
		s->out_at = s->out_end = 0;
}

/* A frame at the front: its length, 0 while it is not whole, -EBADMSG where there can be none. */
static int front(const struct vstream *s, struct head *ret_head)
{
	size_t have = s->in_end - s->in_at, want;
	struct head h;

	if (have < VSTREAM_HEAD)
		return 0;
	h.kind = get32(s->in + s->in_at);
	h.len = get32(s->in + s->in_at + 4);
	if (h.kind == VSTREAM_HELLO && h.len == 0)
		want = VSTREAM_HEAD + VSTREAM_HELLO_LEN;
	else if (h.kind == VSTREAM_MESSAGE && h.len <= VSTREAM_BLOB_MAX)
		want = MESSAGE_FRAME + h.len;
	else
		return -EBADMSG;
	*ret_head = h;
	return have < want ? 0 : (int)want;
}

static int take_hello(struct vstream *s, const uint8_t *untrusted)
{
	uint32_t epoch = get32(untrusted + 12);

	if (get32(untrusted) != VSTREAM_MAGIC || get16(untrusted + 4) != VSTREAM_MAJOR ||
		get32(untrusted + 8) != VMOS_ROLE_CTL) {
		s->foreign = true;
		return -EBADMSG;
	}
	if (epoch == 0 || (s->is_host && epoch != s->epoch))
		return -EBADMSG;
	s->epoch = epoch;
	if (!s->is_host)
		queue_hello(s);
	return 0;
}

/* What cannot be taken counts as a session that vstream_recv() then calls broken. */
static void join(struct vstream *s)
{
	struct head h;
	int len = front(s, &h);

	if (len == 0)
		return;
	if (len > 0)
		len = h.kind == VSTREAM_HELLO ? take_hello(s, s->in + s->in_at + VSTREAM_HEAD) : -EBADMSG;
	s->broken = len < 0;
	s->in_at += s->broken ? 0 : VSTREAM_HEAD + VSTREAM_HELLO_LEN;
	s->state = CHANNEL_JOINED;
}

enum channel_state vstream_poll(struct vstream *s)
{
	struct head h;

	if (s->in && s->state == CHANNEL_WAITING)
		join(s);
	if (s->ended && (s->state == CHANNEL_WAITING || (!s->broken && front(s, &h) == 0)))
		s->state = CHANNEL_ENDED;
	return s->state;
}

int vstream_recv(struct vstream *s, struct msg *ret_msg)
{
	const uint8_t *at;
	struct head h;
	int len;

	if (s->state != CHANNEL_JOINED)
		return 0;
	at = s->in + s->in_at;
	/* bytes that the message before did not name */
	s->broken = s->broken || s->blob;
	len = s->broken ? -EBADMSG : front(s, &h);
	if (len > 0 && h.kind != VSTREAM_MESSAGE)
		len = -EBADMSG;
	if (len <= 0) {
		s->broken = len < 0;
		return len;
	}
	memcpy(ret_msg->bytes, at + VSTREAM_HEAD, VMOS_MSG_SIZE);
	s->blob = h.len ? at + MESSAGE_FRAME : NULL;
	s->blob_len = h.len;
	s->in_at += (size_t)len;
	return 1;
}

int vstream_blob(struct vstream *s, struct blob_ref untrusted_ref, void *dst, size_t cap)
{
	uint32_t have = s->blob ? s->blob_len : 0;

	if (untrusted_ref.off != 0 || untrusted_ref.len != have || have > cap)
		return -EBADMSG;
	if (s->blob)
		memcpy(dst, s->blob, have);
	s->blob = NULL;
	return 0;
}

bool vstream_arm(const struct vstream *s)
{
	struct head h;

	if (s->state != CHANNEL_JOINED)
		return true;
	return !s->broken && !s->ended && !s->blob && front(s, &h) == 0;
}

/* Bytes that can be queued now. */
static size_t out_space(struct vstream *s)
{
	size_t len = s->out_end - s->out_at;

	if (is_movable(s->out_at, len)) {
		memmove(s->out, s->out + s->out_at, len);
		s->out_at = 0;
		s->out_end = len;
	}
	return VSTREAM_BUFFER - s->out_end;
}

static int may_send(const struct vstream *s)
{
	if (s->broken)
		return -EBADMSG;
	return s->state == CHANNEL_JOINED && !s->ended ? 0 : -ENOTCONN;
}

int vstream_reserve(struct vstream *s, const void *blob, size_t len, struct blob_ref *ret_ref)
{
	int r = may_send(s);

	if (r < 0)
		return r;
	if (len > VSTREAM_BLOB_MAX)
		return -EMSGSIZE;
	if (out_space(s) < MESSAGE_FRAME + len)
		return -EAGAIN;
	if (len > 0)
		memcpy(s->out + s->out_end + MESSAGE_FRAME, blob, len);
	s->reserved = (uint32_t)len;
	*ret_ref = (struct blob_ref){ .off = 0, .len = s->reserved };
	return 0;
}

int vstream_send(struct vstream *s, struct msg *m)
{
	struct msg_head head;
	uint8_t *to;
	int r = may_send(s);

	if (r < 0)
		return r;
	/* what is reserved lies where the frame's blob will be, so nothing is moved then */
	if (s->reserved == 0 && out_space(s) < MESSAGE_FRAME)
		return -EAGAIN;
	msg_head_get(m, &head);
	head.seq = s->seq++;
	msg_head_put(m, &head);
	to = s->out + s->out_end;
	put_head(to, VSTREAM_MESSAGE, s->reserved);
	memcpy(to + VSTREAM_HEAD, m->bytes, VMOS_MSG_SIZE);
	s->out_end += MESSAGE_FRAME + s->reserved;
	s->reserved = 0;
	return 0;
}

size_t vstream_room(struct vstream *s)
{
	size_t space = may_send(s) < 0 ? 0 : out_space(s);

	if (space <= MESSAGE_FRAME)
		return 0;
	space -= MESSAGE_FRAME;
	return space < VSTREAM_BLOB_MAX ? space : VSTREAM_BLOB_MAX;
}

bool vstream_want(struct vstream *s, bool on)
{
	s->wants = on;
	return s->state != CHANNEL_JOINED || s->broken || s->ended || s->out_end == 0;
}
