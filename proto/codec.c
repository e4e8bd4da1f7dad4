/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/codec.h"

#include <errno.h>
#include <string.h>

static const struct codec_type *find_type(const struct codec *c, uint16_t type)
{
	static const struct codec_type none;

	return type < c->count ? &c->types[type] : &none;
}

static bool head_ok(const struct codec_type *type, const struct msg_head *head, uint32_t way)
{
	if (!type->name || !(type->rules & way) || head->flags != 0)
		return false;
	if ((type->rules & CODEC_WIN) && head->win == 0)
		return false;
	if (!(type->rules & (CODEC_WIN | CODEC_WIN_ANY)) && head->win != 0)
		return false;
	return (type->rules & CODEC_SERIAL) || head->serial == 0;
}

/* A value as it lies in memory, of at most 4 bytes. */
static int64_t value_at(const uint8_t *at, uint8_t size, bool is_signed)
{
	uint16_t v16;
	uint32_t v32;
	int64_t v;

	if (size == 1) {
		v = *at;
	} else if (size == 2) {
		memcpy(&v16, at, sizeof(v16));
		v = v16;
	} else {
		memcpy(&v32, at, sizeof(v32));
		v = v32;
	}
	return is_signed && v >> (8 * size - 1) ? v - ((int64_t)1 << 8 * size) : v;
}

static bool values_ok(const struct codec_type *type, const uint8_t *body)
{
	for (const struct codec_field *f = type->field; f < type->field + CODEC_FIELDS_MAX && f->size; f++) {
		for (size_t n = 0; f->range && n < f->count; n++) {
			int64_t v = value_at(body + f->off + n * f->size, f->size, f->range->min < 0);

			if (v < f->range->min || v > f->range->max)
				return false;
		}
	}
	return true;
}

static bool message_ok(const struct codec *c, const struct codec_type *type, const void *decoded)
{
	return values_ok(type, (const uint8_t *)decoded + c->body) && (!type->check || type->check(decoded));
}

static void get_value(struct msg_reader *r, uint8_t size, uint8_t *at)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (size) {
	case 1:
		*at = msg_get_u8(r);
		break;
	case 2:
		v16 = msg_get_u16(r);
		memcpy(at, &v16, sizeof(v16));
		break;
	case 4:
		v32 = msg_get_u32(r);
		memcpy(at, &v32, sizeof(v32));
		break;
	default:
		v64 = msg_get_u64(r);
		memcpy(at, &v64, sizeof(v64));
		break;
	}
}

static void put_value(struct msg_writer *w, uint8_t size, const uint8_t *at)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (size) {
	case 1:
		msg_put_u8(w, *at);
		break;
	case 2:
		memcpy(&v16, at, sizeof(v16));
		msg_put_u16(w, v16);
		break;
	case 4:
		memcpy(&v32, at, sizeof(v32));
		msg_put_u32(w, v32);
		break;
	default:
		memcpy(&v64, at, sizeof(v64));
		msg_put_u64(w, v64);
		break;
	}
}

/* False: bytes that no field covers are not zero. */
static bool get_body(const struct codec_type *type, const struct msg *m, uint8_t *body)
{
	struct msg_reader r;

	msg_reader_init(&r, m);
	for (const struct codec_field *f = type->field; f < type->field + CODEC_FIELDS_MAX && f->size; f++)
		for (size_t n = 0; n < f->count; n++)
			get_value(&r, f->size, body + f->off + n * f->size);
	return msg_reader_end(&r);
}

static void put_body(const struct codec_type *type, const uint8_t *body, struct msg *m)
{
	struct msg_writer w;

	msg_writer_init(&w, m);
	for (const struct codec_field *f = type->field; f < type->field + CODEC_FIELDS_MAX && f->size; f++)
		for (size_t n = 0; n < f->count; n++)
			put_value(&w, f->size, body + f->off + n * f->size);
}

int codec_decode(const struct codec *c, const struct msg *m, uint32_t way, void *ret)
{
	struct msg_head *head = ret;
	const struct codec_type *type;

	memset(ret, 0, c->size);
	msg_head_get(m, head);
	type = find_type(c, head->type);
	if (!head_ok(type, head, way) || !get_body(type, m, (uint8_t *)ret + c->body))
		return -EBADMSG;
	return message_ok(c, type, ret) ? 0 : -EBADMSG;
}

int codec_encode(const struct codec *c, const void *decoded, struct msg *ret_msg)
{
	const struct msg_head *head = decoded;
	const struct codec_type *type = find_type(c, head->type);

	if (!head_ok(type, head, CODEC_TO_HOST | CODEC_TO_GUEST) || !message_ok(c, type, decoded))
		return -EINVAL;
	msg_head_put(ret_msg, head);
	put_body(type, (const uint8_t *)decoded + c->body, ret_msg);
	return 0;
}

const char *codec_name(const struct codec *c, uint16_t type)
{
	const char *name = find_type(c, type)->name;

	return name ? name : "?";
}
