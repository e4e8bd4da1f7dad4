/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/atlas.h"

#include <assert.h>
#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "desktop/frame.h"
#include "proto/text.h"

#define TEXT_PX 13.0 /* of the title at scale 1 */
#define SMALL_PX 10.0
#define CELL_MAX 96 /* no mask is larger, in pixels */
#define ELLIPSIS 0x2026u
#define REPLACEMENT 0xfffdu

/* The code points of the atlas, in order. The last has only U+FFFD, which also stands for all others. */
static const struct {
	uint32_t first, last;
} ranges[] = {
	{ 0x0020, 0x024f },
	{ 0x0370, 0x052f },
	{ 0x2010, 0x2027 },
	{ REPLACEMENT, REPLACEMENT },
};

#define NRANGES (sizeof(ranges) / sizeof(ranges[0]))

static_assert(0x0250 - 0x20 + 0x0530 - 0x370 + 0x2028 - 0x2010 + 1 <= ATLAS_GLYPHS, "the table holds the ranges");

static unsigned glyph_index(uint32_t cp)
{
	unsigned base = 0;

	for (size_t i = 0; i < NRANGES; i++) {
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return base + (cp - ranges[i].first);
		base += ranges[i].last - ranges[i].first + 1;
	}
	return base - 1;
}

static size_t utf8_put(uint32_t cp, char *dst)
{
	if (cp < 0x80) {
		dst[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		dst[0] = (char)(0xc0 | cp >> 6);
		dst[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	dst[0] = (char)(0xe0 | cp >> 12);
	dst[1] = (char)(0x80 | (cp >> 6 & 0x3f));
	dst[2] = (char)(0x80 | (cp & 0x3f));
	return 3;
}

/* Before the sandbox: from here to atlas_init(). */

/* A scratch surface that glyphs are drawn on and copied from. */
struct scratch {
	cairo_surface_t *surface;
	cairo_t *cr;
	cairo_scaled_font_t *font; /* borrowed */
};

static int atlas_reserve(struct atlas *a, size_t len)
{
	size_t cap = a->cap ? a->cap : 1u << 20;
	uint8_t *bytes;

	while (cap < a->len + len)
		cap *= 2;
	if (cap == a->cap)
		return 0;
	bytes = realloc(a->bytes, cap);
	if (!bytes)
		return -ENOMEM;
	a->bytes = bytes;
	a->cap = cap;
	return 0;
}

/* Copies the w × h upper left pixels of the scratch surface into the atlas. */
static int take(struct atlas *a, struct scratch *s, struct glyph *g)
{
	const uint8_t *data;
	size_t len = (size_t)g->w * g->h;
	int stride, r;

	r = atlas_reserve(a, len);
	if (r < 0)
		return r;
	cairo_surface_flush(s->surface);
	data = cairo_image_surface_get_data(s->surface);
	stride = cairo_image_surface_get_stride(s->surface);
	for (int y = 0; y < g->h; y++)
		memcpy(a->bytes + a->len + (size_t)y * g->w, data + (size_t)y * (size_t)stride, g->w);
	g->off = (uint32_t)a->len;
	a->len += len;
	return 0;
}

static void wipe(struct scratch *s)
{
	cairo_save(s->cr);
	cairo_set_operator(s->cr, CAIRO_OPERATOR_CLEAR);
	cairo_paint(s->cr);
	cairo_restore(s->cr);
}

/* 1: drawn; 0: the font lacks it. */
static int draw_glyph(struct atlas *a, struct scratch *s, uint32_t cp, struct glyph *ret_glyph)
{
	cairo_glyph_t one, *glyphs = &one;
	cairo_text_extents_t e;
	char utf8[4];
	int n = 1, r;

	if (cairo_scaled_font_text_to_glyphs(s->font, 0, 0, utf8, (int)utf8_put(cp, utf8), &glyphs, &n, NULL, NULL,
		    NULL) != CAIRO_STATUS_SUCCESS)
		return 0;
	one = glyphs[0];
	if (glyphs != &one)
		cairo_glyph_free(glyphs);
	if (n != 1 || one.index == 0)
		return 0;
	one.x = one.y = 0;
	cairo_scaled_font_glyph_extents(s->font, &one, 1, &e);
	*ret_glyph = (struct glyph){ .left = (int16_t)floor(e.x_bearing), .top = (int16_t)floor(e.y_bearing) };
	ret_glyph->advance = (int16_t)lround(e.x_advance);
	ret_glyph->w = (uint16_t)fmin(CELL_MAX, ceil(e.x_bearing + e.width) - ret_glyph->left);
	ret_glyph->h = (uint16_t)fmin(CELL_MAX, ceil(e.y_bearing + e.height) - ret_glyph->top);
	wipe(s);
	one.x = -ret_glyph->left;
	one.y = -ret_glyph->top;
	cairo_set_scaled_font(s->cr, s->font);
	cairo_show_glyphs(s->cr, &one, 1);
	r = take(a, s, ret_glyph);
	return r < 0 ? r : 1;
}

static int draw_text_face(struct atlas *a, struct scratch *s, struct atlas_face *f)
{
	const struct glyph *fallback = &f->regular[glyph_index(REPLACEMENT)];
	int r = draw_glyph(a, s, REPLACEMENT, &f->regular[glyph_index(REPLACEMENT)]);

	if (r == 0)
		r = draw_glyph(a, s, '?', &f->regular[glyph_index(REPLACEMENT)]);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	for (size_t i = 0; i < NRANGES; i++) {
		for (uint32_t cp = ranges[i].first; cp <= ranges[i].last; cp++) {
			r = draw_glyph(a, s, cp, &f->regular[glyph_index(cp)]);
			if (r < 0)
				return r;
			if (r == 0)
				f->regular[glyph_index(cp)] = *fallback;
		}
	}
	return 0;
}

/* The glyphs of names. */
static int draw_name_face(struct atlas *a, struct scratch *s, struct glyph *ret_glyphs)
{
	for (uint32_t cp = 0x20; cp < 0x20 + ATLAS_BOLD; cp++) {
		int r = draw_glyph(a, s, cp, &ret_glyphs[cp - 0x20]);

		if (r <= 0)
			return r < 0 ? r : -ENOENT;
	}
	return 0;
}

/* A path of each icon in a cell of @size units; the origin is its upper left corner. */
static void icon_path(cairo_t *cr, enum atlas_icon icon, double size)
{
	double mid = size / 2, arm = 3.5;

	switch (icon) {
	case ATLAS_CLOSE:
		cairo_move_to(cr, mid - arm, mid - arm);
		cairo_line_to(cr, mid + arm, mid + arm);
		cairo_move_to(cr, mid + arm, mid - arm);
		cairo_line_to(cr, mid - arm, mid + arm);
		break;
	case ATLAS_MAXIMISE:
		cairo_rectangle(cr, mid - arm, mid - arm, 2 * arm, 2 * arm);
		break;
	case ATLAS_RESTORE:
		cairo_rectangle(cr, mid - arm, mid - arm + 2, 2 * arm - 2, 2 * arm - 2);
		cairo_move_to(cr, mid - arm + 2, mid - arm + 2);
		cairo_rel_line_to(cr, 0, -2);
		cairo_rel_line_to(cr, 2 * arm - 2, 0);
		cairo_rel_line_to(cr, 0, 2 * arm - 2);
		cairo_rel_line_to(cr, -2, 0);
		break;
	case ATLAS_MINIMISE:
		cairo_move_to(cr, mid - arm, mid + arm);
		cairo_rel_line_to(cr, 2 * arm, 0);
		break;
	case ATLAS_DISC:
		cairo_arc(cr, mid, mid, mid, 0, 2 * M_PI);
		break;
	case ATLAS_CORNER_LEFT:
	case ATLAS_PILL_LEFT:
		cairo_move_to(cr, size, size);
		cairo_arc(cr, size, size, size, M_PI, 1.5 * M_PI);
		break;
	case ATLAS_CORNER_RIGHT:
	case ATLAS_PILL_RIGHT:
		cairo_move_to(cr, 0, size);
		cairo_arc(cr, 0, size, size, 1.5 * M_PI, 2 * M_PI);
		break;
	case ATLAS_ICONS:
		break;
	}
}

/* The badge's ends are a column with both corners rounded: the lower one is the upper one mirrored. */
static void pill_path(cairo_t *cr, enum atlas_icon icon, double h)
{
	double r = FRAME_BADGE_RADIUS;

	if (icon == ATLAS_PILL_LEFT) {
		cairo_arc(cr, r, r, r, M_PI, 1.5 * M_PI);
		cairo_line_to(cr, r, h);
		cairo_arc(cr, r, h - r, r, 0.5 * M_PI, M_PI);
	} else {
		cairo_arc_negative(cr, 0, r, r, 0, 1.5 * M_PI);
		cairo_line_to(cr, 0, h);
		cairo_arc_negative(cr, 0, h - r, r, 0.5 * M_PI, 0);
	}
	cairo_close_path(cr);
}

static int draw_icon(struct atlas *a, struct scratch *s, struct atlas_face *f, enum atlas_icon icon)
{
	bool stroked = icon <= ATLAS_MINIMISE;
	bool pill = icon == ATLAS_PILL_LEFT || icon == ATLAS_PILL_RIGHT;
	double size = stroked || icon == ATLAS_DISC ? FRAME_BUTTON : FRAME_RADIUS;
	struct glyph *g = &f->icon[icon];

	if (pill)
		size = FRAME_BADGE_RADIUS;
	g->w = (uint16_t)lround(size * f->scale120 / 120.0);
	g->h = pill ? (uint16_t)lround(FRAME_BADGE * f->scale120 / 120.0) : g->w;
	g->advance = (int16_t)g->w;
	wipe(s);
	cairo_save(s->cr);
	cairo_scale(s->cr, g->w / size, g->w / size);
	cairo_new_path(s->cr);
	if (pill)
		pill_path(s->cr, icon, FRAME_BADGE);
	else
		icon_path(s->cr, icon, size);
	cairo_set_line_width(s->cr, icon == ATLAS_CLOSE ? 1.3 : 1.0);
	if (stroked)
		cairo_stroke(s->cr);
	else
		cairo_fill(s->cr);
	cairo_restore(s->cr);
	return take(a, s, g);
}

static cairo_scaled_font_t *load_font(cairo_font_weight_t weight, double px)
{
	cairo_font_face_t *face = cairo_toy_font_face_create("sans-serif", CAIRO_FONT_SLANT_NORMAL, weight);
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_scaled_font_t *font;
	cairo_matrix_t size, identity;

	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_ON);
	cairo_matrix_init_scale(&size, px, px);
	cairo_matrix_init_identity(&identity);
	font = cairo_scaled_font_create(face, &size, &identity, options);
	cairo_font_options_destroy(options);
	cairo_font_face_destroy(face);
	return font;
}

static int draw_face(struct atlas *a, struct scratch *s, struct atlas_face *f)
{
	double scale = f->scale120 / 120.0;
	cairo_scaled_font_t *regular = load_font(CAIRO_FONT_WEIGHT_NORMAL, TEXT_PX * scale);
	cairo_scaled_font_t *bold = load_font(CAIRO_FONT_WEIGHT_BOLD, TEXT_PX * scale);
	cairo_scaled_font_t *small = load_font(CAIRO_FONT_WEIGHT_BOLD, SMALL_PX * scale);
	cairo_font_extents_t e;
	int r = -ENOENT;

	if (cairo_scaled_font_status(regular) || cairo_scaled_font_status(bold) || cairo_scaled_font_status(small))
		goto out;
	cairo_scaled_font_extents(regular, &e);
	f->ascent = (int)lround(e.ascent);
	f->descent = (int)lround(e.descent);
	cairo_scaled_font_extents(small, &e);
	f->small_ascent = (int)lround(e.ascent);
	f->small_descent = (int)lround(e.descent);
	s->font = regular;
	r = draw_text_face(a, s, f);
	s->font = bold;
	if (r == 0)
		r = draw_name_face(a, s, f->bold);
	s->font = small;
	if (r == 0)
		r = draw_name_face(a, s, f->small);
	for (int icon = 0; r == 0 && icon < ATLAS_ICONS; icon++)
		r = draw_icon(a, s, f, (enum atlas_icon)icon);
out:
	cairo_scaled_font_destroy(regular);
	cairo_scaled_font_destroy(bold);
	cairo_scaled_font_destroy(small);
	return r;
}

static int add_faces(struct atlas *a, const unsigned *scales, int n)
{
	struct scratch s;
	int r = 0;

	s.surface = cairo_image_surface_create(CAIRO_FORMAT_A8, CELL_MAX, CELL_MAX);
	s.cr = cairo_create(s.surface);
	for (int i = 0; r == 0 && i < n; i++) {
		struct atlas_face *f = &a->face[a->nfaces];

		f->scale120 = scales[i];
		r = draw_face(a, &s, f);
		a->nfaces += r == 0;
	}
	cairo_destroy(s.cr);
	cairo_surface_destroy(s.surface);
	cairo_debug_reset_static_data();
	return r;
}

int atlas_init(struct atlas *a)
{
	static const unsigned scales[] = { 120, 180, 240 };

	*a = (struct atlas){ 0 };
	return add_faces(a, scales, sizeof(scales) / sizeof(scales[0]));
}

int atlas_add(struct atlas *a, unsigned scale120)
{
	if (a->nfaces == ATLAS_SCALES || scale120 > ATLAS_SCALE_MAX || atlas_pick(a, scale120)->scale120 == scale120)
		return 0;
	return add_faces(a, &scale120, 1);
}

/* In the sandbox: table look-ups only. */

void atlas_finish(struct atlas *a)
{
	free(a->bytes);
	a->bytes = NULL;
}

const struct atlas_face *atlas_pick(const struct atlas *a, unsigned scale120)
{
	const struct atlas_face *best = &a->face[0];

	for (int i = 1; i < a->nfaces; i++) {
		const struct atlas_face *f = &a->face[i];
		bool better = best->scale120 < scale120 ? f->scale120 > best->scale120
							: f->scale120 >= scale120 && f->scale120 < best->scale120;

		if (better)
			best = f;
	}
	return best;
}

struct mask atlas_mask(const struct atlas *a, const struct glyph *g)
{
	return (struct mask){ a->bytes + g->off, g->w, g->h };
}

static const struct glyph *glyph_of(const struct atlas_text *t, uint32_t cp)
{
	if (t->weight != ATLAS_REGULAR && cp >= 0x20 && cp < 0x20 + ATLAS_BOLD)
		return t->weight == ATLAS_SMALL ? &t->face->small[cp - 0x20] : &t->face->bold[cp - 0x20];
	return &t->face->regular[glyph_index(cp)];
}

/* The next code point of @text, 0 at its end. */
static uint32_t next_cp(const char **text)
{
	uint32_t cp;
	size_t n = text_utf8_next((const uint8_t *)*text, strlen(*text), &cp);

	*text += n;
	return n ? cp : 0;
}

int atlas_measure(const struct atlas_text *t)
{
	const char *at = t->utf8;
	int width = 0;

	for (uint32_t cp = next_cp(&at); cp; cp = next_cp(&at))
		width += glyph_of(t, cp)->advance;
	return width;
}

int atlas_text(const struct atlas *a, struct canvas *c, struct rect at, const struct atlas_text *t)
{
	bool fits = atlas_measure(t) <= at.w;
	const struct glyph *ellipsis = glyph_of(t, ELLIPSIS);
	int room = fits ? at.w : at.w - ellipsis->advance;
	const char *text = t->utf8;
	int pen = 0;

	if (room < 0)
		return 0;
	for (uint32_t cp = next_cp(&text); cp; cp = next_cp(&text)) {
		const struct glyph *g = glyph_of(t, cp);
		struct mask m;

		if (pen + g->advance > room) {
			g = ellipsis;
			text = "";
		}
		m = atlas_mask(a, g);
		canvas_mask(c, &m, (struct rect){ at.x + pen + g->left, at.y + g->top, 0, 0 }, t->rgb);
		pen += g->advance;
	}
	return pen;
}
