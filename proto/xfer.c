/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/xfer.h"

#include <errno.h>
#include <string.h>

#include "proto/text.h"

#define ERRNO_MAX 4095 /* MAX_ERRNO of the kernel */

/* Where the fields of START lie; those of POINT begin at 0 in the same order. */
enum { START_VERSION = 0, START_ITEMS = 4, START_POINT = 8, START_BYTES = 32, START_PASSED = 40 };
enum { POINT_ITEM = 0, POINT_ZERO = 4, POINT_ENTRY = 8, POINT_OFFSET = 16, POINT_END = 24 };
enum { FAR_COUNT = 0, FAR_GENERATION = 8, FAR_BYTES = 12 };

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

static bool is_zero(const uint8_t *at, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= at[i];
	return any == 0;
}

/* What a record's head may say, by type. */
static const struct rule {
	uint16_t type;
	uint16_t flags; /* that may be set */
	uint32_t len_min, len_max;
	uint64_t value_min, value_max;
} rules[] = {
	{ XFER_START, 0, XFER_START_LEN, XFER_START_LEN, 0, 0 },
	{ XFER_DIR, 0, 1, XFER_PATH_MAX, 0, 0 },
	{ XFER_FILE, XFER_EXEC, 1, XFER_PATH_MAX, 0, XFER_SIZE_MAX },
	{ XFER_DATA, 0, 1, XFER_DATA_MAX, 0, 0 },
	{ XFER_END, 0, XFER_HASH, XFER_HASH, 0, 0 },
	{ XFER_BREAK, 0, 0, 0, 0, 0 },
	{ XFER_ITEM, 0, 0, 0, 0, 0 },
	{ XFER_DONE, 0, 0, 0, 0, 0 },
	{ XFER_FAR, 0, XFER_FAR_LEN, XFER_FAR_LEN, 0, 0 },
	{ XFER_POINT, 0, XFER_POINT_LEN, XFER_POINT_LEN, 0, 0 },
	{ XFER_PROBLEM, 0, 1, XFER_PATH_MAX, 1, ERRNO_MAX },
};

static bool head_ok(const struct xfer_head *head)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];

		if (rule->type == head->type)
			return !(head->flags & ~rule->flags) && head->len >= rule->len_min &&
				head->len <= rule->len_max && head->value >= rule->value_min &&
				head->value <= rule->value_max;
	}
	return false;
}

int xfer_head_get(const uint8_t bytes[XFER_HEAD], struct xfer_head *ret_head)
{
	const struct xfer_head head = {
		.type = (uint16_t)load_le(bytes, 2),
		.flags = (uint16_t)load_le(bytes + 2, 2),
		.len = (uint32_t)load_le(bytes + 4, 4),
		.value = load_le(bytes + 8, 8),
	};

	if (!head_ok(&head))
		return -EBADMSG;
	*ret_head = head;
	return 0;
}

void xfer_head_put(uint8_t bytes[XFER_HEAD], const struct xfer_head *head)
{
	store_le(bytes, 2, head->type);
	store_le(bytes + 2, 2, head->flags);
	store_le(bytes + 4, 4, head->len);
	store_le(bytes + 8, 8, head->value);
}

int xfer_point_get(const uint8_t bytes[XFER_POINT_LEN], struct xfer_point *ret_point)
{
	const struct xfer_point point = {
		.item = (uint32_t)load_le(bytes + POINT_ITEM, 4),
		.entry = load_le(bytes + POINT_ENTRY, 8),
		.offset = load_le(bytes + POINT_OFFSET, 8),
	};

	if (point.offset > XFER_SIZE_MAX || point.offset % XFER_DATA_MAX != 0)
		return -EBADMSG;
	if (!is_zero(bytes + POINT_ZERO, POINT_ENTRY - POINT_ZERO) ||
		!is_zero(bytes + POINT_END, XFER_POINT_LEN - POINT_END))
		return -EBADMSG;
	*ret_point = point;
	return 0;
}

void xfer_point_put(uint8_t bytes[XFER_POINT_LEN], const struct xfer_point *point)
{
	memset(bytes, 0, XFER_POINT_LEN);
	store_le(bytes + POINT_ITEM, 4, point->item);
	store_le(bytes + POINT_ENTRY, 8, point->entry);
	store_le(bytes + POINT_OFFSET, 8, point->offset);
}

/* Something is left to send from the point on, or all items are whole. */
static bool start_ok(const struct xfer_start *s)
{
	bool all = s->point.item == s->items && s->point.entry == 0 && s->point.offset == 0;

	return s->version == XFER_VERSION && s->items >= 1 && (all || s->point.item < s->items) &&
		(s->point.entry > 0 || is_zero(s->passed, XFER_HASH));
}

int xfer_start_get(const uint8_t bytes[XFER_START_LEN], struct xfer_start *ret_start)
{
	uint8_t point[XFER_POINT_LEN] = { 0 };
	struct xfer_start start = {
		.version = (uint32_t)load_le(bytes + START_VERSION, 4),
		.items = (uint32_t)load_le(bytes + START_ITEMS, 4),
		.bytes = load_le(bytes + START_BYTES, 8),
	};

	memcpy(point, bytes + START_POINT, POINT_END);
	memcpy(start.passed, bytes + START_PASSED, XFER_HASH);
	if (xfer_point_get(point, &start.point) < 0 || !start_ok(&start))
		return -EBADMSG;
	*ret_start = start;
	return 0;
}

void xfer_start_put(uint8_t bytes[XFER_START_LEN], const struct xfer_start *start)
{
	uint8_t point[XFER_POINT_LEN];

	xfer_point_put(point, &start->point);
	store_le(bytes + START_VERSION, 4, start->version);
	store_le(bytes + START_ITEMS, 4, start->items);
	memcpy(bytes + START_POINT, point, POINT_END);
	store_le(bytes + START_BYTES, 8, start->bytes);
	memcpy(bytes + START_PASSED, start->passed, XFER_HASH);
}

int xfer_far_get(const uint8_t bytes[XFER_FAR_LEN], struct xfer_far *ret_far)
{
	const struct xfer_far far = {
		.count = load_le(bytes + FAR_COUNT, 8),
		.generation = (uint32_t)load_le(bytes + FAR_GENERATION, 4),
		.bytes = (uint32_t)load_le(bytes + FAR_BYTES, 4),
	};

	if (far.generation == 0 || far.bytes < 1 || far.bytes > XFER_DATA_MAX)
		return -EBADMSG;
	*ret_far = far;
	return 0;
}

void xfer_far_put(uint8_t bytes[XFER_FAR_LEN], const struct xfer_far *far)
{
	store_le(bytes + FAR_COUNT, 8, far->count);
	store_le(bytes + FAR_GENERATION, 4, far->generation);
	store_le(bytes + FAR_BYTES, 4, far->bytes);
}

bool xfer_is_path(const uint8_t *untrusted, size_t len)
{
	unsigned parts = 0;

	if (len < 1 || len > XFER_PATH_MAX)
		return false;
	for (;;) {
		const uint8_t *slash = memchr(untrusted, '/', len);
		size_t part = slash ? (size_t)(slash - untrusted) : len;

		if (++parts > XFER_DEPTH_MAX || !text_is_file_name(untrusted, part))
			return false;
		if (!slash)
			return true;
		untrusted += part + 1;
		len -= part + 1;
	}
}

void xfer_check_init(struct xfer_check *c)
{
	memset(c, 0, sizeof(*c));
	c->in_head = true;
}

void xfer_check_allow_far(struct xfer_check *c, uint32_t generation)
{
	c->relay = generation;
}

/* The item at which the stream begins has entries that are passed over: its name is not known yet. */
static bool is_amid_item(const struct xfer_check *c)
{
	return c->start.point.entry > 0 && c->entries == 0 && c->items == c->start.point.item;
}

/* The stream begins within a file, and that has not come yet. */
static bool wants_offset(const struct xfer_check *c)
{
	return c->start.point.offset > 0 && c->entries == 0;
}

static bool may_follow(const struct xfer_check *c, const struct xfer_head *head)
{
	if (c->done || c->started == (head->type == XFER_START))
		return false;
	switch (head->type) {
	case XFER_START:
		return true;
	case XFER_DIR:
		return !c->in_file && c->items < c->start.items && !wants_offset(c);
	case XFER_FILE:
		return !c->in_file && c->items < c->start.items &&
			(!wants_offset(c) || head->value >= c->start.point.offset);
	case XFER_DATA:
		return c->in_file && head->len <= c->size - c->got;
	case XFER_FAR:
		return c->in_file; /* of no relay is none: take_far() */
	case XFER_END:
		return c->in_file && c->got == c->size;
	case XFER_BREAK:
		return c->in_file;
	case XFER_ITEM:
		return !c->in_file && c->items < c->start.items && !wants_offset(c);
	case XFER_DONE:
		return !c->in_file && c->items == c->start.items;
	default:
		return false; /* POINT and PROBLEM go other ways */
	}
}

/* Length of the folder that @path lies in, without the '/'; 0: it has one part. */
static size_t parent_len(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len ? len - 1 : 0;
}

/*
 * Whether @path may come after the entry before: it lies in that one, a
 * folder, or in one of the folders that hold it, and behind it there. So it
 * is in the same item, too.
 */
static bool is_in_order(const struct xfer_check *c, const char *path, size_t len)
{
	size_t up = parent_len(path, len), old, new;
	int order;

	if (up > c->last_len || memcmp(path, c->last, up) != 0)
		return false;
	if (up == c->last_len)
		return c->last_is_dir;
	if (c->last[up] != '/')
		return false;
	old = strcspn(c->last + up + 1, "/");
	new = len - up - 1;
	order = memcmp(path + up + 1, c->last + up + 1, old < new ? old : new);
	return order > 0 || (order == 0 && new > old);
}

static bool is_again(const struct xfer_check *c, const char *path, size_t len)
{
	return c->last_broken && c->head.type == XFER_FILE && len == c->last_len && memcmp(path, c->last, len) == 0;
}

/* The first entry of an item names it, except where the stream begins amid it. */
static bool may_begin_item(const struct xfer_check *c, size_t len)
{
	return (memchr(c->buf, '/', len) != NULL) == is_amid_item(c);
}

static bool take_entry(struct xfer_check *c)
{
	const char *path = (const char *)c->buf;
	size_t len = c->head.len;
	bool file = c->head.type == XFER_FILE;

	if (!xfer_is_path(c->buf, len))
		return false;
	if (c->last_len == 0 ? !may_begin_item(c, len) : !is_again(c, path, len) && !is_in_order(c, path, len))
		return false;
	c->got = file && wants_offset(c) ? c->start.point.offset : 0;
	c->bytes += c->got;
	c->size = c->head.value;
	c->in_file = file;
	c->last_is_dir = !file;
	c->last_broken = false;
	memcpy(c->last, path, len);
	c->last[len] = '\0';
	c->last_len = len;
	c->entries++;
	return true;
}

static bool take_far(struct xfer_check *c)
{
	struct xfer_far far;

	if (xfer_far_get(c->buf, &far) < 0 || far.generation != c->relay || far.count != c->far ||
		far.bytes > c->size - c->got)
		return false;
	c->got += far.bytes;
	c->bytes += far.bytes;
	c->far += far.bytes;
	return true;
}

/* A record is whole. */
static bool take_record(struct xfer_check *c)
{
	switch (c->head.type) {
	case XFER_START:
		c->started = true;
		if (xfer_start_get(c->buf, &c->start) < 0)
			return false;
		c->items = c->start.point.item;
		return true;
	case XFER_DIR:
	case XFER_FILE:
		return take_entry(c);
	case XFER_FAR:
		return take_far(c);
	case XFER_END:
		c->in_file = false;
		return true;
	case XFER_BREAK:
		c->in_file = false;
		c->last_broken = true;
		return true;
	case XFER_ITEM:
		c->items++;
		c->last_len = 0;
		return true;
	case XFER_DONE:
		c->done = true;
		return true;
	default:
		return true;
	}
}

static bool take_head(struct xfer_check *c)
{
	if (xfer_head_get(c->buf, &c->head) < 0 || !may_follow(c, &c->head))
		return false;
	if (c->head.type == XFER_DATA)
		c->got += c->head.len;
	c->in_head = false;
	c->left = c->head.len;
	return true;
}

/* Takes bytes of a head or a payload, as many as belong to it. */
static size_t take_bytes(struct xfer_check *c, const uint8_t *untrusted, size_t len)
{
	size_t want = c->in_head ? XFER_HEAD - c->have : (size_t)c->left;
	size_t n = len < want ? len : want;

	if (!c->in_head && c->head.type == XFER_DATA) {
		c->bytes += n;
	} else {
		memcpy(c->buf + c->have, untrusted, n);
		c->have += n;
	}
	c->left -= c->in_head ? 0 : n;
	return n;
}

/* A head or a payload is whole: looks at it, and at a record without payload at once. */
static bool take_whole(struct xfer_check *c)
{
	c->have = 0;
	if (c->in_head && !take_head(c))
		return false;
	if (c->left > 0)
		return true;
	c->in_head = true;
	return take_record(c);
}

int xfer_check_feed(struct xfer_check *c, const uint8_t *untrusted, size_t len)
{
	while (len > 0 && !c->broken) {
		size_t n;

		if (c->done) { /* nothing follows, not even the beginning of a head */
			c->broken = true;
			break;
		}
		n = take_bytes(c, untrusted, len);
		untrusted += n;
		len -= n;
		if (c->in_head ? c->have == XFER_HEAD : c->left == 0)
			c->broken = !take_whole(c);
	}
	return c->broken ? -EBADMSG : 0;
}

bool xfer_check_done(const struct xfer_check *c)
{
	return c->done && !c->broken && c->in_head && c->have == 0;
}
