/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "proto/msg.h"
#include "tests/unit/unit.h"

static void test_head(void **state)
{
	const struct msg_head head = {
		.type = 0x0102, .flags = 0x0304, .win = 0x05060708, .seq = 0x090a0b0c, .serial = 0x0d0e0f10
	};
	static const uint8_t wire[16] = { 2, 1, 4, 3, 8, 7, 6, 5, 0xc, 0xb, 0xa, 9, 0x10, 0xf, 0xe, 0xd };
	struct msg m = { { 0 } };
	struct msg_head got;

	msg_head_put(&m, &head);
	assert_memory_equal(m.bytes, wire, sizeof(wire));
	msg_head_get(&m, &got);
	assert_memory_equal(&got, &head, sizeof(head));
}

static void test_little_endian(void **state)
{
	static const uint8_t wire[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
		0xee, 0xff, 0xfe, 0xff, 0xff, 0xff };
	struct msg m;
	struct msg_writer w;
	struct msg_reader r;

	msg_writer_init(&w, &m);
	msg_put_u8(&w, 0x11);
	msg_put_u16(&w, 0x3322);
	msg_put_u32(&w, 0x77665544);
	msg_put_u64(&w, 0xffeeddccbbaa9988u);
	msg_put_s32(&w, -2);
	assert_false(w.bad);
	assert_memory_equal(m.bytes + 16, wire, sizeof(wire));
	msg_reader_init(&r, &m);
	assert_int_equal(msg_get_u8(&r), 0x11);
	assert_int_equal(msg_get_u16(&r), 0x3322);
	assert_int_equal(msg_get_u32(&r), 0x77665544);
	assert_true(msg_get_u64(&r) == 0xffeeddccbbaa9988u);
	assert_int_equal(msg_get_s32(&r), -2);
	assert_true(msg_reader_end(&r));
}

/* Each getter one byte short of what it needs: 0, bad, and bad for ever. */
static void check_truncated(size_t size)
{
	struct msg m;
	struct msg_reader r;
	uint8_t skipped[MSG_BODY], rest[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	const uint8_t zero[8] = { 0 };

	memset(&m, 0xff, sizeof(m));
	msg_reader_init(&r, &m);
	msg_get_bytes(&r, skipped, MSG_BODY - size + 1);
	assert_false(r.bad);
	switch (size) {
	case 1:
		assert_int_equal(msg_get_u8(&r), 0);
		break;
	case 2:
		assert_int_equal(msg_get_u16(&r), 0);
		break;
	case 4:
		assert_int_equal(msg_get_u32(&r), 0);
		break;
	case 8:
		assert_true(msg_get_u64(&r) == 0);
		break;
	default:
		msg_get_bytes(&r, rest, size);
		assert_memory_equal(rest, zero, size);
		break;
	}
	assert_true(r.bad);
	assert_int_equal(msg_get_u8(&r), 0);
	assert_false(msg_reader_end(&r));
}

static void test_truncated(void **state)
{
	static const size_t sizes[] = { 1, 2, 4, 8, 3, 7 };

	for (size_t i = 0; i < COUNT(sizes); i++)
		check_truncated(sizes[i]);
}

static void test_signed_truncated(void **state)
{
	struct msg m;
	struct msg_reader r;
	uint8_t skipped[MSG_BODY];

	memset(&m, 0xff, sizeof(m));
	msg_reader_init(&r, &m);
	msg_get_bytes(&r, skipped, MSG_BODY - 3);
	assert_int_equal(msg_get_s32(&r), 0);
	assert_true(r.bad);
}

static void test_whole_body(void **state)
{
	struct msg m;
	struct msg_reader r;
	uint8_t body[MSG_BODY + 1];

	memset(&m, 0xa5, sizeof(m));
	msg_reader_init(&r, &m);
	msg_get_bytes(&r, body, MSG_BODY);
	assert_true(msg_reader_end(&r));
	msg_reader_init(&r, &m);
	msg_get_bytes(&r, body, MSG_BODY + 1);
	assert_false(msg_reader_end(&r));
}

/* A byte that nobody read must be zero, wherever it stands. */
static void test_rest_must_be_zero(void **state)
{
	for (size_t at = 0; at < MSG_BODY; at++) {
		struct msg m = { { 0 } };
		struct msg_reader r;

		m.bytes[16 + at] = 1;
		msg_reader_init(&r, &m);
		msg_get_u32(&r);
		assert_true(msg_reader_end(&r) == (at < 4));
	}
}

static void test_writer_full(void **state)
{
	struct msg m;
	struct msg_writer w;
	const uint8_t bytes[MSG_BODY] = { 0 };

	memset(&m, 0xff, sizeof(m));
	msg_writer_init(&w, &m);
	assert_memory_equal(m.bytes + 16, bytes, MSG_BODY);
	msg_put_bytes(&w, bytes, MSG_BODY - 1);
	msg_put_u16(&w, 0x5555);
	assert_true(w.bad);
	assert_int_equal(m.bytes[MSG_SIZE - 1], 0);
	msg_put_u8(&w, 1);
	assert_int_equal(m.bytes[MSG_SIZE - 1], 0);
	msg_put_bytes(&w, bytes, 1);
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_little_endian),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_signed_truncated),
		cmocka_unit_test(test_whole_body),
		cmocka_unit_test(test_rest_must_be_zero),
		cmocka_unit_test(test_writer_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
