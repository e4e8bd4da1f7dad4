/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/vstream.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

#define HELLO_FRAME (VSTREAM_HEAD + VSTREAM_HELLO_LEN)
#define MESSAGE_FRAME (VSTREAM_HEAD + VMOS_MSG_SIZE)

static uint8_t memory[2][VSTREAM_MEMORY];
static struct vstream host, guest;
static uint8_t blob[VSTREAM_BLOB_MAX], copy[VSTREAM_BLOB_MAX];

/* Carries at most @max bytes from one to the other; how many. */
static size_t carry(struct vstream *from, struct vstream *to, size_t max)
{
	const uint8_t *src;
	uint8_t *dst;
	size_t n = vstream_pending(from, &src), space = vstream_space(to, &dst);

	n = n < space ? n : space;
	n = n < max ? n : max;
	memcpy(dst, src, n);
	vstream_filled(to, n);
	vstream_written(from, n);
	return n;
}

static void open_both(uint32_t epoch)
{
	vstream_open(&host, memory[0], true, epoch);
	vstream_open(&guest, memory[1], false, 0);
}

static void join_both(void)
{
	open_both(7);
	carry(&host, &guest, SIZE_MAX);
	assert_int_equal(vstream_poll(&guest), CHANNEL_JOINED);
	carry(&guest, &host, SIZE_MAX);
	assert_int_equal(vstream_poll(&host), CHANNEL_JOINED);
}

/* What a guest that is none of ours writes. */
static void feed(struct vstream *to, const void *bytes, size_t len)
{
	uint8_t *dst;

	assert_true(vstream_space(to, &dst) >= len);
	memcpy(dst, bytes, len);
	vstream_filled(to, len);
}

static struct msg numbered(uint32_t n)
{
	struct msg_head head = { .type = 9, .win = n };
	struct msg m = { 0 };

	msg_head_put(&m, &head);
	return m;
}

static uint32_t number_of(const struct msg *m)
{
	struct msg_head head;

	msg_head_get(m, &head);
	return head.win;
}

static int send_number(struct vstream *s, uint32_t n, size_t len)
{
	struct blob_ref ref = { 1, 1 };
	struct msg m = numbered(n);
	int r = vstream_reserve(s, blob, len, &ref);

	if (r < 0)
		return r;
	assert_int_equal(ref.off, 0);
	assert_int_equal(ref.len, len);
	return vstream_send(s, &m);
}

static void test_join(void **state)
{
	struct blob_ref ref;
	struct msg m = numbered(1);

	open_both(7);
	assert_int_equal(vstream_poll(&host), CHANNEL_WAITING);
	assert_int_equal(vstream_send(&host, &m), -ENOTCONN);
	assert_int_equal(vstream_reserve(&host, blob, 1, &ref), -ENOTCONN);
	assert_int_equal(vstream_recv(&host, &m), 0);
	assert_int_equal(vstream_room(&host), 0);
	assert_true(vstream_arm(&host));
	assert_int_equal(vstream_poll(&guest), CHANNEL_WAITING);
	assert_int_equal(carry(&host, &guest, SIZE_MAX), HELLO_FRAME);
	assert_int_equal(vstream_poll(&guest), CHANNEL_JOINED);
	assert_int_equal(guest.epoch, 7);
	assert_int_equal(vstream_poll(&host), CHANNEL_WAITING);
	assert_int_equal(carry(&guest, &host, SIZE_MAX), HELLO_FRAME);
	assert_int_equal(vstream_poll(&host), CHANNEL_JOINED);
	assert_int_equal(vstream_recv(&host, &m), 0);
	assert_true(vstream_arm(&host));
}

/* A HELLO in each of its shorter forms says nothing yet; one that hangs up there has ended. */
static void test_truncated_hello(void **state)
{
	for (size_t n = 0; n < HELLO_FRAME; n++) {
		open_both(7);
		assert_int_equal(carry(&host, &guest, n), n);
		assert_int_equal(vstream_poll(&guest), CHANNEL_WAITING);
		vstream_end(&guest);
		assert_int_equal(vstream_poll(&guest), CHANNEL_ENDED);
	}
}

static void hello_is_refused(size_t at, uint8_t value, bool foreign)
{
	uint8_t frame[HELLO_FRAME];
	const uint8_t *from;
	struct msg m;

	open_both(7);
	carry(&host, &guest, SIZE_MAX);
	vstream_poll(&guest);
	assert_int_equal(vstream_pending(&guest, &from), sizeof(frame));
	memcpy(frame, from, sizeof(frame));
	assert_int_not_equal(frame[at], value);
	frame[at] = value;
	feed(&host, frame, sizeof(frame));
	assert_int_equal(vstream_poll(&host), CHANNEL_JOINED);
	assert_int_equal(vstream_recv(&host, &m), -EBADMSG);
	assert_int_equal(vstream_send(&host, &m), -EBADMSG);
	assert_int_equal(vstream_recv(&host, &m), -EBADMSG);
	assert_int_equal(host.foreign, foreign);
}

static void test_other_hello(void **state)
{
	hello_is_refused(0, 3, false); /* no such kind */
	hello_is_refused(4, 1, false); /* a blob behind it */
	hello_is_refused(8, 0, true); /* magic */
	hello_is_refused(12, VSTREAM_MAJOR + 1, true);
	hello_is_refused(16, VMOS_ROLE_GUI, true);
	hello_is_refused(20, 6, false); /* of a session before */
	hello_is_refused(20, 0, false);
}

/* A guest believes any epoch but none. */
static void test_no_epoch(void **state)
{
	struct msg m;

	open_both(0);
	carry(&host, &guest, SIZE_MAX);
	vstream_poll(&guest);
	assert_int_equal(vstream_recv(&guest, &m), -EBADMSG);
}

static void test_early_and_late(void **state)
{
	uint8_t frame[MESSAGE_FRAME] = { VSTREAM_MESSAGE };
	uint8_t hello[HELLO_FRAME];
	const uint8_t *from;
	struct msg m;

	open_both(7);
	feed(&host, frame, sizeof(frame)); /* a message before HELLO */
	vstream_poll(&host);
	assert_int_equal(vstream_recv(&host, &m), -EBADMSG);
	open_both(7);
	assert_int_equal(vstream_pending(&host, &from), sizeof(hello));
	memcpy(hello, from, sizeof(hello));
	join_both();
	feed(&host, hello, sizeof(hello)); /* a second HELLO */
	assert_int_equal(vstream_recv(&host, &m), -EBADMSG);
}

/* However a message is cut, it is taken when it is whole, and not before. */
static void test_truncated_message(void **state)
{
	static const size_t lens[] = { 0, 1, 100 };
	struct msg m;

	for (unsigned i = 0; i < 3; i++) {
		size_t whole = MESSAGE_FRAME + lens[i];

		for (size_t cut = 0; cut < whole; cut++) {
			join_both();
			assert_int_equal(send_number(&guest, 5, lens[i]), 0);
			assert_int_equal(carry(&guest, &host, cut), cut);
			assert_true(vstream_arm(&host));
			assert_int_equal(vstream_recv(&host, &m), 0);
			assert_int_equal(carry(&guest, &host, SIZE_MAX), whole - cut);
			assert_false(vstream_arm(&host));
			assert_int_equal(vstream_recv(&host, &m), 1);
			assert_int_equal(number_of(&m), 5);
			assert_int_equal(
				vstream_blob(&host, (struct blob_ref){ 0, (uint32_t)lens[i] }, copy, sizeof(copy)), 0);
			assert_memory_equal(copy, blob, lens[i]);
		}
	}
}

/* A blob is what came with its message: no other place, not less, not more, and not twice. */
static void test_blob_bounds(void **state)
{
	static const struct {
		struct blob_ref ref;
		size_t cap;
		int result;
	} asks[] = {
		{ { 0, 100 }, 100, 0 },
		{ { 0, 100 }, 99, -EBADMSG },
		{ { 0, 99 }, 100, -EBADMSG },
		{ { 0, 101 }, 200, -EBADMSG },
		{ { 0, 0 }, 200, -EBADMSG },
		{ { 1, 100 }, 200, -EBADMSG },
		{ { 0, UINT32_MAX }, 200, -EBADMSG },
		{ { UINT32_MAX, 100 }, 200, -EBADMSG },
	};
	struct msg m;

	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		join_both();
		assert_int_equal(send_number(&guest, 1, 100), 0);
		carry(&guest, &host, SIZE_MAX);
		assert_int_equal(vstream_recv(&host, &m), 1);
		assert_int_equal(vstream_blob(&host, asks[i].ref, copy, asks[i].cap), asks[i].result);
		if (asks[i].result == 0)
			assert_int_equal(vstream_blob(&host, asks[i].ref, copy, asks[i].cap), -EBADMSG);
	}
	/* bytes that no message names */
	join_both();
	assert_int_equal(send_number(&guest, 1, 100), 0);
	assert_int_equal(send_number(&guest, 2, 0), 0);
	carry(&guest, &host, SIZE_MAX);
	assert_int_equal(vstream_recv(&host, &m), 1);
	assert_int_equal(vstream_recv(&host, &m), -EBADMSG);
	/* bytes that are named and did not come */
	join_both();
	assert_int_equal(send_number(&guest, 1, 0), 0);
	carry(&guest, &host, SIZE_MAX);
	assert_int_equal(vstream_recv(&host, &m), 1);
	assert_int_equal(vstream_blob(&host, (struct blob_ref){ 0, 1 }, copy, sizeof(copy)), -EBADMSG);
}

static void test_too_long(void **state)
{
	uint8_t head[VSTREAM_HEAD] = { VSTREAM_MESSAGE };
	uint32_t len = VSTREAM_BLOB_MAX + 1;
	struct blob_ref ref;
	struct msg m;

	join_both();
	assert_int_equal(vstream_reserve(&host, copy, VSTREAM_BLOB_MAX + 1, &ref), -EMSGSIZE);
	memcpy(head + 4, &len, sizeof(len));
	feed(&host, head, sizeof(head)); /* refused by its head alone */
	assert_false(vstream_arm(&host));
	assert_int_equal(vstream_recv(&host, &m), -EBADMSG);
}

/* The longest blobs, in pieces, for longer than the buffers: all arrive, in order, and seq counts. */
static void test_long_run(void **state)
{
	uint32_t sent = 0, taken = 0;
	struct msg_head head;
	struct msg m;

	join_both();
	for (uint32_t piece = 1; taken < 300; piece = piece * 1103515245 + 12345) {
		size_t len = sent % 3 == 0 ? VSTREAM_BLOB_MAX : sent % 3 == 1 ? 0 : sent;

		blob[0] = (uint8_t)sent;
		if (sent < 300 && send_number(&host, sent, len) == 0)
			sent++;
		carry(&host, &guest, piece % 200000);
		if (vstream_recv(&guest, &m) != 1)
			continue;
		len = taken % 3 == 0 ? VSTREAM_BLOB_MAX : taken % 3 == 1 ? 0 : taken;
		msg_head_get(&m, &head);
		assert_int_equal(number_of(&m), taken);
		assert_int_equal(head.seq, taken);
		assert_int_equal(vstream_blob(&guest, (struct blob_ref){ 0, (uint32_t)len }, copy, sizeof(copy)), 0);
		if (len > 0)
			assert_int_equal(copy[0], (uint8_t)taken);
		taken++;
	}
}

/* A peer that does not read: what is held has an end, and there is room again when it reads. */
static void test_full(void **state)
{
	struct msg m = numbered(0);
	unsigned n = 0;

	join_both();
	assert_int_equal(vstream_room(&host), VSTREAM_BLOB_MAX);
	while (send_number(&host, n, 1000) == 0)
		n++;
	assert_int_equal(n, VSTREAM_BUFFER / (MESSAGE_FRAME + 1000));
	assert_int_equal(send_number(&host, 0, 1000), -EAGAIN);
	assert_false(vstream_want(&host, true));
	while (vstream_send(&host, &m) == 0)
		n++;
	assert_int_equal(vstream_send(&host, &m), -EAGAIN);
	assert_int_equal(vstream_room(&host), 0);
	assert_true(n <= VSTREAM_BUFFER / MESSAGE_FRAME);
	while (carry(&host, &guest, SIZE_MAX) > 0)
		;
	assert_true(vstream_want(&host, true));
	assert_int_equal(vstream_room(&host), VSTREAM_BLOB_MAX);
}

/* Who hangs up is heard to the end of what is whole. */
static void test_end(void **state)
{
	struct msg m = numbered(0);

	join_both();
	assert_int_equal(send_number(&guest, 1, 0), 0);
	assert_int_equal(send_number(&guest, 2, 0), 0);
	carry(&guest, &host, MESSAGE_FRAME + 10);
	vstream_end(&host);
	assert_int_equal(vstream_poll(&host), CHANNEL_JOINED);
	assert_false(vstream_arm(&host));
	assert_int_equal(vstream_send(&host, &m), -ENOTCONN);
	assert_int_equal(vstream_recv(&host, &m), 1);
	assert_int_equal(number_of(&m), 1);
	assert_int_equal(vstream_poll(&host), CHANNEL_ENDED);
	assert_int_equal(vstream_recv(&host, &m), 0);
	assert_true(vstream_arm(&host));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_truncated_hello),
		cmocka_unit_test(test_other_hello),
		cmocka_unit_test(test_no_epoch),
		cmocka_unit_test(test_early_and_late),
		cmocka_unit_test(test_truncated_message),
		cmocka_unit_test(test_blob_bounds),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_long_run),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_end),
	};

	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)(i * 31 + 7);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
