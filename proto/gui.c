/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/gui.h"

#include <string.h>

#include "proto/codec.h"
#include "proto/text.h"
#include "proto/uapi/vmos_channel.h"

#define SCALE_MIN 60
#define SCALE_MAX 960
#define STRIDE_MAX (4u * GUI_SIZE_MAX)
#define POSITION_MAX (1 << 20) /* of anything in pixels, either side of 0 */
#define POINTER_MAX (32768 << 8) /* 24.8: a drag may leave the window by a screen */
#define KEY_CODE_MAX 0x2ff /* KEY_MAX of linux/input-event-codes.h */
#define AXIS_SOURCE_MAX 3 /* wheel, finger, continuous, wheel tilt, as wl_pointer numbers them */
#define REPEAT_PER_S_MAX 1000
#define REPEAT_DELAY_MAX 100000

/* The checks of what one value alone does not say; each gets the whole decoded message. */

/* A side, a corner or the middle: never two opposite edges. */
static bool edges_ok(uint32_t edges)
{
	const uint32_t vertical = GUI_EDGE_TOP | GUI_EDGE_BOTTOM;
	const uint32_t horizontal = GUI_EDGE_LEFT | GUI_EDGE_RIGHT;

	return (edges & ~(vertical | horizontal)) == 0 && (edges & vertical) != vertical &&
		(edges & horizontal) != horizontal;
}

static bool rect_unused(const struct gui_rect *r)
{
	return r->x == 0 && r->y == 0 && r->w == 0 && r->h == 0;
}

/* Its fields are in range. */
static bool rect_ok(const struct gui_rect *r)
{
	return r->w != 0 && r->h != 0;
}

static bool chunk_ok(const struct blob_ref *b)
{
	return b->len <= GUI_CLIP_CHUNK && b->off <= VMOS_GUI_BLOB - b->len;
}

static bool win_new_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->win_new.parent != g->head.win && (g->win_new.role != GUI_ROLE_POPUP || g->win_new.parent != 0);
}

static bool popup_pos_ok(const void *decoded)
{
	const struct gui_popup_pos *p = &((const struct gui_msg *)decoded)->popup_pos;

	return edges_ok(p->anchor) && edges_ok(p->gravity);
}

static bool commit_ok(const void *decoded)
{
	const struct gui_commit *c = &((const struct gui_msg *)decoded)->commit;

	if (c->stride % GUI_STRIDE_ALIGN != 0 || c->stride < 4u * c->w)
		return false;
	for (size_t i = 0; i < GUI_COMMIT_RECTS; i++)
		if (i < c->nrect ? !rect_ok(&c->rect[i]) : !rect_unused(&c->rect[i]))
			return false;
	return true;
}

static bool damage_ok(const void *decoded)
{
	const struct gui_damage *d = &((const struct gui_msg *)decoded)->damage;

	for (size_t i = 0; i < GUI_DAMAGE_RECTS; i++)
		if (!rect_ok(&d->rect[i]) && !rect_unused(&d->rect[i]))
			return false;
	return true;
}

static bool title_ok(const void *decoded)
{
	const struct gui_title *t = &((const struct gui_msg *)decoded)->title;

	for (size_t i = t->len; i < GUI_TITLE_CHUNK; i++)
		if (t->text[i] != 0)
			return false;
	return t->part * GUI_TITLE_CHUNK + t->len <= GUI_TITLE_MAX;
}

static bool hints_ok(const void *decoded)
{
	const struct gui_hints *h = &((const struct gui_msg *)decoded)->hints;

	return (!h->max_w || h->min_w <= h->max_w) && (!h->max_h || h->min_h <= h->max_h);
}

static bool resize_ok(const void *decoded)
{
	return edges_ok(((const struct gui_msg *)decoded)->resize.edges);
}

/* Of one that is gone only its id counts. */
static bool output_ok(const void *decoded)
{
	const struct gui_output *o = &((const struct gui_msg *)decoded)->output;

	if (o->scale120 < SCALE_MIN)
		return o->gone && o->scale120 == 0;
	return o->gone || (o->w != 0 && o->h != 0);
}

static bool keymap_ok(const void *decoded)
{
	const struct blob_ref *b = &((const struct gui_msg *)decoded)->keymap.blob;

	return b->len >= 1 && b->len <= VMOS_GUI_BLOB && b->off <= VMOS_GUI_BLOB - b->len;
}

static bool kb_enter_ok(const void *decoded)
{
	const struct gui_kb_enter *k = &((const struct gui_msg *)decoded)->kb_enter;

	for (size_t i = k->n; i < GUI_ENTER_KEYS; i++)
		if (k->key[i] != 0)
			return false;
	return true;
}

static bool touch_up_ok(const void *decoded)
{
	const struct gui_touch *t = &((const struct gui_msg *)decoded)->touch;

	return t->x == 0 && t->y == 0;
}

/* What has failed brings no bytes, and what goes on brings some. */
static bool clip_data_ok(const void *decoded)
{
	const struct gui_clip_data *d = &((const struct gui_msg *)decoded)->clip_data;

	if (d->blob.len == 0)
		return d->end != GUI_CLIP_MORE && d->blob.off == 0;
	return chunk_ok(&d->blob) && (d->end == GUI_CLIP_MORE || d->end == GUI_CLIP_LAST);
}

static bool clip_give_ok(const void *decoded)
{
	const struct gui_clip_give *c = &((const struct gui_msg *)decoded)->clip_give;

	return c->blob.len >= 1 && c->blob.len <= c->total && chunk_ok(&c->blob);
}

/* What a value may be. By hand: one line for what belongs together. */
/* clang-format off */
static const struct codec_range
	on_off = { 0, 1 }, not_0 = { 1, UINT32_MAX },
	size = { 1, GUI_SIZE_MAX }, size_or_0 = { 0, GUI_SIZE_MAX },
	position = { -POSITION_MAX, POSITION_MAX }, pointer = { -POINTER_MAX, POINTER_MAX },
	scale = { SCALE_MIN, SCALE_MAX }, scale_or_0 = { 0, SCALE_MAX },
	page = { 0, GUI_HEAP_PAGES_MAX - 1 }, stride = { 0, STRIDE_MAX }, format = { 0, GUI_FMT_ARGB },
	rects = { 0, GUI_COMMIT_RECTS }, part = { 0, GUI_TITLE_PARTS - 1 }, chunk = { 0, GUI_TITLE_CHUNK },
	role = { 0, GUI_ROLE_DIALOG }, constraint = { 0, GUI_CONSTRAINT_MASK },
	wishes = { 0, GUI_STATE_MASK }, states = { 0, GUI_STATE_MASK & ~GUI_STATE_MINIMIZED },
	shape = { 0, GUI_CURSOR_SHAPE_MAX }, cursor_size = { 1, GUI_CURSOR_MAX }, hot_spot = { 0, GUI_CURSOR_MAX },
	kind = { GUI_MIME_TEXT, GUI_MIME_PNG }, kinds = { 0, GUI_MIME_MASK },
	clip_end = { 0, GUI_CLIP_TOO_LARGE }, clip_total = { 1, GUI_CLIP_MAX },
	key = { 0, KEY_CODE_MAX }, keys = { 0, GUI_ENTER_KEYS },
	rate = { 0, REPEAT_PER_S_MAX }, delay = { 0, REPEAT_DELAY_MAX },
	source = { 0, AXIS_SOURCE_MAX }, finger = { 0, GUI_TOUCH_POINTS - 1 };
/* clang-format on */

#define F(s, member, nr, bytes, range) CODEC_FIELD(struct gui_##s, member, nr, bytes, range)
#define ANY NULL
#define G2H CODEC_TO_HOST
#define H2G CODEC_TO_GUEST
#define OF_WIN CODEC_WIN
#define SERIAL CODEC_SERIAL
#define TEXT F(title, part, 1, 1, &part), F(title, len, 1, 1, &chunk), F(title, text, GUI_TITLE_CHUNK, 1, ANY)
#define TOUCH F(touch, time_ms, 1, 4, ANY), F(touch, id, 1, 4, &finger), F(touch, x, 2, 4, &pointer)

/* Every message: who sends it, whether its head names a window or a serial, its fields in wire order, its check. */
static const struct codec_type types[] = {
	[GUI_HELLO] = { "HELLO", G2H, { F(hello, version, 1, 4, &not_0), F(hello, features, 1, 4, ANY) }, NULL },
	[GUI_PONG] = { "PONG", G2H, { F(ping, cookie, 1, 8, ANY) }, NULL },
	[GUI_BYE] = { "BYE", G2H, { F(bye, reason, 1, 4, ANY) }, NULL },
	[GUI_WIN_NEW] = { "WIN_NEW", G2H | OF_WIN,
		{ F(win_new, role, 1, 1, &role), F(win_new, parent, 1, 4, ANY), F(win_new, w, 2, 2, &size_or_0) },
		win_new_ok },
	[GUI_WIN_DEL] = { "WIN_DEL", G2H | OF_WIN, { { 0 } }, NULL },
	[GUI_POPUP_POS] = { "POPUP_POS", G2H | OF_WIN,
		{ F(popup_pos, anchor_x, 2, 4, &position), F(popup_pos, anchor_w, 2, 2, &size_or_0),
			F(popup_pos, anchor, 2, 1, ANY), F(popup_pos, constraint, 1, 1, &constraint),
			F(popup_pos, dx, 2, 4, &position), F(popup_pos, w, 2, 2, &size),
			F(popup_pos, token, 1, 4, ANY) },
		popup_pos_ok },
	[GUI_COMMIT] = { "COMMIT", G2H | OF_WIN | SERIAL,
		{ F(commit, page, 1, 4, &page), F(commit, w, 2, 2, &size), F(commit, stride, 1, 4, &stride),
			F(commit, fmt, 1, 1, &format), F(commit, nrect, 1, 1, &rects),
			F(commit, scale120, 1, 2, &scale), F(commit, rect, 4 * GUI_COMMIT_RECTS, 2, &size_or_0) },
		commit_ok },
	[GUI_DAMAGE] = { "DAMAGE", G2H | OF_WIN, { F(damage, rect, 4 * GUI_DAMAGE_RECTS, 2, &size_or_0) }, damage_ok },
	[GUI_TITLE] = { "TITLE", G2H | OF_WIN, { TEXT }, title_ok },
	[GUI_APPID] = { "APPID", G2H | OF_WIN, { TEXT }, title_ok },
	[GUI_HINTS] = { "HINTS", G2H | OF_WIN, { F(hints, min_w, 8, 2, &size_or_0), F(hints, opaque, 1, 1, &on_off) },
		hints_ok },
	[GUI_STATE_REQ] = { "STATE_REQ", G2H | OF_WIN | SERIAL, { F(state_req, bits, 1, 4, &wishes) }, NULL },
	[GUI_MOVE] = { "MOVE", G2H | OF_WIN | SERIAL, { { 0 } }, NULL },
	[GUI_RESIZE] = { "RESIZE", G2H | OF_WIN | SERIAL, { F(resize, edges, 1, 4, ANY) }, resize_ok },
	[GUI_CURSOR_SHAPE] = { "CURSOR_SHAPE", G2H | CODEC_WIN_ANY, { F(cursor_shape, shape, 1, 4, &shape) }, NULL },
	[GUI_CURSOR_IMG] = { "CURSOR_IMG", G2H | CODEC_WIN_ANY,
		{ F(cursor_img, page, 1, 4, &page), F(cursor_img, w, 2, 1, &cursor_size),
			F(cursor_img, hot_x, 2, 1, &hot_spot) },
		NULL },
	[GUI_BELL] = { "BELL", G2H | CODEC_WIN_ANY, { { 0 } }, NULL },
	[GUI_IDLE_INHIBIT] = { "IDLE_INHIBIT", G2H | CODEC_WIN_ANY, { F(idle_inhibit, on, 1, 4, &on_off) }, NULL },
	[GUI_CLIP_OFFER] = { "CLIP_OFFER", G2H, { F(clip_offer, mimes, 1, 4, &kinds) }, NULL },
	[GUI_CLIP_DATA] = { "CLIP_DATA", G2H,
		{ F(clip_data, xfer, 1, 4, &not_0), F(clip_data, end, 1, 1, &clip_end), F(clip_data, blob, 2, 4, ANY) },
		clip_data_ok },
	[GUI_ATTENTION] = { "ATTENTION", G2H | OF_WIN, { { 0 } }, NULL },
	[GUI_DRAG] = { "DRAG", G2H | OF_WIN, { { 0 } }, NULL },

	[GUI_WELCOME] = { "WELCOME", H2G, { F(hello, version, 1, 4, &not_0), F(hello, features, 1, 4, ANY) }, NULL },
	[GUI_OUTPUT] = { "OUTPUT", H2G,
		{ F(output, id, 1, 4, ANY), F(output, x, 2, 4, &position), F(output, w, 2, 2, &size_or_0),
			F(output, mm_w, 2, 2, ANY), F(output, scale120, 1, 2, &scale_or_0), F(output, mhz, 1, 4, ANY),
			F(output, gone, 1, 4, &on_off) },
		output_ok },
	[GUI_CONFIGURE] = { "CONFIGURE", H2G | OF_WIN | SERIAL,
		{ F(configure, w, 2, 2, &size_or_0), F(configure, states, 1, 4, &states),
			F(configure, scale120, 1, 2, &scale), F(configure, bounds_w, 2, 2, &size_or_0) },
		NULL },
	[GUI_CLOSE] = { "CLOSE", H2G | OF_WIN, { { 0 } }, NULL },
	[GUI_POPUP_PLACED] = { "POPUP_PLACED", H2G | OF_WIN | SERIAL,
		{ F(popup_placed, x, 2, 4, &position), F(popup_placed, w, 2, 2, &size),
			F(popup_placed, token, 1, 4, ANY) },
		NULL },
	[GUI_POPUP_DONE] = { "POPUP_DONE", H2G | OF_WIN, { { 0 } }, NULL },
	[GUI_FRAME] = { "FRAME", H2G | OF_WIN | SERIAL, { F(frame, ns, 1, 8, ANY), F(frame, refresh_ns, 1, 4, ANY) },
		NULL },
	[GUI_RELEASE] = { "RELEASE", H2G | CODEC_WIN_ANY, { F(release, page, 1, 4, &page) }, NULL },
	[GUI_KEYMAP] = { "KEYMAP", H2G, { F(keymap, blob, 2, 4, ANY) }, keymap_ok },
	[GUI_KB_ENTER] = { "KB_ENTER", H2G | OF_WIN | SERIAL,
		{ F(kb_enter, n, 1, 2, &keys), F(kb_enter, key, GUI_ENTER_KEYS, 2, &key) }, kb_enter_ok },
	[GUI_KB_LEAVE] = { "KB_LEAVE", H2G | CODEC_WIN_ANY, { { 0 } }, NULL },
	[GUI_KEY] = { "KEY", H2G | CODEC_WIN_ANY | SERIAL,
		{ F(key, time_ms, 1, 4, ANY), F(key, key, 1, 2, &key), F(key, pressed, 1, 1, &on_off) }, NULL },
	[GUI_MODS] = { "MODS", H2G | CODEC_WIN_ANY, { F(mods, depressed, 4, 4, ANY) }, NULL },
	[GUI_REPEAT] = { "REPEAT", H2G | CODEC_WIN_ANY,
		{ F(repeat, per_s, 1, 4, &rate), F(repeat, delay_ms, 1, 4, &delay) }, NULL },
	[GUI_PTR_ENTER] = { "PTR_ENTER", H2G | OF_WIN | SERIAL,
		{ F(ptr, time_ms, 1, 4, ANY), F(ptr, x, 2, 4, &pointer) }, NULL },
	[GUI_PTR_LEAVE] = { "PTR_LEAVE", H2G | CODEC_WIN_ANY, { { 0 } }, NULL },
	[GUI_PTR_MOTION] = { "PTR_MOTION", H2G | CODEC_WIN_ANY,
		{ F(ptr, time_ms, 1, 4, ANY), F(ptr, x, 2, 4, &pointer) }, NULL },
	[GUI_PTR_BUTTON] = { "PTR_BUTTON", H2G | CODEC_WIN_ANY | SERIAL,
		{ F(button, time_ms, 1, 4, ANY), F(button, button, 1, 4, &key), F(button, pressed, 1, 1, &on_off) },
		NULL },
	[GUI_PTR_AXIS] = { "PTR_AXIS", H2G | CODEC_WIN_ANY,
		{ F(axis, time_ms, 1, 4, ANY), F(axis, horizontal, 1, 1, &on_off), F(axis, source, 1, 1, &source),
			F(axis, value, 2, 4, &pointer), F(axis, stop, 1, 1, &on_off) },
		NULL },
	[GUI_PING] = { "PING", H2G, { F(ping, cookie, 1, 8, ANY) }, NULL },
	[GUI_CLIP_WANT] = { "CLIP_WANT", H2G, { F(clip_want, xfer, 1, 4, &not_0), F(clip_want, mime, 1, 4, &kind) },
		NULL },
	[GUI_CLIP_GIVE] = { "CLIP_GIVE", H2G,
		{ F(clip_give, xfer, 1, 4, &not_0), F(clip_give, mime, 1, 4, &kind),
			F(clip_give, total, 1, 4, &clip_total), F(clip_give, blob, 2, 4, ANY) },
		clip_give_ok },
	[GUI_TOUCH_DEVICE] = { "TOUCH_DEVICE", H2G, { F(touch_device, there, 1, 4, &on_off) }, NULL },
	[GUI_TOUCH_DOWN] = { "TOUCH_DOWN", H2G | OF_WIN | SERIAL, { TOUCH }, NULL },
	[GUI_TOUCH_MOTION] = { "TOUCH_MOTION", H2G | CODEC_WIN_ANY, { TOUCH }, NULL },
	[GUI_TOUCH_UP] = { "TOUCH_UP", H2G | CODEC_WIN_ANY | SERIAL, { TOUCH }, touch_up_ok },
	[GUI_TOUCH_FRAME] = { "TOUCH_FRAME", H2G, { { 0 } }, NULL },
	[GUI_TOUCH_CANCEL] = { "TOUCH_CANCEL", H2G | CODEC_WIN_ANY, { { 0 } }, NULL },
};

static const struct codec codec = { types, sizeof(types) / sizeof(types[0]), offsetof(struct gui_msg, hello),
	sizeof(struct gui_msg) };

static int decode(const struct msg *m, uint32_t way, struct gui_msg *ret)
{
	struct gui_msg g;
	int r = codec_decode(&codec, m, way, &g);

	if (r == 0)
		*ret = g;
	return r;
}

int gui_decode_guest(const struct msg *m, struct gui_msg *ret)
{
	return decode(m, CODEC_TO_HOST, ret);
}

int gui_decode_host(const struct msg *m, struct gui_msg *ret)
{
	return decode(m, CODEC_TO_GUEST, ret);
}

int gui_encode(const struct gui_msg *g, struct msg *ret_msg)
{
	return codec_encode(&codec, g, ret_msg);
}

const char *gui_type_name(uint16_t type)
{
	return codec_name(&codec, type);
}

bool gui_slot_fits(const struct gui_commit *c, uint64_t heap_len)
{
	uint64_t start = (uint64_t)c->page * VMOS_PAGE_SIZE;

	return start <= heap_len && (uint64_t)c->stride * c->h <= heap_len - start;
}

static bool is_text(const uint8_t *untrusted, size_t len)
{
	size_t at = 0;

	while (at < len) {
		uint32_t cp = 0;
		size_t n = text_utf8_next(untrusted + at, len - at, &cp);

		if (n == 0 || cp == 0)
			return false;
		at += n;
	}
	return true;
}

bool gui_clip_is(uint32_t mime, const uint8_t *untrusted, size_t len)
{
	static const uint8_t png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

	if (len < 1 || len > GUI_CLIP_MAX)
		return false;
	if (mime == GUI_MIME_TEXT)
		return is_text(untrusted, len);
	return mime == GUI_MIME_PNG && len > sizeof(png) && memcmp(untrusted, png, sizeof(png)) == 0;
}
