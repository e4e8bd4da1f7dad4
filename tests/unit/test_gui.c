/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gui.h"
#include "proto/uapi/vmos_channel.h"
#include "tests/unit/unit.h"

#define HEAD(t, w, s) .type = (t), .win = (w), .seq = 77, .serial = (s)

/* One good message of each type. */
static const struct gui_msg good[] = {
	{ .head = { HEAD(GUI_HELLO, 0, 0) }, .hello = { .version = 1, .features = 5 } },
	{ .head = { HEAD(GUI_PONG, 0, 0) }, .ping = { .cookie = UINT64_MAX } },
	{ .head = { HEAD(GUI_BYE, 0, 0) }, .bye = { .reason = 3 } },
	{ .head = { HEAD(GUI_WIN_NEW, 9, 0) }, .win_new = { .role = GUI_ROLE_POPUP, .parent = 8, .w = 640, .h = 480 } },
	{ .head = { HEAD(GUI_WIN_DEL, 9, 0) } },
	{ .head = { HEAD(GUI_POPUP_POS, 9, 0) },
		.popup_pos = { .anchor_x = -3,
			.anchor_y = 4,
			.anchor_w = 5,
			.anchor_h = 6,
			.anchor = GUI_EDGE_TOP | GUI_EDGE_LEFT,
			.gravity = GUI_EDGE_BOTTOM,
			.constraint = 0x3f,
			.dx = -7,
			.dy = 8,
			.w = 1,
			.h = GUI_SIZE_MAX,
			.token = 99 } },
	{ .head = { HEAD(GUI_COMMIT, 9, 4) },
		.commit = { .page = 65535,
			.w = 100,
			.h = 50,
			.stride = 512,
			.fmt = GUI_FMT_ARGB,
			.nrect = 2,
			.scale120 = 180,
			.rect = { { 1, 2, 3, 4 }, { 0, 0, GUI_SIZE_MAX, GUI_SIZE_MAX } } } },
	{ .head = { HEAD(GUI_DAMAGE, 9, 0) },
		.damage = { .rect = { { 1, 2, 3, 4 }, { 0, 0, 0, 0 }, { 5, 6, 7, 8 } } } },
	{ .head = { HEAD(GUI_TITLE, 9, 0) },
		.title = { .part = 2, .len = 36, .text = "\xff\x01 a claim of the guest" } },
	{ .head = { HEAD(GUI_APPID, 9, 0) }, .title = { .part = 0, .len = 4, .text = "foot" } },
	{ .head = { HEAD(GUI_HINTS, 9, 0) },
		.hints = { .min_w = 10,
			.min_h = 20,
			.max_w = 30,
			.max_h = 0,
			.geo_x = 1,
			.geo_y = 2,
			.geo_w = 3,
			.geo_h = 4,
			.opaque = 1 } },
	{ .head = { HEAD(GUI_STATE_REQ, 9, 0) }, .state_req = { .bits = GUI_STATE_MINIMIZED } },
	{ .head = { HEAD(GUI_MOVE, 9, 12) } },
	{ .head = { HEAD(GUI_RESIZE, 9, 12) }, .resize = { .edges = GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT } },
	{ .head = { HEAD(GUI_CURSOR_SHAPE, 0, 0) }, .cursor_shape = { .shape = GUI_CURSOR_SHAPE_MAX } },
	{ .head = { HEAD(GUI_CURSOR_IMG, 9, 0) },
		.cursor_img = { .page = 1, .w = 64, .h = 1, .hot_x = 64, .hot_y = 0 } },
	{ .head = { HEAD(GUI_BELL, 9, 0) } },
	{ .head = { HEAD(GUI_IDLE_INHIBIT, 9, 0) }, .idle_inhibit = { .on = 1 } },
	{ .head = { HEAD(GUI_ATTENTION, 9, 0) } },
	{ .head = { HEAD(GUI_DRAG, 9, 0) } },
	{ .head = { HEAD(GUI_CLIP_OFFER, 0, 0) }, .clip_offer = { .mimes = GUI_MIME_MASK } },
	{ .head = { HEAD(GUI_CLIP_DATA, 0, 0) },
		.clip_data = { .xfer = 3,
			.end = GUI_CLIP_LAST,
			.blob = { .off = VMOS_GUI_BLOB - GUI_CLIP_CHUNK, .len = GUI_CLIP_CHUNK } } },
	{ .head = { HEAD(GUI_WELCOME, 0, 0) }, .hello = { .version = 1 } },
	{ .head = { HEAD(GUI_OUTPUT, 0, 0) },
		.output = { .id = 1,
			.x = -1920,
			.y = 0,
			.w = 1920,
			.h = 1080,
			.mm_w = 600,
			.mm_h = 340,
			.scale120 = 120,
			.mhz = 60000 } },
	{ .head = { HEAD(GUI_CONFIGURE, 9, 1) },
		.configure = { .states = GUI_STATE_ACTIVATED | GUI_STATE_TILED_BOTTOM,
			.scale120 = 960,
			.bounds_w = 1920,
			.bounds_h = 1080 } },
	{ .head = { HEAD(GUI_CLOSE, 9, 0) } },
	{ .head = { HEAD(GUI_POPUP_PLACED, 9, 0) }, .popup_placed = { .x = -5, .y = 6, .w = 7, .h = 8, .token = 9 } },
	{ .head = { HEAD(GUI_POPUP_DONE, 9, 0) } },
	{ .head = { HEAD(GUI_FRAME, 9, 55) }, .frame = { .ns = 1ull << 40, .refresh_ns = 16666666 } },
	{ .head = { HEAD(GUI_RELEASE, 0, 0) }, .release = { .page = GUI_HEAP_PAGES_MAX - 1 } },
	{ .head = { HEAD(GUI_KEYMAP, 0, 0) }, .keymap = { .blob = { .off = VMOS_GUI_BLOB - 8, .len = 8 } } },
	{ .head = { HEAD(GUI_KB_ENTER, 9, 0) }, .kb_enter = { .n = 2, .key = { 30, 0x2ff } } },
	{ .head = { HEAD(GUI_KB_LEAVE, 9, 0) } },
	{ .head = { HEAD(GUI_KEY, 9, 0) }, .key = { .time_ms = 1, .key = 30, .pressed = 1 } },
	{ .head = { HEAD(GUI_MODS, 9, 0) }, .mods = { .depressed = 1, .latched = 2, .locked = 3, .group = 1 } },
	{ .head = { HEAD(GUI_REPEAT, 0, 0) }, .repeat = { .per_s = 25, .delay_ms = 600 } },
	{ .head = { HEAD(GUI_PTR_ENTER, 9, 0) }, .ptr = { .time_ms = 1, .x = 256, .y = -256 } },
	{ .head = { HEAD(GUI_PTR_LEAVE, 9, 0) } },
	{ .head = { HEAD(GUI_PTR_MOTION, 9, 0) }, .ptr = { .time_ms = 1, .x = 32768 << 8, .y = 0 } },
	{ .head = { HEAD(GUI_PTR_BUTTON, 9, 0) }, .button = { .time_ms = 1, .button = 0x110, .pressed = 1 } },
	{ .head = { HEAD(GUI_PTR_AXIS, 9, 0) },
		.axis = { .time_ms = 1, .horizontal = 1, .source = 3, .value = -2560, .value120 = -120, .stop = 1 } },
	{ .head = { HEAD(GUI_PING, 0, 0) }, .ping = { .cookie = 1 } },
	{ .head = { HEAD(GUI_CLIP_WANT, 0, 0) }, .clip_want = { .xfer = 3, .mime = GUI_MIME_PNG } },
	{ .head = { HEAD(GUI_CLIP_GIVE, 0, 0) },
		.clip_give = { .xfer = 3, .mime = GUI_MIME_TEXT, .total = 100, .blob = { .off = 64, .len = 100 } } },
	{ .head = { HEAD(GUI_TOUCH_DEVICE, 0, 0) }, .touch_device = { .there = 1 } },
	{ .head = { HEAD(GUI_TOUCH_DOWN, 9, 5) },
		.touch = { .time_ms = 1, .id = GUI_TOUCH_POINTS - 1, .x = -256, .y = 32768 << 8 } },
	{ .head = { HEAD(GUI_TOUCH_MOTION, 9, 0) }, .touch = { .time_ms = 2, .id = 1, .x = 256, .y = 512 } },
	{ .head = { HEAD(GUI_TOUCH_UP, 9, 6) }, .touch = { .time_ms = 3, .id = 1 } },
	{ .head = { HEAD(GUI_TOUCH_FRAME, 0, 0) } },
	{ .head = { HEAD(GUI_TOUCH_CANCEL, 0, 0) } },
};

static const struct gui_msg *good_of(uint16_t type)
{
	for (size_t i = 0; i < COUNT(good); i++)
		if (good[i].head.type == type)
			return &good[i];
	fail_msg("no good message of type %u", type);
	return NULL;
}

static int decode_any(const struct msg *m, struct gui_msg *ret)
{
	struct gui_msg other;
	int guest = gui_decode_guest(m, ret);
	int host = gui_decode_host(m, guest == 0 ? &other : ret);

	assert_true(guest != 0 || host != 0); /* no message goes both ways */
	return guest == 0 ? guest : host;
}

static void test_round_trip(void **state)
{
	assert_int_equal(COUNT(good), GUI_DRAG + GUI_TOUCH_CANCEL - GUI_WELCOME + 1);
	for (size_t i = 0; i < COUNT(good); i++) {
		struct msg m;
		struct gui_msg back;

		assert_int_equal(gui_encode(&good[i], &m), 0);
		assert_int_equal(decode_any(&m, &back), 0);
		if (memcmp(&back, &good[i], sizeof(back)) != 0)
			fail_msg("%s does not survive", gui_type_name(good[i].head.type));
	}
}

static void test_direction(void **state)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct msg m;
		struct gui_msg back;
		bool of_host = good[i].head.type >= GUI_WELCOME;

		assert_int_equal(gui_encode(&good[i], &m), 0);
		assert_int_equal(gui_decode_guest(&m, &back), of_host ? -EBADMSG : 0);
		assert_int_equal(gui_decode_host(&m, &back), of_host ? 0 : -EBADMSG);
	}
}

/* What is accepted has one encoding only, so nothing hides in bytes that no field covers. */
static void check_canonical(const struct msg *m)
{
	struct gui_msg g;
	struct msg again;

	if (decode_any(m, &g) < 0)
		return;
	assert_int_equal(gui_encode(&g, &again), 0);
	assert_memory_equal(again.bytes, m->bytes, MSG_SIZE);
}

static void test_each_bit_flipped(void **state)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		for (size_t bit = 0; bit < MSG_SIZE * 8; bit++) {
			struct msg m;

			assert_int_equal(gui_encode(&good[i], &m), 0);
			m.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			check_canonical(&m);
		}
	}
}

static void test_random(void **state)
{
	uint64_t seed = 1;

	for (unsigned n = 0; n < 300000; n++) {
		struct msg m;

		assert_int_equal(gui_encode(&good[n % COUNT(good)], &m), 0);
		for (unsigned changes = 1 + n % 6; changes > 0; changes--) {
			uint64_t r = unit_random(&seed);

			m.bytes[r % MSG_SIZE] = r & 256 ? (uint8_t)(r >> 16) : (r >> 9 & 1 ? 0xff : 0);
		}
		check_canonical(&m);
	}
}

static void test_refused_leaves_result(void **state)
{
	struct msg m;
	struct gui_msg g, before;

	memset(&g, 0x5a, sizeof(g));
	before = g;
	memset(&m, 0xff, sizeof(m));
	assert_int_equal(gui_decode_guest(&m, &g), -EBADMSG);
	assert_int_equal(gui_decode_host(&m, &g), -EBADMSG);
	assert_memory_equal(&g, &before, sizeof(g));
}

static void test_unknown_types(void **state)
{
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		struct msg m = { { 0 } };
		struct gui_msg g = { .head = { .type = (uint16_t)type } };
		bool known =
			(type >= GUI_HELLO && type <= GUI_DRAG) || (type >= GUI_WELCOME && type <= GUI_TOUCH_CANCEL);

		assert_true((strcmp(gui_type_name((uint16_t)type), "?") != 0) == known);
		if (known)
			continue;
		assert_int_equal(gui_encode(&g, &m), -EINVAL);
		msg_head_put(&m, &g.head);
		assert_int_equal(decode_any(&m, &g), -EBADMSG);
	}
}

/* @change makes a good message of @type bad: neither encoder nor decoder takes it. */
#define REFUSED(type, change)                                                   \
	do {                                                                    \
		struct gui_msg g = *good_of(type);                              \
		struct msg m;                                                   \
		change;                                                         \
		if (gui_encode(&g, &m) != -EINVAL)                              \
			fail_msg("%s taken: %s", gui_type_name(type), #change); \
	} while (0)

#define TAKEN(type, change)                                                       \
	do {                                                                      \
		struct gui_msg g = *good_of(type);                                \
		struct msg m;                                                     \
		change;                                                           \
		if (gui_encode(&g, &m) != 0)                                      \
			fail_msg("%s refused: %s", gui_type_name(type), #change); \
	} while (0)

static void test_bounds_of_windows(void **state)
{
	REFUSED(GUI_WIN_NEW, g.head.win = 0);
	REFUSED(GUI_WIN_NEW, g.head.flags = 1);
	REFUSED(GUI_WIN_NEW, g.head.serial = 1);
	REFUSED(GUI_WIN_NEW, g.win_new.role = GUI_ROLE_DIALOG + 1);
	REFUSED(GUI_WIN_NEW, g.win_new.parent = 0);
	REFUSED(GUI_WIN_NEW, g.win_new.parent = g.head.win);
	REFUSED(GUI_WIN_NEW, g.win_new.w = GUI_SIZE_MAX + 1);
	TAKEN(GUI_WIN_NEW, (g.win_new.role = GUI_ROLE_TOPLEVEL, g.win_new.parent = 0));
	REFUSED(GUI_POPUP_POS, g.popup_pos.anchor = GUI_EDGE_TOP | GUI_EDGE_BOTTOM);
	REFUSED(GUI_POPUP_POS, g.popup_pos.gravity = 16);
	REFUSED(GUI_POPUP_POS, g.popup_pos.constraint = 0x40);
	REFUSED(GUI_POPUP_POS, g.popup_pos.anchor_x = INT32_MIN);
	REFUSED(GUI_POPUP_POS, g.popup_pos.dy = INT32_MAX);
	REFUSED(GUI_POPUP_POS, g.popup_pos.h = 0);
	REFUSED(GUI_TITLE, g.title.part = GUI_TITLE_PARTS);
	REFUSED(GUI_TITLE, g.title.len = 37);
	REFUSED(GUI_TITLE, g.title.len = 3);
	REFUSED(GUI_HINTS, g.hints.min_w = 31);
	REFUSED(GUI_HINTS, g.hints.opaque = 2);
	REFUSED(GUI_STATE_REQ, g.state_req.bits = GUI_STATE_MASK + 1);
	REFUSED(GUI_RESIZE, g.resize.edges = GUI_EDGE_LEFT | GUI_EDGE_RIGHT);
	REFUSED(GUI_CURSOR_SHAPE, g.cursor_shape.shape = GUI_CURSOR_SHAPE_MAX + 1);
	REFUSED(GUI_CURSOR_IMG, g.cursor_img.w = 65);
	REFUSED(GUI_CURSOR_IMG, g.cursor_img.h = 0);
	REFUSED(GUI_CURSOR_IMG, g.cursor_img.page = GUI_HEAP_PAGES_MAX);
	REFUSED(GUI_IDLE_INHIBIT, g.idle_inhibit.on = 2);
	REFUSED(GUI_ATTENTION, g.head.win = 0);
	REFUSED(GUI_DRAG, g.head.win = 0);
	REFUSED(GUI_HELLO, g.hello.version = 0);
	REFUSED(GUI_HELLO, g.head.win = 1);
}

static void test_bounds_of_pixels(void **state)
{
	REFUSED(GUI_COMMIT, g.commit.w = 0);
	REFUSED(GUI_COMMIT, g.commit.h = 0);
	REFUSED(GUI_COMMIT, g.commit.h = GUI_SIZE_MAX + 1);
	REFUSED(GUI_COMMIT, g.commit.stride = 513);
	REFUSED(GUI_COMMIT, g.commit.stride = 256);
	REFUSED(GUI_COMMIT, g.commit.stride = UINT32_MAX & ~255u);
	TAKEN(GUI_COMMIT, (g.commit.w = GUI_SIZE_MAX, g.commit.stride = 4 * GUI_SIZE_MAX));
	REFUSED(GUI_COMMIT, g.commit.fmt = 2);
	REFUSED(GUI_COMMIT, g.commit.nrect = 5);
	REFUSED(GUI_COMMIT, g.commit.nrect = 1);
	REFUSED(GUI_COMMIT, g.commit.nrect = 3);
	REFUSED(GUI_COMMIT, g.commit.scale120 = 59);
	REFUSED(GUI_COMMIT, g.commit.scale120 = 961);
	TAKEN(GUI_COMMIT, g.commit.scale120 = 60);
	REFUSED(GUI_COMMIT, g.commit.page = GUI_HEAP_PAGES_MAX);
	REFUSED(GUI_COMMIT, g.commit.rect[0].w = 0);
	REFUSED(GUI_COMMIT, g.commit.rect[1].x = GUI_SIZE_MAX + 1);
	REFUSED(GUI_DAMAGE, g.damage.rect[1].x = 1);
	REFUSED(GUI_DAMAGE, g.damage.rect[0].h = GUI_SIZE_MAX + 1);
	REFUSED(GUI_RELEASE, g.release.page = GUI_HEAP_PAGES_MAX);
}

static void test_bounds_of_input(void **state)
{
	REFUSED(GUI_CONFIGURE, g.configure.states = GUI_STATE_MINIMIZED);
	REFUSED(GUI_CONFIGURE, g.configure.scale120 = 0);
	REFUSED(GUI_CONFIGURE, g.configure.bounds_w = GUI_SIZE_MAX + 1);
	REFUSED(GUI_OUTPUT, g.output.w = 0);
	REFUSED(GUI_OUTPUT, g.output.gone = 2);
	TAKEN(GUI_OUTPUT, (g.output.gone = 1, g.output.w = 0, g.output.scale120 = 0));
	REFUSED(GUI_POPUP_PLACED, g.popup_placed.w = 0);
	REFUSED(GUI_KEYMAP, g.keymap.blob.len = 0);
	REFUSED(GUI_KEYMAP, g.keymap.blob.len = 9);
	REFUSED(GUI_KEYMAP, (g.keymap.blob.off = UINT32_MAX, g.keymap.blob.len = 8));
	REFUSED(GUI_KEYMAP, (g.keymap.blob.off = 8, g.keymap.blob.len = UINT32_MAX));
	REFUSED(GUI_KB_ENTER, g.kb_enter.n = GUI_ENTER_KEYS + 1);
	REFUSED(GUI_KB_ENTER, g.kb_enter.n = 1);
	REFUSED(GUI_KB_ENTER, g.kb_enter.key[0] = 0x300);
	REFUSED(GUI_KEY, g.key.pressed = 2);
	REFUSED(GUI_KEY, g.key.key = 0x300);
	REFUSED(GUI_PTR_MOTION, g.ptr.x = (32768 << 8) + 1);
	REFUSED(GUI_PTR_BUTTON, g.button.button = 0x300);
	REFUSED(GUI_PTR_BUTTON, g.button.pressed = 2);
	REFUSED(GUI_PTR_AXIS, g.axis.horizontal = 2);
	REFUSED(GUI_PTR_AXIS, g.axis.source = 4);
	REFUSED(GUI_PTR_AXIS, g.axis.stop = 2);
	REFUSED(GUI_REPEAT, g.repeat.per_s = 1001);
	REFUSED(GUI_TOUCH_DEVICE, g.touch_device.there = 2);
	REFUSED(GUI_TOUCH_DOWN, g.head.win = 0);
	REFUSED(GUI_TOUCH_DOWN, g.touch.id = GUI_TOUCH_POINTS);
	REFUSED(GUI_TOUCH_DOWN, g.touch.y++);
	REFUSED(GUI_TOUCH_MOTION, g.touch.id = UINT32_MAX);
	REFUSED(GUI_TOUCH_MOTION, g.touch.x = INT32_MIN);
	REFUSED(GUI_TOUCH_UP, g.touch.x = 1);
	REFUSED(GUI_TOUCH_FRAME, g.head.win = 1);
	TAKEN(GUI_TOUCH_CANCEL, g.head.win = 9);
}

static void test_bounds_of_clipboard(void **state)
{
	REFUSED(GUI_CLIP_OFFER, g.clip_offer.mimes = GUI_MIME_MASK + 1);
	REFUSED(GUI_CLIP_OFFER, g.head.win = 1);
	TAKEN(GUI_CLIP_OFFER, g.clip_offer.mimes = 0);
	REFUSED(GUI_CLIP_DATA, g.clip_data.xfer = 0);
	REFUSED(GUI_CLIP_DATA, g.clip_data.end = GUI_CLIP_NONE);
	REFUSED(GUI_CLIP_DATA, g.clip_data.end = GUI_CLIP_TOO_LARGE);
	REFUSED(GUI_CLIP_DATA, g.clip_data.end = GUI_CLIP_TOO_LARGE + 1);
	REFUSED(GUI_CLIP_DATA, g.clip_data.blob.off++);
	REFUSED(GUI_CLIP_DATA, g.clip_data.blob.off = UINT32_MAX);
	REFUSED(GUI_CLIP_DATA, (g.clip_data.blob.off = 0, g.clip_data.blob.len = GUI_CLIP_CHUNK + 1));
	REFUSED(GUI_CLIP_DATA, (g.clip_data.blob.off = 8, g.clip_data.blob.len = UINT32_MAX));
	REFUSED(GUI_CLIP_DATA, g.clip_data.blob.len = 0);
	REFUSED(GUI_CLIP_DATA, (g.clip_data.blob = (struct blob_ref){ 0 }, g.clip_data.end = GUI_CLIP_MORE));
	TAKEN(GUI_CLIP_DATA, g.clip_data.blob = ((struct blob_ref){ 0 }));
	TAKEN(GUI_CLIP_DATA, (g.clip_data.blob = (struct blob_ref){ 0 }, g.clip_data.end = GUI_CLIP_TOO_LARGE));
	TAKEN(GUI_CLIP_DATA, g.clip_data.end = GUI_CLIP_MORE);
	REFUSED(GUI_CLIP_WANT, g.clip_want.xfer = 0);
	REFUSED(GUI_CLIP_WANT, g.clip_want.mime = 0);
	REFUSED(GUI_CLIP_WANT, g.clip_want.mime = GUI_MIME_MASK);
	REFUSED(GUI_CLIP_GIVE, g.clip_give.xfer = 0);
	REFUSED(GUI_CLIP_GIVE, g.clip_give.mime = 4);
	REFUSED(GUI_CLIP_GIVE, g.clip_give.total = GUI_CLIP_MAX + 1);
	REFUSED(GUI_CLIP_GIVE, g.clip_give.total = 99);
	REFUSED(GUI_CLIP_GIVE, g.clip_give.blob.len = 0);
	REFUSED(GUI_CLIP_GIVE, g.clip_give.blob.off = VMOS_GUI_BLOB - 99);
	REFUSED(GUI_CLIP_GIVE, (g.clip_give.total = GUI_CLIP_MAX, g.clip_give.blob.len = GUI_CLIP_CHUNK + 1));
}

static bool text_is(const char *text, size_t len)
{
	return gui_clip_is(GUI_MIME_TEXT, (const uint8_t *)text, len);
}

static void test_clip_is(void **state)
{
	static const uint8_t png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0 };
	uint8_t *much = calloc(1, GUI_CLIP_MAX + 1);

	assert_non_null(much);
	memset(much, 'a', GUI_CLIP_MAX + 1);
	assert_true(gui_clip_is(GUI_MIME_TEXT, much, GUI_CLIP_MAX));
	assert_false(gui_clip_is(GUI_MIME_TEXT, much, GUI_CLIP_MAX + 1));
	free(much);
	assert_false(text_is("", 0));
	assert_true(text_is("a\tb\r\n", 5));
	assert_true(text_is("\xe2\x80\xae \xf0\x9f\x98\x80", 8)); /* what it does to a line is the reader's matter */
	assert_false(text_is("a\0b", 3));
	assert_false(text_is("a\0", 2));
	assert_false(text_is("\xc3", 1));
	assert_false(text_is("a\xe2\x80", 3));
	assert_false(text_is("\xed\xa0\x80", 3));
	assert_false(text_is("\xc0\x80", 2));
	assert_true(gui_clip_is(GUI_MIME_PNG, png, sizeof(png)));
	for (size_t len = 0; len < sizeof(png); len++)
		assert_false(gui_clip_is(GUI_MIME_PNG, png, len));
	assert_false(gui_clip_is(GUI_MIME_PNG, (const uint8_t *)"GIF89a, not a PNG", 17));
	assert_false(gui_clip_is(GUI_MIME_MASK, png, sizeof(png)));
	assert_false(gui_clip_is(0, png, sizeof(png)));
}

static void test_slot_fits(void **state)
{
	struct gui_commit c = { .page = 1, .w = 64, .h = 16, .stride = 256 };

	assert_true(gui_slot_fits(&c, 8192));
	assert_false(gui_slot_fits(&c, 8191));
	assert_false(gui_slot_fits(&c, 0));
	c.page = 1u << 20; /* 4 GiB: 0 in 32 bits */
	assert_false(gui_slot_fits(&c, 8192));
	c = (struct gui_commit){ .page = UINT32_MAX, .h = UINT16_MAX, .stride = UINT32_MAX };
	assert_false(gui_slot_fits(&c, VMOS_GUI_REGION));
	assert_true(gui_slot_fits(&c, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_each_bit_flipped),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_refused_leaves_result),
		cmocka_unit_test(test_unknown_types),
		cmocka_unit_test(test_bounds_of_windows),
		cmocka_unit_test(test_bounds_of_pixels),
		cmocka_unit_test(test_bounds_of_input),
		cmocka_unit_test(test_bounds_of_clipboard),
		cmocka_unit_test(test_clip_is),
		cmocka_unit_test(test_slot_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
