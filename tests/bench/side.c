/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/side.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

uint64_t side_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void side_note_put(struct msg *m, const struct side_note *note, struct blob_ref ref)
{
	const struct msg_head head = { .type = note->type };
	struct msg_writer w;

	msg_head_put(m, &head);
	msg_writer_init(&w, m);
	msg_put_u32(&w, note->count);
	msg_put_u32(&w, note->size);
	msg_put_u32(&w, note->slot);
	msg_put_u32(&w, ref.off);
	msg_put_u32(&w, ref.len);
	msg_put_u64(&w, note->value);
	msg_put_u64(&w, note->other);
}

int side_note_get(const struct msg *m, struct side_note *ret_note, struct blob_ref *ret_ref)
{
	struct msg_head head;
	struct msg_reader r;

	msg_head_get(m, &head);
	msg_reader_init(&r, m);
	ret_note->type = head.type;
	ret_note->count = msg_get_u32(&r);
	ret_note->size = msg_get_u32(&r);
	ret_note->slot = msg_get_u32(&r);
	ret_ref->off = msg_get_u32(&r);
	ret_ref->len = msg_get_u32(&r);
	ret_note->value = msg_get_u64(&r);
	ret_note->other = msg_get_u64(&r);
	return msg_reader_end(&r) ? 0 : -EBADMSG;
}

int side_send(struct side *s, const struct side_note *note, const void *block)
{
	return s->carrier->send(s, note, block);
}

int side_receive(struct side *s, struct side_note *ret_note, void *block)
{
	return s->carrier->receive(s, ret_note, block);
}

int side_flush(struct side *s)
{
	return s->carrier->flush(s);
}

int side_pour(struct side *s, uint32_t size, uint32_t count, const void *block)
{
	const struct side_note note = { .type = SIDE_BLOCK, .size = size };
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = side_send(s, &note, block);
	return r < 0 ? r : side_flush(s);
}

int side_drain(struct side *s, uint32_t count, void *block)
{
	struct side_note note;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		r = side_receive(s, &note, block);
		if (r == 0 && note.type != SIDE_BLOCK)
			r = -EPROTO;
	}
	return r;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

uint64_t side_percentile(uint64_t *times, uint32_t count, unsigned percent)
{
	qsort(times, count, sizeof(*times), by_value);
	return times[(uint64_t)(count - 1) * percent / 100];
}

int side_trips(struct side *s, uint32_t size, uint32_t count, void *block, struct side_times *ret)
{
	uint64_t *times = calloc(count, sizeof(*times));
	int r = times && count > 0 ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		times[i] = side_now_ns();
		r = side_pour(s, size, 1, block);
		if (r == 0)
			r = side_drain(s, 1, block);
		times[i] = side_now_ns() - times[i];
	}
	if (r == 0) {
		ret->p50 = side_percentile(times, count, 50);
		ret->p99 = side_percentile(times, count, 99);
	}
	free(times);
	return r;
}
