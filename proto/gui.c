/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/gui.h"

#include <errno.h>
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

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool size_ok(uint32_t w, uint32_t h)
{
	return w >= 1 && w <= GUI_SIZE_MAX && h >= 1 && h <= GUI_SIZE_MAX;
}

static bool size_or_zero_ok(uint32_t w, uint32_t h)
{
	return w <= GUI_SIZE_MAX && h <= GUI_SIZE_MAX;
}

static bool within(int32_t v, int32_t max)
{
	return v >= -max && v <= max;
}

static bool scale_ok(uint16_t scale120)
{
	return scale120 >= SCALE_MIN && scale120 <= SCALE_MAX;
}

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

static bool rect_ok(const struct gui_rect *r)
{
	return r->x <= GUI_SIZE_MAX && r->y <= GUI_SIZE_MAX && size_ok(r->w, r->h);
}

static bool hello_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->hello.version != 0;
}

static bool win_new_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_win_new *n = &g->win_new;

	if (n->role > GUI_ROLE_DIALOG || n->parent == g->head.win)
		return false;
	return size_or_zero_ok(n->w, n->h) && (n->role != GUI_ROLE_POPUP || n->parent != 0);
}

static bool popup_pos_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_popup_pos *p = &g->popup_pos;

	return within(p->anchor_x, POSITION_MAX) && within(p->anchor_y, POSITION_MAX) &&
		size_or_zero_ok(p->anchor_w, p->anchor_h) && edges_ok(p->anchor) && edges_ok(p->gravity) &&
		(p->constraint & ~GUI_CONSTRAINT_MASK) == 0 && within(p->dx, POSITION_MAX) &&
		within(p->dy, POSITION_MAX) && size_ok(p->w, p->h);
}

static bool commit_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_commit *c = &g->commit;

	if (!size_ok(c->w, c->h) || !scale_ok(c->scale120) || c->fmt > GUI_FMT_ARGB || c->nrect > GUI_COMMIT_RECTS)
		return false;
	if (c->page >= GUI_HEAP_PAGES_MAX)
		return false;
	if (c->stride % GUI_STRIDE_ALIGN != 0 || c->stride < 4u * c->w || c->stride > STRIDE_MAX)
		return false;
	for (size_t i = 0; i < GUI_COMMIT_RECTS; i++)
		if (i < c->nrect ? !rect_ok(&c->rect[i]) : !rect_unused(&c->rect[i]))
			return false;
	return true;
}

static bool damage_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	for (size_t i = 0; i < GUI_DAMAGE_RECTS; i++)
		if (!rect_ok(&g->damage.rect[i]) && !rect_unused(&g->damage.rect[i]))
			return false;
	return true;
}

static bool title_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_title *t = &g->title;

	if (t->part >= GUI_TITLE_PARTS || t->len > GUI_TITLE_CHUNK)
		return false;
	if (t->part * GUI_TITLE_CHUNK + t->len > GUI_TITLE_MAX)
		return false;
	for (size_t i = t->len; i < GUI_TITLE_CHUNK; i++)
		if (t->text[i] != 0)
			return false;
	return true;
}

static bool hints_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_hints *h = &g->hints;

	if (!size_or_zero_ok(h->min_w, h->min_h) || !size_or_zero_ok(h->max_w, h->max_h))
		return false;
	if ((h->max_w && h->min_w > h->max_w) || (h->max_h && h->min_h > h->max_h))
		return false;
	return size_or_zero_ok(h->geo_x, h->geo_y) && size_or_zero_ok(h->geo_w, h->geo_h) && h->opaque <= 1;
}

static bool state_req_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return (g->state_req.bits & ~GUI_STATE_MASK) == 0;
}

static bool resize_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return edges_ok(g->resize.edges);
}

static bool cursor_shape_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->cursor_shape.shape <= GUI_CURSOR_SHAPE_MAX;
}

static bool cursor_img_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_cursor_img *c = &g->cursor_img;

	return c->page < GUI_HEAP_PAGES_MAX && c->w >= 1 && c->w <= GUI_CURSOR_MAX && c->h >= 1 &&
		c->h <= GUI_CURSOR_MAX && c->hot_x <= GUI_CURSOR_MAX && c->hot_y <= GUI_CURSOR_MAX;
}

static bool idle_inhibit_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->idle_inhibit.on <= 1;
}

static bool output_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_output *o = &g->output;

	if (!within(o->x, POSITION_MAX) || !within(o->y, POSITION_MAX) || o->gone > 1)
		return false;
	if (o->gone) /* only its id counts */
		return size_or_zero_ok(o->w, o->h) && (o->scale120 == 0 || scale_ok(o->scale120));
	return size_ok(o->w, o->h) && scale_ok(o->scale120);
}

static bool configure_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_configure *c = &g->configure;

	return size_or_zero_ok(c->w, c->h) && (c->states & ~(GUI_STATE_MASK & ~GUI_STATE_MINIMIZED)) == 0 &&
		scale_ok(c->scale120) && size_or_zero_ok(c->bounds_w, c->bounds_h);
}

static bool popup_placed_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_popup_placed *p = &g->popup_placed;

	return within(p->x, POSITION_MAX) && within(p->y, POSITION_MAX) && size_ok(p->w, p->h);
}

static bool release_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->release.page < GUI_HEAP_PAGES_MAX;
}

static bool keymap_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct blob_ref *b = &g->keymap.blob;

	return b->len >= 1 && b->len <= VMOS_GUI_BLOB && b->off <= VMOS_GUI_BLOB - b->len;
}

static bool kb_enter_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_kb_enter *k = &g->kb_enter;

	if (k->n > GUI_ENTER_KEYS)
		return false;
	for (size_t i = 0; i < GUI_ENTER_KEYS; i++)
		if (k->key[i] > (i < k->n ? KEY_CODE_MAX : 0))
			return false;
	return true;
}

static bool key_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->key.key <= KEY_CODE_MAX && g->key.pressed <= 1;
}

static bool repeat_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->repeat.per_s <= REPEAT_PER_S_MAX && g->repeat.delay_ms <= REPEAT_DELAY_MAX;
}

static bool ptr_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return within(g->ptr.x, POINTER_MAX) && within(g->ptr.y, POINTER_MAX);
}

static bool button_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->button.button <= KEY_CODE_MAX && g->button.pressed <= 1;
}

static bool axis_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_axis *a = &g->axis;

	return a->horizontal <= 1 && a->source <= AXIS_SOURCE_MAX && a->stop <= 1 && within(a->value, POINTER_MAX) &&
		within(a->value120, POINTER_MAX);
}

static bool touch_device_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->touch_device.there <= 1;
}

static bool touch_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_touch *t = &g->touch;

	if (t->id >= GUI_TOUCH_POINTS || (g->head.type == GUI_TOUCH_UP && (t->x || t->y)))
		return false;
	return within(t->x, POINTER_MAX) && within(t->y, POINTER_MAX);
}

static bool chunk_ok(const struct blob_ref *b)
{
	return b->len <= GUI_CLIP_CHUNK && b->off <= VMOS_GUI_BLOB - b->len;
}

static bool mime_ok(uint32_t mime)
{
	return mime == GUI_MIME_TEXT || mime == GUI_MIME_PNG;
}

static bool clip_offer_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return (g->clip_offer.mimes & ~GUI_MIME_MASK) == 0;
}

/* What has failed brings no bytes, and what goes on brings some. */
static bool clip_data_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_clip_data *d = &g->clip_data;

	if (d->xfer == 0 || d->end > GUI_CLIP_TOO_LARGE || !chunk_ok(&d->blob))
		return false;
	if (d->blob.len == 0)
		return d->end != GUI_CLIP_MORE && d->blob.off == 0;
	return d->end == GUI_CLIP_MORE || d->end == GUI_CLIP_LAST;
}

static bool clip_want_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;

	return g->clip_want.xfer != 0 && mime_ok(g->clip_want.mime);
}

static bool clip_give_ok(const void *decoded)
{
	const struct gui_msg *g = decoded;
	const struct gui_clip_give *c = &g->clip_give;

	return c->xfer != 0 && mime_ok(c->mime) && c->total <= GUI_CLIP_MAX && c->blob.len >= 1 &&
		c->blob.len <= c->total && chunk_ok(&c->blob);
}

#define F(s, member, nr, bytes) CODEC_FIELD(struct gui_##s, member, nr, bytes)
#define G2H CODEC_TO_HOST
#define H2G CODEC_TO_GUEST
#define OF_WIN CODEC_WIN
#define SERIAL CODEC_SERIAL

/* Every message: who sends it, whether its head names a window or a serial, its fields in wire order, its check. */
static const struct codec_type types[] = {
	[GUI_HELLO] = { "HELLO", G2H, { F(hello, version, 2, 4) }, hello_ok },
	[GUI_PONG] = { "PONG", G2H, { F(ping, cookie, 1, 8) }, NULL },
	[GUI_BYE] = { "BYE", G2H, { F(bye, reason, 1, 4) }, NULL },
	[GUI_WIN_NEW] = { "WIN_NEW", G2H | OF_WIN,
		{ F(win_new, role, 1, 1), F(win_new, parent, 1, 4), F(win_new, w, 2, 2) }, win_new_ok },
	[GUI_WIN_DEL] = { "WIN_DEL", G2H | OF_WIN, { { 0 } }, NULL },
	[GUI_POPUP_POS] = { "POPUP_POS", G2H | OF_WIN,
		{ F(popup_pos, anchor_x, 2, 4), F(popup_pos, anchor_w, 2, 2), F(popup_pos, anchor, 3, 1),
			F(popup_pos, dx, 2, 4), F(popup_pos, w, 2, 2), F(popup_pos, token, 1, 4) },
		popup_pos_ok },
	[GUI_COMMIT] = { "COMMIT", G2H | OF_WIN | SERIAL,
		{ F(commit, page, 1, 4), F(commit, w, 2, 2), F(commit, stride, 1, 4), F(commit, fmt, 2, 1),
			F(commit, scale120, 1, 2), F(commit, rect, 4 * GUI_COMMIT_RECTS, 2) },
		commit_ok },
	[GUI_DAMAGE] = { "DAMAGE", G2H | OF_WIN, { F(damage, rect, 4 * GUI_DAMAGE_RECTS, 2) }, damage_ok },
	[GUI_TITLE] = { "TITLE", G2H | OF_WIN, { F(title, part, 2, 1), F(title, text, GUI_TITLE_CHUNK, 1) }, title_ok },
	[GUI_APPID] = { "APPID", G2H | OF_WIN, { F(title, part, 2, 1), F(title, text, GUI_TITLE_CHUNK, 1) }, title_ok },
	[GUI_HINTS] = { "HINTS", G2H | OF_WIN, { F(hints, min_w, 8, 2), F(hints, opaque, 1, 1) }, hints_ok },
	[GUI_STATE_REQ] = { "STATE_REQ", G2H | OF_WIN | SERIAL, { F(state_req, bits, 1, 4) }, state_req_ok },
	[GUI_MOVE] = { "MOVE", G2H | OF_WIN | SERIAL, { { 0 } }, NULL },
	[GUI_RESIZE] = { "RESIZE", G2H | OF_WIN | SERIAL, { F(resize, edges, 1, 4) }, resize_ok },
	[GUI_CURSOR_SHAPE] = { "CURSOR_SHAPE", G2H | CODEC_WIN_ANY, { F(cursor_shape, shape, 1, 4) }, cursor_shape_ok },
	[GUI_CURSOR_IMG] = { "CURSOR_IMG", G2H | CODEC_WIN_ANY, { F(cursor_img, page, 1, 4), F(cursor_img, w, 4, 1) },
		cursor_img_ok },
	[GUI_BELL] = { "BELL", G2H | CODEC_WIN_ANY, { { 0 } }, NULL },
	[GUI_IDLE_INHIBIT] = { "IDLE_INHIBIT", G2H | CODEC_WIN_ANY, { F(idle_inhibit, on, 1, 4) }, idle_inhibit_ok },
	[GUI_CLIP_OFFER] = { "CLIP_OFFER", G2H, { F(clip_offer, mimes, 1, 4) }, clip_offer_ok },
	[GUI_CLIP_DATA] = { "CLIP_DATA", G2H,
		{ F(clip_data, xfer, 1, 4), F(clip_data, end, 1, 1), F(clip_data, blob, 2, 4) }, clip_data_ok },
	[GUI_ATTENTION] = { "ATTENTION", G2H | OF_WIN, { { 0 } }, NULL },
	[GUI_DRAG] = { "DRAG", G2H | OF_WIN, { { 0 } }, NULL },

	[GUI_WELCOME] = { "WELCOME", H2G, { F(hello, version, 2, 4) }, hello_ok },
	[GUI_OUTPUT] = { "OUTPUT", H2G,
		{ F(output, id, 1, 4), F(output, x, 2, 4), F(output, w, 5, 2), F(output, mhz, 2, 4) }, output_ok },
	[GUI_CONFIGURE] = { "CONFIGURE", H2G | OF_WIN | SERIAL,
		{ F(configure, w, 2, 2), F(configure, states, 1, 4), F(configure, scale120, 3, 2) }, configure_ok },
	[GUI_CLOSE] = { "CLOSE", H2G | OF_WIN, { { 0 } }, NULL },
	[GUI_POPUP_PLACED] = { "POPUP_PLACED", H2G | OF_WIN | SERIAL,
		{ F(popup_placed, x, 2, 4), F(popup_placed, w, 2, 2), F(popup_placed, token, 1, 4) }, popup_placed_ok },
	[GUI_POPUP_DONE] = { "POPUP_DONE", H2G | OF_WIN, { { 0 } }, NULL },
	[GUI_FRAME] = { "FRAME", H2G | OF_WIN | SERIAL, { F(frame, ns, 1, 8), F(frame, refresh_ns, 1, 4) }, NULL },
	[GUI_RELEASE] = { "RELEASE", H2G | CODEC_WIN_ANY, { F(release, page, 1, 4) }, release_ok },
	[GUI_KEYMAP] = { "KEYMAP", H2G, { F(keymap, blob, 2, 4) }, keymap_ok },
	[GUI_KB_ENTER] = { "KB_ENTER", H2G | OF_WIN | SERIAL,
		{ F(kb_enter, n, 1, 2), F(kb_enter, key, GUI_ENTER_KEYS, 2) }, kb_enter_ok },
	[GUI_KB_LEAVE] = { "KB_LEAVE", H2G | CODEC_WIN_ANY, { { 0 } }, NULL },
	[GUI_KEY] = { "KEY", H2G | CODEC_WIN_ANY | SERIAL,
		{ F(key, time_ms, 1, 4), F(key, key, 1, 2), F(key, pressed, 1, 1) }, key_ok },
	[GUI_MODS] = { "MODS", H2G | CODEC_WIN_ANY, { F(mods, depressed, 4, 4) }, NULL },
	[GUI_REPEAT] = { "REPEAT", H2G | CODEC_WIN_ANY, { F(repeat, per_s, 2, 4) }, repeat_ok },
	[GUI_PTR_ENTER] = { "PTR_ENTER", H2G | OF_WIN | SERIAL, { F(ptr, time_ms, 3, 4) }, ptr_ok },
	[GUI_PTR_LEAVE] = { "PTR_LEAVE", H2G | CODEC_WIN_ANY, { { 0 } }, NULL },
	[GUI_PTR_MOTION] = { "PTR_MOTION", H2G | CODEC_WIN_ANY, { F(ptr, time_ms, 3, 4) }, ptr_ok },
	[GUI_PTR_BUTTON] = { "PTR_BUTTON", H2G | CODEC_WIN_ANY | SERIAL,
		{ F(button, time_ms, 2, 4), F(button, pressed, 1, 1) }, button_ok },
	[GUI_PTR_AXIS] = { "PTR_AXIS", H2G | CODEC_WIN_ANY,
		{ F(axis, time_ms, 1, 4), F(axis, horizontal, 2, 1), F(axis, value, 2, 4), F(axis, stop, 1, 1) },
		axis_ok },
	[GUI_PING] = { "PING", H2G, { F(ping, cookie, 1, 8) }, NULL },
	[GUI_CLIP_WANT] = { "CLIP_WANT", H2G, { F(clip_want, xfer, 2, 4) }, clip_want_ok },
	[GUI_CLIP_GIVE] = { "CLIP_GIVE", H2G, { F(clip_give, xfer, 3, 4), F(clip_give, blob, 2, 4) }, clip_give_ok },
	[GUI_TOUCH_DEVICE] = { "TOUCH_DEVICE", H2G, { F(touch_device, there, 1, 4) }, touch_device_ok },
	[GUI_TOUCH_DOWN] = { "TOUCH_DOWN", H2G | OF_WIN | SERIAL, { F(touch, time_ms, 4, 4) }, touch_ok },
	[GUI_TOUCH_MOTION] = { "TOUCH_MOTION", H2G | CODEC_WIN_ANY, { F(touch, time_ms, 4, 4) }, touch_ok },
	[GUI_TOUCH_UP] = { "TOUCH_UP", H2G | CODEC_WIN_ANY | SERIAL, { F(touch, time_ms, 4, 4) }, touch_ok },
	[GUI_TOUCH_FRAME] = { "TOUCH_FRAME", H2G, { { 0 } }, NULL },
	[GUI_TOUCH_CANCEL] = { "TOUCH_CANCEL", H2G | CODEC_WIN_ANY, { { 0 } }, NULL },
};

static const struct codec_type *find_type(uint16_t type)
{
	static const struct codec_type none;

	return type < COUNT(types) ? &types[type] : &none;
}

static int decode(const struct msg *m, uint32_t way, struct gui_msg *ret)
{
	struct gui_msg g;
	const struct codec_type *type;

	memset(&g, 0, sizeof(g));
	msg_head_get(m, &g.head);
	type = find_type(g.head.type);
	if (!codec_head_ok(type, &g.head, way) || !codec_get(type, m, &g.hello))
		return -EBADMSG;
	if (type->check && !type->check(&g))
		return -EBADMSG;
	*ret = g;
	return 0;
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
	const struct codec_type *type = find_type(g->head.type);

	if (!codec_head_ok(type, &g->head, CODEC_TO_HOST | CODEC_TO_GUEST))
		return -EINVAL;
	if (type->check && !type->check(g))
		return -EINVAL;
	msg_head_put(ret_msg, &g->head);
	codec_put(type, &g->hello, ret_msg);
	return 0;
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

const char *gui_type_name(uint16_t type)
{
	const char *name = find_type(type)->name;

	return name ? name : "?";
}
