/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/xfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

/* A stream under construction. */
struct stream {
	uint8_t bytes[1u << 20];
	size_t len;
};

static struct stream stream;

static void add(uint16_t type, uint16_t flags, uint64_t value, const void *payload, size_t len)
{
	const struct xfer_head head = { .type = type, .flags = flags, .len = (uint32_t)len, .value = value };

	assert_true(stream.len + XFER_HEAD + len <= sizeof(stream.bytes));
	xfer_head_put(stream.bytes + stream.len, &head);
	if (len > 0)
		memcpy(stream.bytes + stream.len + XFER_HEAD, payload, len);
	stream.len += XFER_HEAD + len;
}

static void start_at(uint32_t items, uint32_t item, uint64_t entry, uint64_t offset)
{
	struct xfer_start s = { .version = XFER_VERSION, .items = items, .point = { item, entry, offset } };
	uint8_t bytes[XFER_START_LEN];

	memset(s.passed, entry ? 0x5a : 0, sizeof(s.passed));
	xfer_start_put(bytes, &s);
	stream.len = 0;
	add(XFER_START, 0, 0, bytes, sizeof(bytes));
}

static void start(uint32_t items)
{
	start_at(items, 0, 0, 0);
}

static void dir(const char *path)
{
	add(XFER_DIR, 0, 0, path, strlen(path));
}

static void begin(const char *path, uint64_t size)
{
	add(XFER_FILE, XFER_EXEC, size, path, strlen(path));
}

static void data(size_t len)
{
	static const uint8_t bytes[XFER_DATA_MAX + 1];

	add(XFER_DATA, 0, 0, bytes, len);
}

static void end(void)
{
	static const uint8_t hash[XFER_HASH] = { 1, 2, 3 };

	add(XFER_END, 0, 0, hash, sizeof(hash));
}

static void far(uint64_t count, uint32_t generation, uint32_t bytes)
{
	const struct xfer_far f = { .count = count, .generation = generation, .bytes = bytes };
	uint8_t payload[XFER_FAR_LEN];

	xfer_far_put(payload, &f);
	add(XFER_FAR, 0, 0, payload, sizeof(payload));
}

static void mark(uint16_t type)
{
	add(type, 0, 0, NULL, 0);
}

static void file(const char *path, size_t size)
{
	begin(path, size);
	for (size_t n; size > 0; size -= n) {
		n = size < XFER_DATA_MAX ? size : XFER_DATA_MAX;
		data(n);
	}
	end();
}

static uint32_t relay; /* that FARs may name */

/* Feeds the stream in pieces of @piece bytes, each a copy of its own size on the heap. */
static int feed(struct xfer_check *c, size_t piece)
{
	int ret = 0;

	xfer_check_init(c);
	xfer_check_allow_far(c, relay);
	for (size_t at = 0, n; at < stream.len; at += n) {
		uint8_t *copy;

		n = stream.len - at < piece ? stream.len - at : piece;
		copy = malloc(n);
		assert_non_null(copy);
		memcpy(copy, stream.bytes + at, n);
		ret = xfer_check_feed(c, copy, n);
		free(copy);
		if (ret < 0)
			break;
	}
	return ret;
}

/* The verdict does not depend on how the bytes are cut. */
static bool is_whole(void)
{
	struct xfer_check c;
	bool whole = feed(&c, stream.len) == 0 && xfer_check_done(&c);

	for (size_t piece = 1; piece < 80 && stream.len < 4000; piece++) {
		bool same = feed(&c, piece) == 0 && xfer_check_done(&c);

		if (same != whole)
			fail_msg("another verdict in pieces of %zu bytes", piece);
	}
	return whole;
}

static bool is_refused(void)
{
	struct xfer_check c;
	bool refused = feed(&c, stream.len) == -EBADMSG;

	for (size_t piece = 1; piece < 80 && stream.len < 4000; piece++)
		if ((feed(&c, piece) == -EBADMSG) != refused)
			fail_msg("another verdict in pieces of %zu bytes", piece);
	/* and ever after */
	return refused && feed(&c, stream.len) == -EBADMSG &&
		xfer_check_feed(&c, stream.bytes, XFER_HEAD) == -EBADMSG && !xfer_check_done(&c);
}

static void test_head(void **state)
{
	static const struct xfer_head good[] = {
		{ XFER_START, 0, XFER_START_LEN, 0 },
		{ XFER_DIR, 0, 1, 0 },
		{ XFER_DIR, 0, XFER_PATH_MAX, 0 },
		{ XFER_FILE, XFER_EXEC, 1, INT64_MAX },
		{ XFER_DATA, 0, 1, 0 },
		{ XFER_DATA, 0, XFER_DATA_MAX, 0 },
		{ XFER_END, 0, XFER_HASH, 0 },
		{ XFER_BREAK, 0, 0, 0 },
		{ XFER_ITEM, 0, 0, 0 },
		{ XFER_DONE, 0, 0, 0 },
		{ XFER_FAR, 0, XFER_FAR_LEN, 0 },
		{ XFER_POINT, 0, XFER_POINT_LEN, 0 },
		{ XFER_PROBLEM, 0, 1, 4095 },
	};
	static const struct xfer_head bad[] = {
		{ 0, 0, 0, 0 },
		{ 9, 0, 0, 0 },
		{ 0x42, 0, 0, 0 },
		{ XFER_START, 0, XFER_START_LEN - 1, 0 },
		{ XFER_START, 1, XFER_START_LEN, 0 },
		{ XFER_DIR, 0, 0, 0 },
		{ XFER_DIR, XFER_EXEC, 1, 0 },
		{ XFER_DIR, 0, XFER_PATH_MAX + 1, 0 },
		{ XFER_DIR, 0, 1, 1 },
		{ XFER_FILE, 2, 1, 0 },
		{ XFER_FILE, 0x8000, 1, 0 },
		{ XFER_FILE, 0, 1, (uint64_t)INT64_MAX + 1 },
		{ XFER_DATA, 0, 0, 0 },
		{ XFER_DATA, 0, XFER_DATA_MAX + 1, 0 },
		{ XFER_DATA, 0, UINT32_MAX, 0 },
		{ XFER_DATA, 0, 1, 1 },
		{ XFER_END, 0, XFER_HASH + 1, 0 },
		{ XFER_BREAK, 0, 1, 0 },
		{ XFER_ITEM, 0, 0, 1 },
		{ XFER_DONE, 1, 0, 0 },
		{ XFER_FAR, 0, XFER_FAR_LEN - 1, 0 },
		{ XFER_FAR, 0, XFER_FAR_LEN + 1, 0 },
		{ XFER_FAR, 0, XFER_FAR_LEN, 1 },
		{ XFER_FAR, 1, XFER_FAR_LEN, 0 },
		{ XFER_POINT, 0, 0, 0 },
		{ XFER_PROBLEM, 0, 1, 0 },
		{ XFER_PROBLEM, 0, 1, 4096 },
	};
	uint8_t bytes[XFER_HEAD];
	struct xfer_head back = { .type = 77 };

	for (size_t i = 0; i < COUNT(good); i++) {
		xfer_head_put(bytes, &good[i]);
		assert_int_equal(xfer_head_get(bytes, &back), 0);
		assert_memory_equal(&back, &good[i], sizeof(back));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		back.type = 77;
		xfer_head_put(bytes, &bad[i]);
		if (xfer_head_get(bytes, &back) != -EBADMSG || back.type != 77)
			fail_msg("bad head %zu", i);
	}
}

static void test_head_bytes(void **state)
{
	static const uint8_t expected[XFER_HEAD] = { 3, 0, 1, 0, 0xff, 0x0f, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1 };
	const struct xfer_head head = { XFER_FILE, XFER_EXEC, 4095, 0x0102030405060708 };
	uint8_t bytes[XFER_HEAD];

	xfer_head_put(bytes, &head);
	assert_memory_equal(bytes, expected, XFER_HEAD);
}

static void test_point(void **state)
{
	const struct xfer_point point = { UINT32_MAX, UINT64_MAX, 7ull * XFER_DATA_MAX };
	struct xfer_point back;
	uint8_t bytes[XFER_POINT_LEN];

	memset(bytes, 0xff, sizeof(bytes));
	xfer_point_put(bytes, &point);
	assert_int_equal(xfer_point_get(bytes, &back), 0);
	assert_true(back.item == point.item && back.entry == point.entry && back.offset == point.offset);
	for (size_t i = 0; i < XFER_POINT_LEN; i++) {
		bool unused = (i >= 4 && i < 8) || i >= 24;
		bool offset_low = i == 16 || i == 17, offset_high = i == 23;

		xfer_point_put(bytes, &(struct xfer_point){ 0 });
		bytes[i] = i == 23 ? 0x80 : 1;
		if (xfer_point_get(bytes, &back) != (unused || offset_low || offset_high ? -EBADMSG : 0))
			fail_msg("byte %zu of a POINT", i);
	}
}

static struct xfer_start good_start(void)
{
	struct xfer_start s = {
		.version = XFER_VERSION, .items = 3, .point = { 2, 5, XFER_DATA_MAX }, .bytes = UINT64_MAX
	};

	memset(s.passed, 9, sizeof(s.passed));
	return s;
}

static int check_start(const struct xfer_start *s)
{
	struct xfer_start back;
	uint8_t bytes[XFER_START_LEN];

	memset(bytes, 0xff, sizeof(bytes));
	xfer_start_put(bytes, s);
	if (xfer_start_get(bytes, &back) < 0)
		return -EBADMSG;
	assert_int_equal(back.items, s->items);
	assert_int_equal(back.point.item, s->point.item);
	assert_int_equal(back.point.entry, s->point.entry);
	assert_int_equal(back.point.offset, s->point.offset);
	assert_true(back.bytes == s->bytes);
	assert_memory_equal(back.passed, s->passed, XFER_HASH);
	return 0;
}

#define START_REFUSED(change)                                 \
	do {                                                  \
		struct xfer_start s = good_start();           \
		change;                                       \
		if (check_start(&s) != -EBADMSG)              \
			fail_msg("START taken: %s", #change); \
	} while (0)

static void test_start(void **state)
{
	struct xfer_start all = { .version = XFER_VERSION, .items = 3, .point = { 3, 0, 0 } }, some = good_start();
	uint8_t bytes[XFER_START_LEN];

	assert_int_equal(check_start(&some), 0);
	assert_int_equal(check_start(&all), 0);
	START_REFUSED(s.version = 0);
	START_REFUSED(s.version = XFER_VERSION + 1);
	START_REFUSED(s.items = 0);
	START_REFUSED(s.point.item = 3);
	START_REFUSED(s.point.item = 4);
	START_REFUSED(s.point.entry = 0); /* the digest of nothing is 0 */
	START_REFUSED(s.point.offset = 1);
	START_REFUSED(s.point.offset = 1ull << 63);
	xfer_start_put(bytes, &some);
	bytes[12] = 1; /* between item and entry */
	assert_int_equal(xfer_start_get(bytes, &some), -EBADMSG);
}

static bool is_path(const char *path, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool is;

	assert_non_null(copy);
	memcpy(copy, path, len);
	is = xfer_is_path(copy, len);
	free(copy);
	return is;
}

static void test_path(void **state)
{
	static const char *const good[] = { "a", "a/b", "..a/.b", "a b/c\\d", "gr\xc3\xbc\xc3\x9f/\xe2\x82\xac" };
	static const char *const bad[] = { "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "./a",
		"a/\n", "a\x7f/b", "a/\xff", "a/\xe2\x80\xaetxt", "a/\xc2\x85" };
	char deep[2 * XFER_DEPTH_MAX + 2], longest[XFER_PATH_MAX + 1];

	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(is_path(good[i], strlen(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(is_path(bad[i], strlen(bad[i])));
	assert_false(is_path("a\0b", 3));
	assert_false(is_path("a/\0", 3));
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 ? '/' : 'a';
	assert_true(is_path(deep, 2 * XFER_DEPTH_MAX - 1));
	assert_false(is_path(deep, 2 * XFER_DEPTH_MAX + 1));
	memset(longest, 'x', sizeof(longest));
	for (size_t i = 255; i < sizeof(longest); i += 256)
		longest[i] = '/';
	assert_true(is_path(longest, XFER_PATH_MAX));
	longest[XFER_PATH_MAX] = 'x';
	assert_false(is_path(longest, XFER_PATH_MAX + 1));
	longest[255] = 'x'; /* a part of 511 bytes */
	assert_false(is_path(longest, XFER_PATH_MAX));
}

/* Every kind of record, in a stream short enough to be cut everywhere. */
static void make_sample(void)
{
	start(4);
	dir("a");
	file("a/b", 0);
	dir("a/c");
	file("a/c/d", 5);
	begin("a/c/e", 9);
	data(4);
	mark(XFER_BREAK);
	begin("a/c/e", 3);
	mark(XFER_BREAK);
	file("a/c/e", 4);
	file("a/c!", 1);
	mark(XFER_ITEM);
	file("x", 3);
	mark(XFER_ITEM);
	mark(XFER_ITEM); /* left out */
	begin("y", 3);
	mark(XFER_BREAK);
	mark(XFER_ITEM); /* left out, too */
	mark(XFER_DONE);
}

static void test_sample(void **state)
{
	struct xfer_check c;

	make_sample();
	for (size_t piece = 1; piece <= stream.len; piece++) {
		if (feed(&c, piece) < 0 || !xfer_check_done(&c))
			fail_msg("refused in pieces of %zu", piece);
		assert_int_equal(c.items, 4);
		assert_int_equal(c.entries, 10);
		assert_int_equal(c.bytes, 5 + 4 + 4 + 1 + 3);
	}
}

/* Cut anywhere it is not refused, and not done; with anything behind it, it is refused. */
static void test_truncated(void **state)
{
	size_t len;

	make_sample();
	len = stream.len;
	for (stream.len = 0; stream.len < len; stream.len++) {
		struct xfer_check c;

		if (feed(&c, len) < 0 || xfer_check_done(&c))
			fail_msg("cut at byte %zu", stream.len);
	}
	stream.bytes[len] = 0;
	stream.len = len + 1;
	assert_true(is_refused());
}

/* Whatever single byte is changed, all ways to cut the stream give one verdict. */
static void test_mutations(void **state)
{
	uint64_t seed = 5;

	for (unsigned n = 0; n < 30000; n++) {
		struct xfer_check c;
		uint64_t r = unit_random(&seed);
		int whole, pieces;

		make_sample();
		stream.bytes[r % stream.len] = (uint8_t)(r >> 32);
		whole = feed(&c, stream.len);
		pieces = feed(&c, 1 + (r >> 40) % 50);
		assert_int_equal(whole, pieces);
	}
}

static void test_big_file(void **state)
{
	start(1);
	file("big", 5 * XFER_DATA_MAX + 1);
	mark(XFER_ITEM);
	mark(XFER_DONE);
	assert_true(is_whole());
}

static void test_resumed(void **state)
{
	struct xfer_check c;

	start_at(2, 0, 3, 2 * XFER_DATA_MAX); /* amid a file of a folder */
	begin("a/c/e", 2 * XFER_DATA_MAX + 1);
	data(1);
	end();
	file("a/d", 1);
	mark(XFER_ITEM);
	file("b", 0);
	mark(XFER_ITEM);
	mark(XFER_DONE);
	assert_true(is_whole());
	assert_int_equal(feed(&c, stream.len), 0);
	assert_int_equal(c.bytes, 2 * XFER_DATA_MAX + 2);
	start_at(2, 1, 0, XFER_DATA_MAX); /* amid an item that is a file, of which all bytes came */
	begin("b", XFER_DATA_MAX);
	end();
	mark(XFER_ITEM);
	mark(XFER_DONE);
	assert_true(is_whole());
	start_at(2, 1, 7, 0); /* all entries of a folder came, its ITEM did not */
	mark(XFER_ITEM);
	mark(XFER_DONE);
	assert_true(is_whole());
	start_at(2, 2, 0, 0);
	mark(XFER_DONE);
	assert_true(is_whole());
}

/* One rule of what may follow what broken in each; what is before it is well formed. */
static void test_order_of_records(void **state)
{
	stream.len = 0;
	dir("a"); /* no START */
	assert_true(is_refused());
	start(1);
	start_at(1, 0, 0, 0);
	add(XFER_START, 0, 0, stream.bytes + XFER_HEAD, XFER_START_LEN); /* twice */
	assert_true(is_refused());
	start(1);
	data(1); /* of no file */
	assert_true(is_refused());
	start(1);
	dir("a");
	end();
	assert_true(is_refused());
	start(1);
	mark(XFER_BREAK);
	assert_true(is_refused());
	start(1);
	begin("a", 1);
	dir("b"); /* within a file */
	assert_true(is_refused());
	start(2);
	begin("a", 1);
	begin("b", 1);
	assert_true(is_refused());
	start(1);
	dir("f");
	begin("f/a", 1);
	dir("f/b");
	assert_true(is_refused());
	start(1);
	dir("f");
	begin("f/a", 1);
	begin("f/b", 1);
	assert_true(is_refused());
	start(1);
	begin("a", 0);
	mark(XFER_ITEM);
	assert_true(is_refused());
	start(1);
	mark(XFER_DONE); /* before its items */
	assert_true(is_refused());
	start(1);
	dir("a");
	mark(XFER_DONE);
	assert_true(is_refused());
	start(1);
	mark(XFER_ITEM);
	mark(XFER_ITEM); /* one too many */
	assert_true(is_refused());
	start(1);
	mark(XFER_ITEM);
	file("a", 0);
	assert_true(is_refused());
	start(1);
	add(XFER_POINT, 0, 0, stream.bytes, XFER_POINT_LEN);
	assert_true(is_refused());
	start(1);
	add(XFER_PROBLEM, 0, 1, "a", 1);
	assert_true(is_refused());
}

static void test_sizes(void **state)
{
	start(1);
	begin("a", 3);
	data(4);
	assert_true(is_refused());
	start(1);
	begin("a", 3);
	data(2);
	data(2);
	assert_true(is_refused());
	start(1);
	begin("a", 3);
	data(2);
	end();
	assert_true(is_refused());
	start(1);
	begin("a", 0);
	data(1);
	assert_true(is_refused());
	start_at(1, 0, 0, XFER_DATA_MAX);
	begin("a", XFER_DATA_MAX - 1); /* shorter than where it begins */
	assert_true(is_refused());
	start_at(1, 0, 0, XFER_DATA_MAX);
	begin("a", XFER_DATA_MAX + 1);
	data(2);
	assert_true(is_refused());
	start_at(1, 0, 0, XFER_DATA_MAX);
	dir("a"); /* an offset within a folder */
	assert_true(is_refused());
	start_at(1, 0, 1, XFER_DATA_MAX);
	mark(XFER_ITEM);
	assert_true(is_refused());
}

/* Two entries of a folder "f", or one item and something after it: is the second refused? */
static bool second_refused(const char *first, const char *second)
{
	struct xfer_check c;
	bool folder = first[strlen(first) - 1] == '/';

	start(2);
	dir("f");
	if (folder)
		add(XFER_DIR, 0, 0, first, strlen(first) - 1);
	else
		file(first, 0);
	assert_int_equal(feed(&c, stream.len), 0);
	file(second, 0);
	return is_refused();
}

static void test_paths_of_an_item(void **state)
{
	assert_false(second_refused("f/a", "f/b"));
	assert_false(second_refused("f/a", "f/aa"));
	assert_false(second_refused("f/a/", "f/a/b"));
	assert_false(second_refused("f/a/", "f/a!")); /* '!' is less than '/', but the order is that of names */
	assert_false(second_refused("f/a", "f/\xc3\xbc"));
	assert_true(second_refused("f/b", "f/a"));
	assert_true(second_refused("f/aa", "f/a"));
	assert_true(second_refused("f/a", "f/a")); /* twice */
	assert_true(second_refused("f/a/", "f/a")); /* a file where there is a folder */
	assert_true(second_refused("f/a", "f/a/b")); /* a file as a folder */
	assert_true(second_refused("f/a", "f/b/c")); /* a folder that did not come */
	assert_true(second_refused("f/a/", "f/b/c"));
	assert_true(second_refused("f/aa/", "f/a/b"));
	assert_true(second_refused("f/a/", "f/a/b/c"));
	assert_true(second_refused("f/a/", "f/aa/b"));
	assert_true(second_refused("f/a", "g")); /* not in the item */
	assert_true(second_refused("f/a", "g/a"));
	assert_true(second_refused("f/a", "f"));
	assert_true(second_refused("f/a", "ff/b"));
	assert_true(second_refused("f/a", "f/../b"));
	assert_true(second_refused("f/a", "/f/b"));
	assert_true(second_refused("f/a", "f/b\n"));
}

static void test_first_of_an_item(void **state)
{
	start(1);
	file("a/b", 0); /* without its folder */
	assert_true(is_refused());
	start(2);
	file("a", 0);
	file("a/b", 0); /* an item that is a file */
	assert_true(is_refused());
	start(2);
	file("a", 0);
	file("a", 0);
	assert_true(is_refused());
	start_at(1, 0, 3, 0);
	file("a", 0); /* amid a folder, but named as an item */
	assert_true(is_refused());
	start(2);
	file("a", 0);
	mark(XFER_ITEM);
	file("a", 0); /* another item may have the same name */
	mark(XFER_ITEM);
	mark(XFER_DONE);
	assert_true(is_whole());
}

/* Only a file that was broken may come once more, and only as that file. */
static void test_again(void **state)
{
	static const char *const bad[] = { "f/a/x", "f", "g", "f/A" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		start(2);
		dir("f");
		begin("f/a", 1);
		mark(XFER_BREAK);
		file(bad[i], 0);
		assert_true(is_refused());
	}
	start(1);
	dir("f");
	begin("f/a", 1);
	mark(XFER_BREAK);
	dir("f/a");
	assert_true(is_refused());
	start(1);
	dir("f");
	begin("f/a", 1);
	mark(XFER_BREAK);
	file("f/a", 1);
	file("f/a", 1); /* it was whole */
	assert_true(is_refused());
	start(1);
	begin("a", 1);
	mark(XFER_BREAK);
	file("b", 1);
	assert_true(is_refused());
}

static void test_far_bytes(void **state)
{
	static const uint8_t expected[XFER_FAR_LEN] = { 8, 7, 6, 5, 4, 3, 2, 1, 0xd, 0xc, 0xb, 0xa, 0, 0, 1, 0 };
	static const struct xfer_far bad[] = { { 0, 0, 1 }, { 0, 1, 0 }, { 0, 1, XFER_DATA_MAX + 1 },
		{ 0, 1, UINT32_MAX } };
	const struct xfer_far f = { 0x0102030405060708, 0x0a0b0c0d, XFER_DATA_MAX };
	struct xfer_far back = { .count = 77 };
	uint8_t bytes[XFER_FAR_LEN];

	xfer_far_put(bytes, &f);
	assert_memory_equal(bytes, expected, sizeof(bytes));
	for (size_t i = 0; i < COUNT(bad); i++) {
		xfer_far_put(bytes, &bad[i]);
		assert_int_equal(xfer_far_get(bytes, &back), -EBADMSG);
		assert_int_equal(back.count, 77);
	}
	xfer_far_put(bytes, &f);
	assert_int_equal(xfer_far_get(bytes, &back), 0);
	assert_memory_equal(&back, &f, sizeof(back));
}

static void test_far(void **state)
{
	struct xfer_check c;

	relay = 7;
	stream.len = 0;
	start(1);
	begin("a", 3 * XFER_DATA_MAX);
	far(0, 7, XFER_DATA_MAX);
	data(5);
	far(XFER_DATA_MAX, 7, XFER_DATA_MAX);
	data(XFER_DATA_MAX - 5);
	end();
	mark(XFER_ITEM);
	mark(XFER_DONE);
	assert_true(is_whole());
	assert_int_equal(feed(&c, stream.len), 0);
	assert_int_equal(c.bytes, 3 * XFER_DATA_MAX);
	assert_int_equal(c.far, 2 * XFER_DATA_MAX);
	relay = 8;
	assert_true(is_refused());
	relay = 0;
	assert_true(is_refused());
}

/* A FAR is as good as a DATA of so many bytes, and no better. */
static void check_far(uint64_t size, uint64_t count, uint32_t generation, uint32_t bytes)
{
	start(1);
	begin("a", size);
	far(0, 7, 10);
	far(count, generation, bytes);
	end();
	mark(XFER_ITEM);
	mark(XFER_DONE);
}

static void test_far_refused(void **state)
{
	relay = 7;
	check_far(20, 10, 7, 10);
	assert_true(is_whole());
	check_far(20, 11, 7, 10);
	assert_true(is_refused());
	check_far(20, 0, 7, 10);
	assert_true(is_refused());
	check_far(20, 10, 6, 10);
	assert_true(is_refused());
	check_far(20, 10, 7, 11);
	assert_true(is_refused());
	start(1);
	begin("a", 20);
	far(0, 7, 10);
	far(10, 7, 11);
	assert_true(is_refused());
	check_far(20, 10, 7, 9);
	assert_true(is_refused());
	start(1);
	dir("a");
	far(0, 7, 1);
	assert_true(is_refused());
	stream.len = 0;
	far(0, 7, 1);
	assert_true(is_refused());
	start(1);
	begin("a", 1);
	far(0, 7, 1);
	end();
	far(1, 7, 1);
	assert_true(is_refused());
	/* cut anywhere, it is not whole */
	check_far(20, 10, 7, 10);
	for (size_t len = stream.len; len-- > 0;) {
		struct xfer_check c;

		stream.len = len;
		assert_int_equal(feed(&c, 7), 0);
		assert_false(xfer_check_done(&c));
	}
	relay = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_head_bytes),
		cmocka_unit_test(test_point),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_big_file),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_order_of_records),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_paths_of_an_item),
		cmocka_unit_test(test_first_of_an_item),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_far_bytes),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_far_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
