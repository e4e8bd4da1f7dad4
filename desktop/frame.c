/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/frame.h"

#include <math.h>
#include <string.h>

#include "policy/palette.h"
#include "proto/gui.h"

#define LIFT 1 /* what is on the bar stands in the middle below its border */
#define GAP 6 /* between buttons, and around the badge */
#define BADGE_PAD 9 /* left and right of the name */
#define SWATCH 26 /* of the pattern, at the badge's left end */
#define SWATCH_NARROW 12
#define PILL_MIN 40 /* buttons may cover what is more than the window has */
#define TITLE_GAP 10
#define CORNER_REACH 16 /* how far a corner's resize zone goes along the edges */
#define INK_DARK 0x101216
#define INK_LIGHT 0xffffff
#define BAR_DARK 0x23262d
#define BAR_LIGHT 0xe9ebf0
#define LEAVE_HINT "Ctrl+Shift+Esc leaves full screen"
#define NOTE_RGB 0xf2f4f8 /* no title has a ground of its own: a guest cannot write a note */
#define NOTE_BAD_RGB 0xffc247

/* A drawing in progress: everything is given in logical units and scaled here. */
struct bar {
	struct canvas *c;
	const struct atlas *atlas;
	const struct atlas_face *face;
	const struct frame_look *look;
	uint32_t ground, ink;
};

static int px(const struct bar *b, int logical)
{
	return atlas_px(b->face, logical);
}

struct frame_insets frame_insets(bool popup, bool fullscreen)
{
	int side = popup ? FRAME_POPUP_BORDER : fullscreen ? 0 : FRAME_BORDER;

	return (struct frame_insets){ side, side, popup ? FRAME_POPUP_BAR : FRAME_BAR, side };
}

struct frame_theme frame_theme(const struct frame_owner *owner)
{
	return owner->light ? (struct frame_theme){ BAR_LIGHT, INK_DARK } : (struct frame_theme){ BAR_DARK, NOTE_RGB };
}

static double linear(uint32_t byte)
{
	double v = (byte & 0xff) / 255.0;

	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

uint32_t frame_ink(uint32_t rgb)
{
	double lum = 0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8) + 0.0722 * linear(rgb);

	/* Contrast with white is 1.05 / (lum + 0.05), with black (lum + 0.05) / 0.05. */
	return (lum + 0.05) * (lum + 0.05) > 1.05 * 0.05 ? INK_DARK : INK_LIGHT;
}

/* The left edge of button @index, counted from the right. */
static int button_x(const struct frame_look *look, int index)
{
	return look->w - (index + 1) * (FRAME_BUTTON + GAP) - (GAP - 3);
}

static void draw_icon(const struct bar *b, enum atlas_icon icon, struct rect at, uint32_t rgb)
{
	struct mask m = atlas_mask(b->atlas, &b->face->icon[icon]);

	canvas_mask(b->c, &m, (struct rect){ px(b, at.x), px(b, at.y), 0, 0 }, rgb);
}

static void draw_button(const struct bar *b, enum frame_part part, int index)
{
	static const enum atlas_icon icons[] = { ATLAS_CLOSE, ATLAS_MAXIMISE, ATLAS_MINIMISE };
	struct rect at = { button_x(b->look, index), LIFT + (FRAME_BAR - FRAME_BUTTON) / 2, 0, 0 };
	enum atlas_icon icon = part == FRAME_MAXIMISE && b->look->maximised ? ATLAS_RESTORE : icons[index];
	bool hot = b->look->hover == part;

	if (hot && part == FRAME_CLOSE)
		draw_icon(b, ATLAS_DISC, at, 0xd92d3a);
	else
		draw_icon(b, ATLAS_DISC, at, canvas_mix(b->ground, b->ink, hot ? 70 : 26) & 0xffffff);
	draw_icon(b, icon, at, hot && part == FRAME_CLOSE ? INK_LIGHT : b->ink);
}

/* The owner's pattern, nothing but its marks, in @rgb over @area (pixels), from its upper left corner on. */
static void draw_pattern(const struct bar *b, struct rect area, uint32_t rgb)
{
	int scale = (int)b->face->scale120;

	for (int y = 0; y < area.h; y++) {
		for (int x = 0; x < area.w; x++) {
			if (palette_covers(b->look->owner->pattern, x * 120 / scale, y * 120 / scale))
				canvas_fill(b->c, (struct rect){ area.x + x, area.y + y, 1, 1 }, rgb);
		}
	}
}

static int baseline(const struct bar *b)
{
	return px(b, LIFT) + (px(b, FRAME_BAR) + b->face->ascent - b->face->descent + 1) / 2;
}

/* Words in bold on a ground of their own, rounded. */
struct pill {
	int at, room; /* logical */
	int swatch; /* logical width of the owner's pattern before the words; may be 0 */
	uint32_t rgb;
	const char *words;
};

/* Returns the logical x behind it. */
static int draw_pill(const struct bar *b, const struct pill *p)
{
	struct atlas_text name = { b->face, ATLAS_HEAVY, frame_ink(p->rgb), p->words };
	int pad = px(b, BADGE_PAD), x = px(b, p->at), y = px(b, LIFT + (FRAME_BAR - FRAME_BADGE) / 2);
	int radius = b->face->icon[ATLAS_PILL_LEFT].w, h = b->face->icon[ATLAS_PILL_LEFT].h;
	int lead = p->swatch ? px(b, p->swatch) : 0;
	int text = atlas_measure(&name), most = px(b, p->room) - 2 * pad - lead;
	struct mask left = atlas_mask(b->atlas, &b->face->icon[ATLAS_PILL_LEFT]);
	struct mask right = atlas_mask(b->atlas, &b->face->icon[ATLAS_PILL_RIGHT]);
	int w = lead + 2 * pad + (text < most ? text : most > 0 ? most : 0);

	canvas_mask(b->c, &left, (struct rect){ x, y, 0, 0 }, p->rgb);
	canvas_mask(b->c, &right, (struct rect){ x + w - radius, y, 0, 0 }, p->rgb);
	canvas_fill(b->c, (struct rect){ x + radius, y, w - 2 * radius, h }, p->rgb);
	if (lead)
		draw_pattern(b, (struct rect){ x + radius, y, lead - radius, h }, name.rgb);
	atlas_text(b->atlas, b->c, (struct rect){ x + lead + pad, baseline(b), w - lead - 2 * pad, 0 }, &name);
	return (x + w) * 120 / (int)b->face->scale120;
}

/* The border goes on around the bar: full at the sides, thinner above. A full screen has none. */
static void draw_outline(const struct bar *b)
{
	uint32_t rgb = b->look->owner->rgb;
	int side = b->look->fullscreen ? 0 : px(b, FRAME_BORDER);

	canvas_fill(b->c, (struct rect){ 0, 0, b->c->w, px(b, FRAME_BORDER - 1) }, rgb);
	canvas_fill(b->c, (struct rect){ 0, 0, side, b->c->h }, rgb);
	canvas_fill(b->c, (struct rect){ b->c->w - side, 0, side, b->c->h }, rgb);
}

/* The host's words at the right end of a full screen's bar. Returns what they leave of @end, logical. */
static int draw_hint(const struct bar *b, int begin, int end)
{
	struct atlas_text hint = { b->face, ATLAS_REGULAR, b->ink, LEAVE_HINT };
	int w = atlas_measure(&hint), x = px(b, end) - w;

	if (x < px(b, begin))
		return end;
	atlas_text(b->atlas, b->c, (struct rect){ x, baseline(b), w, 0 }, &hint);
	return x * 120 / (int)b->face->scale120 - TITLE_GAP;
}

static void draw_words(const struct bar *b)
{
	const struct frame_look *look = b->look;
	int end = button_x(look, 2) - TITLE_GAP, x;
	int room = end - 2 * GAP > PILL_MIN ? end - 2 * GAP : PILL_MIN;
	struct pill name = { GAP + 3, room, room > 3 * SWATCH ? SWATCH : SWATCH_NARROW, look->owner->rgb,
		look->owner->vm };
	struct atlas_text title = { b->face, ATLAS_REGULAR, b->ink, look->title };
	struct pill note = { 0, 0, 0, look->bad_note ? NOTE_BAD_RGB : NOTE_RGB, look->note };

	x = draw_pill(b, &name) + TITLE_GAP;
	if (look->fullscreen)
		end = draw_hint(b, x, end);
	if (!look->active)
		title.rgb = canvas_mix(b->ground, b->ink, 170) & 0xffffff;
	note.at = x - TITLE_GAP + GAP;
	note.room = end - x;
	if (end > x + 2 * BADGE_PAD && look->note)
		draw_pill(b, &note);
	else if (end > x)
		atlas_text(b->atlas, b->c, (struct rect){ px(b, x), baseline(b), px(b, end - x), 0 }, &title);
}

/* A popup's strip: the name, and the pattern beside it for as long as there is room. */
static void draw_strip(const struct bar *b)
{
	const struct frame_owner *o = b->look->owner;
	struct atlas_text name = { b->face, ATLAS_SMALL, frame_ink(o->rgb), o->vm };
	int h = b->c->h, left = px(b, FRAME_POPUP_BORDER + 2), room = b->c->w - 2 * left, x;
	int base = (h + b->face->small_ascent - b->face->small_descent + 1) / 2;

	canvas_fill(b->c, (struct rect){ 0, 0, b->c->w, h }, o->rgb);
	x = left + atlas_text(b->atlas, b->c, (struct rect){ left, base, room, 0 }, &name) + left;
	draw_pattern(b, (struct rect){ x, px(b, 2), b->c->w - x - px(b, 2), h - px(b, 4) }, name.rgb);
}

void frame_draw_bar(struct canvas *c, const struct atlas *a, const struct atlas_face *f, const struct frame_look *look)
{
	struct bar b = { c, a, f, look, 0, 0 };
	struct mask corner = atlas_mask(a, &f->icon[ATLAS_CORNER_LEFT]);

	if (look->popup) {
		draw_strip(&b);
		return;
	}
	b.ground = canvas_mix(frame_theme(look->owner).ground, look->owner->rgb, look->active ? 118 : 30) & 0xffffff;
	b.ink = frame_ink(b.ground);
	canvas_fill(c, (struct rect){ 0, 0, c->w, c->h }, b.ground);
	draw_outline(&b);
	draw_words(&b);
	draw_button(&b, FRAME_CLOSE, 0);
	draw_button(&b, FRAME_MAXIMISE, 1);
	draw_button(&b, FRAME_MINIMISE, 2);
	if (look->square)
		return;
	canvas_cut(c, &corner, (struct rect){ 0, 0, 0, 0 });
	corner = atlas_mask(a, &f->icon[ATLAS_CORNER_RIGHT]);
	canvas_cut(c, &corner, (struct rect){ c->w - corner.w, 0, 0, 0 });
}

static uint32_t edges_at(const struct frame_look *look, int h, int x, int y)
{
	bool top = y < FRAME_BORDER, bottom = y >= h - FRAME_BORDER;
	bool left = x < FRAME_BORDER, right = x >= look->w - FRAME_BORDER;
	uint32_t edges = 0;

	if (!(top || bottom || left || right))
		return 0;
	if (top || ((left || right) && y < CORNER_REACH))
		edges |= GUI_EDGE_TOP;
	if (bottom || ((left || right) && y >= h - CORNER_REACH))
		edges |= GUI_EDGE_BOTTOM;
	if (left || ((top || bottom) && x < CORNER_REACH))
		edges |= GUI_EDGE_LEFT;
	if (right || ((top || bottom) && x >= look->w - CORNER_REACH))
		edges |= GUI_EDGE_RIGHT;
	return edges;
}

enum frame_part frame_hit(const struct frame_look *look, int h, int x, int y, uint32_t *ret_edges)
{
	static const enum frame_part buttons[] = { FRAME_CLOSE, FRAME_MAXIMISE, FRAME_MINIMISE };

	*ret_edges = look->fullscreen || look->maximised ? 0 : edges_at(look, h, x, y);
	if (*ret_edges)
		return FRAME_EDGE;
	if (y < 0 || y >= FRAME_BAR)
		return FRAME_CONTENT;
	for (int i = 0; i < 3; i++) {
		int at = button_x(look, i);

		if (x >= at - GAP / 2 && x < at + FRAME_BUTTON + GAP / 2)
			return buttons[i];
	}
	return FRAME_TITLE;
}
