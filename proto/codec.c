/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/codec.h"

#include <string.h>

bool codec_head_ok(const struct codec_type *type, const struct msg_head *head, uint32_t way)
{
	if (!type->name || !(type->rules & way) || head->flags != 0)
		return false;
	if ((type->rules & CODEC_WIN) && head->win == 0)
		return false;
	if (!(type->rules & (CODEC_WIN | CODEC_WIN_ANY)) && head->win != 0)
		return false;
	return (type->rules & CODEC_SERIAL) || head->serial == 0;
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

bool codec_get(const struct codec_type *type, const struct msg *m, void *body)
{
	struct msg_reader r;

	msg_reader_init(&r, m);
	for (size_t i = 0; i < CODEC_FIELDS_MAX && type->field[i].size; i++) {
		const struct codec_field *field = &type->field[i];

		for (size_t n = 0; n < field->count; n++)
			get_value(&r, field->size, (uint8_t *)body + field->off + n * field->size);
	}
	return msg_reader_end(&r);
}

void codec_put(const struct codec_type *type, const void *body, struct msg *m)
{
	struct msg_writer w;

	msg_writer_init(&w, m);
	for (size_t i = 0; i < CODEC_FIELDS_MAX && type->field[i].size; i++) {
		const struct codec_field *field = &type->field[i];

		for (size_t n = 0; n < field->count; n++)
			put_value(&w, field->size, (const uint8_t *)body + field->off + n * field->size);
	}
}
