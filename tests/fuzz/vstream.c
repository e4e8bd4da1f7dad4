/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer on a stream: the same messages, blobs and verdict however it is cut,
 * nothing read beyond what came, and nothing taken after a bad byte. The first
 * byte says how it is cut, and which side reads it.
 */
#include <errno.h>

#include "proto/vstream.h"
#include "tests/fuzz/fuzz.h"

#define EPOCH 7

struct told {
	unsigned messages;
	uint64_t sum; /* of their bytes and of those of their blobs */
	bool broken;
	enum channel_state state;
};

static void add(struct told *told, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		told->sum = told->sum * 31 + bytes[i];
}

/* Takes all that is whole, as the courier does: the message says in its body which bytes it has. */
static void take(struct vstream *s, struct told *told)
{
	static uint8_t blob[VSTREAM_BLOB_MAX];
	struct blob_ref ref;
	struct msg m;
	int r;

	vstream_poll(s);
	while ((r = vstream_recv(s, &m)) == 1) {
		told->messages++;
		add(told, m.bytes, sizeof(m.bytes));
		memcpy(&ref, m.bytes + sizeof(struct msg_head), sizeof(ref));
		if (vstream_blob(s, ref, blob, sizeof(blob)) == 0)
			add(told, blob, ref.len);
	}
	require(r == 0 || r == -EBADMSG);
	told->broken = r < 0;
	told->state = s->state;
}

static struct told feed(struct vstream *s, const uint8_t *data, size_t size, uint32_t seed)
{
	static uint8_t memory[VSTREAM_MEMORY];
	struct told told = { 0 };

	vstream_open(s, memory, seed & 1, seed & 1 ? EPOCH : 0);
	for (size_t at = 0; at < size && !told.broken;) {
		size_t len = size - at, piece = seed > 1 ? 1 + (seed >> 24) % 90 : SIZE_MAX, space;
		uint8_t *to;

		space = vstream_space(s, &to);
		require(space > 0 && to >= s->in && to + space <= s->out);
		len = piece < len ? piece : len;
		len = space < len ? space : len;
		memcpy(to, data + at, len);
		vstream_filled(s, len);
		take(s, &told);
		at += len;
		seed = seed > 1 ? ((seed * 1664525 + 1013904223) | 2) : seed;
	}
	vstream_end(s);
	take(s, &told);
	require(told.broken || told.state == CHANNEL_ENDED);
	return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vstream whole, pieces;
	struct told a, b;
	uint8_t *copy;

	if (size < 1)
		return 0;
	copy = fuzz_copy(data + 1, size - 1);
	a = feed(&whole, copy, size - 1, data[0] & 1);
	b = feed(&pieces, copy, size - 1, data[0] | 0x5a000002);
	free(copy);
	require(a.messages == b.messages && a.sum == b.sum && a.broken == b.broken && a.state == b.state);
	return 0;
}
