/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/msg.h"

#include <string.h>

#define HEAD_SIZE (MSG_SIZE - MSG_BODY)

static uint64_t load_le(const uint8_t *at, size_t size)
{
	uint64_t v = 0;

	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)at[i] << (8 * i);
	return v;
}

static void store_le(uint8_t *at, size_t size, uint64_t v)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

void msg_head_get(const struct msg *m, struct msg_head *ret_head)
{
	ret_head->type = (uint16_t)load_le(m->bytes, 2);
	ret_head->flags = (uint16_t)load_le(m->bytes + 2, 2);
	ret_head->win = (uint32_t)load_le(m->bytes + 4, 4);
	ret_head->seq = (uint32_t)load_le(m->bytes + 8, 4);
	ret_head->serial = (uint32_t)load_le(m->bytes + 12, 4);
}

void msg_head_put(struct msg *m, const struct msg_head *head)
{
	store_le(m->bytes, 2, head->type);
	store_le(m->bytes + 2, 2, head->flags);
	store_le(m->bytes + 4, 4, head->win);
	store_le(m->bytes + 8, 4, head->seq);
	store_le(m->bytes + 12, 4, head->serial);
}

void msg_reader_init(struct msg_reader *r, const struct msg *m)
{
	r->at = m->bytes + HEAD_SIZE;
	r->left = MSG_BODY;
	r->bad = false;
}

/* The next @len bytes, or NULL: past the end. */
static const uint8_t *take(struct msg_reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

static uint64_t get(struct msg_reader *r, size_t size)
{
	const uint8_t *at = take(r, size);

	return at ? load_le(at, size) : 0;
}

uint8_t msg_get_u8(struct msg_reader *r)
{
	return (uint8_t)get(r, 1);
}

uint16_t msg_get_u16(struct msg_reader *r)
{
	return (uint16_t)get(r, 2);
}

uint32_t msg_get_u32(struct msg_reader *r)
{
	return (uint32_t)get(r, 4);
}

uint64_t msg_get_u64(struct msg_reader *r)
{
	return get(r, 8);
}

int32_t msg_get_s32(struct msg_reader *r)
{
	return (int32_t)msg_get_u32(r);
}

void msg_get_bytes(struct msg_reader *r, void *dst, size_t len)
{
	const uint8_t *at = take(r, len);

	if (at)
		memcpy(dst, at, len);
	else
		memset(dst, 0, len);
}

bool msg_reader_end(const struct msg_reader *r)
{
	uint8_t rest = 0;

	if (r->bad)
		return false;
	for (size_t i = 0; i < r->left; i++)
		rest |= r->at[i];
	return rest == 0;
}

void msg_writer_init(struct msg_writer *w, struct msg *m)
{
	w->at = m->bytes + HEAD_SIZE;
	w->left = MSG_BODY;
	w->bad = false;
	memset(w->at, 0, w->left);
}

static void put(struct msg_writer *w, size_t size, uint64_t v)
{
	if (w->bad || size > w->left) {
		w->bad = true;
		return;
	}
	store_le(w->at, size, v);
	w->at += size;
	w->left -= size;
}

void msg_put_u8(struct msg_writer *w, uint8_t v)
{
	put(w, 1, v);
}

void msg_put_u16(struct msg_writer *w, uint16_t v)
{
	put(w, 2, v);
}

void msg_put_u32(struct msg_writer *w, uint32_t v)
{
	put(w, 4, v);
}

void msg_put_u64(struct msg_writer *w, uint64_t v)
{
	put(w, 8, v);
}

void msg_put_s32(struct msg_writer *w, int32_t v)
{
	put(w, 4, (uint32_t)v);
}

void msg_put_bytes(struct msg_writer *w, const void *src, size_t len)
{
	if (w->bad || len > w->left) {
		w->bad = true;
		return;
	}
	memcpy(w->at, src, len);
	w->at += len;
	w->left -= len;
}
