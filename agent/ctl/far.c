/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/far.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static uint8_t *put(uint8_t *out, const void *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return out + len;
}

/* All of it is in the ring. */
static uint8_t *put_far(const struct far_source *s, uint8_t *out)
{
	const struct xfer_head head = { .type = XFER_FAR, .len = XFER_FAR_LEN };
	const struct xfer_far far = { .count = s->begin, .generation = s->area.generation, .bytes = s->bytes };

	xfer_head_put(out, &head);
	xfer_far_put(out + XFER_HEAD, &far);
	return out + FAR_RECORD;
}

static void source_pass(struct far_source *s, size_t n)
{
	if (area_pass(&s->area, n))
		s->ring = true;
	s->far -= (uint32_t)n;
}

/* The head is whole: it goes on, or makes room for a FAR. What is no head the courier refuses. */
static uint8_t *source_head(struct far_source *s, uint8_t *out)
{
	struct xfer_head head;

	s->have = 0;
	if (xfer_head_get(s->head, &head) < 0)
		s->alone = true;
	else
		s->bad = head.type == XFER_FAR;
	if (s->alone)
		return put(out, s->head, XFER_HEAD);
	if (head.type == XFER_DATA && head.len >= FAR_LEAST) {
		s->bytes = s->far = head.len;
		s->begin = s->area.count;
		return out;
	}
	s->left = head.len;
	return put(out, s->head, XFER_HEAD);
}

/* Bytes of a DATA that were read with its head: there is room for them. */
static size_t source_copy(struct far_source *s, const uint8_t *bytes, size_t len)
{
	size_t before_end;
	uint8_t *place = area_place(&s->area, &before_end);
	size_t n = least(least(len, s->far), before_end);

	memcpy(place, bytes, n);
	source_pass(s, n);
	return n;
}

/* Some of @len bytes, which is more than none. Their number. */
static size_t source_take(struct far_source *s, const uint8_t *bytes, size_t len, uint8_t **out)
{
	size_t n;

	if (s->left > 0 || (s->alone && s->have == 0)) {
		n = s->left > 0 && s->left < len ? (size_t)s->left : len;
		s->left -= s->left > 0 ? n : 0;
		*out = put(*out, bytes, n);
	} else if (s->far > 0) {
		n = source_copy(s, bytes, len);
		if (s->far == 0)
			*out = put_far(s, *out);
	} else {
		n = least(len, XFER_HEAD - s->have);
		memcpy(s->head + s->have, bytes, n);
		s->have += n;
		if (s->have == XFER_HEAD)
			*out = source_head(s, *out);
	}
	return n;
}

/* Whether there is room for @bytes. 0, -ENOBUFS, -ESTALE. */
static int source_room(struct far_source *s, size_t bytes)
{
	size_t room;
	int r = area_look(&s->area, &room);

	if (r < 0 || room >= bytes)
		return r;
	return area_sleep(&s->area, bytes) ? source_room(s, bytes) : -ENOBUFS;
}

static ssize_t read_once(int fd, void *at, size_t len)
{
	ssize_t n = read(fd, at, len);

	return n < 0 ? -errno : n;
}

/* Straight into the ring: for what is copied there no other place is needed. */
static ssize_t source_read_far(struct far_source *s, int fd, size_t max, uint8_t **out)
{
	size_t before_end, room;
	uint8_t *place;
	ssize_t n = source_room(s, 1);

	if (n < 0)
		return n;
	n = area_look(&s->area, &room);
	if (n < 0)
		return n;
	place = area_place(&s->area, &before_end);
	n = read_once(fd, place, least(least(max, s->far), least(room, before_end)));
	if (n <= 0)
		return n;
	source_pass(s, (size_t)n);
	if (s->far == 0)
		*out = put_far(s, *out);
	return n;
}

static ssize_t source_read_heads(struct far_source *s, int fd, size_t max, uint8_t **out)
{
	int r = s->alone ? 0 : source_room(s, FAR_PEEK);
	ssize_t n;

	if (r == -ENOBUFS)
		return r;
	s->alone = s->alone || r < 0;
	n = read_once(fd, s->peeked, least(max, FAR_PEEK));
	for (ssize_t at = 0; at < n && !s->bad;)
		at += (ssize_t)source_take(s, s->peeked + at, (size_t)(n - at), out);
	return s->bad ? -EBADMSG : n;
}

ssize_t far_source_read(struct far_source *s, int fd, size_t max, uint8_t *out, size_t *ret_len)
{
	uint8_t *end = out;
	ssize_t n = s->far > 0 ? source_read_far(s, fd, max, &end) : source_read_heads(s, fd, max, &end);

	*ret_len = (size_t)(end - out);
	return n;
}

/* 1, or -errno; @ret_n: what has been written. */
static int write_once(int fd, const void *bytes, size_t len, size_t *ret_n)
{
	ssize_t n = write(fd, bytes, len);

	*ret_n = n < 0 ? 0 : (size_t)n;
	return n < 0 ? -errno : 1;
}

static int target_write_head(struct far_target *t, int fd)
{
	size_t n;
	int r = write_once(fd, t->head + t->out, t->out_len - t->out, &n);

	t->out += n;
	if (t->out == t->out_len)
		t->out = t->out_len = t->have = 0;
	return r;
}

static int target_write_far(struct far_target *t, int fd)
{
	size_t there, before_end, n;
	const uint8_t *place;
	int r = area_look(&t->area, &there);

	if (r == 0 && there == 0)
		return area_sleep(&t->area, 1) ? 1 : -ENOBUFS;
	if (r < 0)
		return r;
	place = area_place(&t->area, &before_end);
	r = write_once(fd, place, least(least(there, before_end), t->far), &n);
	if (n > 0 && area_pass(&t->area, n))
		t->ring = true;
	t->far -= (uint32_t)n;
	return r;
}

/* A FAR becomes the head of the DATA that it stands for. What it names is next in the ring, or it is none of ours. */
static int target_far(struct far_target *t)
{
	struct xfer_head data = { .type = XFER_DATA };
	struct xfer_far far;

	if (xfer_far_get(t->head + XFER_HEAD, &far) < 0 || far.generation != t->area.generation ||
		far.count != t->area.count)
		return -EBADMSG;
	data.len = t->far = far.bytes;
	xfer_head_put(t->head, &data);
	t->out_len = XFER_HEAD;
	return 1;
}

/* Gathers a head, and the payload of one that is a FAR's. */
static int target_take_head(struct far_target *t, const uint8_t *in, size_t len, size_t *ret_taken)
{
	size_t want = t->have < XFER_HEAD ? XFER_HEAD : FAR_RECORD;
	size_t n = least(len, want - t->have);
	struct xfer_head head;

	memcpy(t->head + t->have, in, n);
	t->have += n;
	*ret_taken = n;
	if (t->have < want)
		return 1;
	if (want == FAR_RECORD)
		return target_far(t);
	if (xfer_head_get(t->head, &head) < 0)
		return -EBADMSG;
	if (head.type == XFER_FAR)
		return 1;
	t->left = head.len;
	t->out_len = XFER_HEAD;
	return 1;
}

int far_target_write(struct far_target *t, int fd, const uint8_t *in, size_t len, size_t *ret_taken)
{
	int r;

	*ret_taken = 0;
	if (t->out < t->out_len)
		return target_write_head(t, fd);
	if (t->far > 0)
		return target_write_far(t, fd);
	if (len == 0)
		return 0;
	if (t->left == 0)
		return target_take_head(t, in, len, ret_taken);
	r = write_once(fd, in, t->left < len ? (size_t)t->left : len, ret_taken);
	t->left -= *ret_taken;
	return r;
}
