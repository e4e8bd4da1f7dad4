/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/band.h"

#define BAR 34
#define BAND 78
#define TIP 26 /* how far the sender's colour points into the receiver's */
#define PAD 22
#define BAR_RGB 0x10131a
#define BAR_INK_RGB 0xe8edf6
#define BAR_DIM_RGB 0x8d9ab2
#define UNKNOWN_RGB 0x3a4356

static void set_rgb(cairo_t *cr, uint32_t rgb)
{
	cairo_set_source_rgb(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

/* Text without markup, cut with an ellipsis at @width; its middle is at @y. Returns the width used. */
static int draw_text(cairo_t *cr, PangoLayout *layout, const char *text, int x, int y)
{
	int w, h;

	pango_layout_set_text(layout, text, -1);
	pango_layout_get_pixel_size(layout, &w, &h);
	cairo_move_to(cr, x, y - h / 2.0);
	pango_cairo_show_layout(cr, layout);
	return w;
}

static void set_font(PangoLayout *layout, const char *font)
{
	PangoFontDescription *description = pango_font_description_from_string(font);

	pango_layout_set_font_description(layout, description);
	pango_font_description_free(description);
}

/* A padlock, of which no font is needed. */
static void draw_lock(cairo_t *cr, double x, double y)
{
	cairo_set_line_width(cr, 1.8);
	cairo_arc(cr, x + 6, y + 6, 3.6, G_PI, 2 * G_PI);
	cairo_stroke(cr);
	cairo_rectangle(cr, x, y + 6, 12, 8.5);
	cairo_fill(cr);
}

static void draw_bar(cairo_t *cr, PangoLayout *layout, int width)
{
	int at = PAD + 20;

	set_rgb(cr, BAR_RGB);
	cairo_rectangle(cr, 0, 0, width, BAR);
	cairo_fill(cr);
	set_rgb(cr, BAR_INK_RGB);
	draw_lock(cr, PAD, BAR / 2.0 - 8);
	pango_layout_set_width(layout, -1);
	set_font(layout, "sans-serif bold 10");
	at += draw_text(cr, layout, "vmOS asks", at, BAR / 2) + 10;
	set_rgb(cr, BAR_DIM_RGB);
	set_font(layout, "sans-serif 10");
	draw_text(cr, layout, "This computer, not a virtual machine", at, BAR / 2);
}

struct side {
	const struct party *party;
	const char *caption;
	uint32_t rgb;
	int x, w; /* of its text */
};

static void draw_side(cairo_t *cr, PangoLayout *layout, const struct side *s)
{
	const char *name = s->party->name[0] ? s->party->name : "?";

	set_rgb(cr, question_ink(s->rgb));
	pango_layout_set_width(layout, s->w * PANGO_SCALE);
	set_font(layout, "sans-serif 9");
	draw_text(cr, layout, s->caption, s->x, BAR + 22);
	set_font(layout, "sans-serif bold 17");
	draw_text(cr, layout, name, s->x, BAR + 47);
}

/* The left half ends in a point: the direction in which things go. */
static void draw_arrow(cairo_t *cr, int half, uint32_t rgb)
{
	cairo_move_to(cr, 0, BAR);
	cairo_line_to(cr, half - TIP / 2.0, BAR);
	cairo_line_to(cr, half + TIP / 2.0, BAR + BAND / 2.0);
	cairo_line_to(cr, half - TIP / 2.0, BAR + BAND);
	cairo_line_to(cr, 0, BAR + BAND);
	cairo_close_path(cr);
	set_rgb(cr, rgb);
	cairo_fill(cr);
	/* two VMs of one colour are still told apart */
	cairo_move_to(cr, half - TIP / 2.0, BAR);
	cairo_line_to(cr, half + TIP / 2.0, BAR + BAND / 2.0);
	cairo_line_to(cr, half - TIP / 2.0, BAR + BAND);
	cairo_set_line_width(cr, 4);
	set_rgb(cr, BAR_INK_RGB);
	cairo_stroke(cr);
}

static uint32_t rgb_of(const struct party *p)
{
	return p->name[0] ? p->rgb : UNKNOWN_RGB;
}

static void handle_draw(GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer userdata)
{
	const struct question *q = userdata;
	bool inward = question_is_inward(q);
	const struct party *from = inward ? &q->object : &q->subject, *to = inward ? &q->subject : &q->object;
	PangoLayout *layout = gtk_widget_create_pango_layout(GTK_WIDGET(area), NULL);
	int half = width / 2;
	struct side left = { from, "FROM", rgb_of(from), PAD, half - TIP - PAD };
	struct side right = { to, q->kind == KIND_NET ? "THROUGH" : "TO", rgb_of(to), half + TIP + 4,
		width - half - TIP - 4 - PAD };

	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_layout_set_single_paragraph_mode(layout, TRUE);
	draw_bar(cr, layout, width);
	set_rgb(cr, right.rgb);
	cairo_rectangle(cr, 0, BAR, width, BAND);
	cairo_fill(cr);
	draw_arrow(cr, half, left.rgb);
	draw_side(cr, layout, &left);
	draw_side(cr, layout, &right);
	g_object_unref(layout);
}

GtkWidget *band_new(const struct question *q)
{
	GtkWidget *area = gtk_drawing_area_new();

	gtk_drawing_area_set_content_height(GTK_DRAWING_AREA(area), BAR + BAND);
	gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(area), handle_draw, (gpointer)q, NULL);
	return area;
}
