/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/cards.h"

#include <pango/pangocairo.h>

#include "center/emblem.h"
#include "center/guard.h"
#include "center/layer.h"

#define WIDTH 392
#define HEIGHT 94
#define GAP 8
#define EDGE 3 /* of the VM's colour, all round */
#define PAD 14
#define SIDE 48 /* of the emblem */
#define LABEL_PAD 5 /* of the VM's colour beside its name */
#define GROUND_RGB 0x1b2130
#define INK_RGB 0xffffff
#define DIM_RGB 0xa9b4c8
#define SHOWN_MIN 5000 /* ms */
#define SHOWN_DEFAULT 6000
#define SHOWN_MAX 8000

struct card {
	const struct note *note; /* borrowed; NULL: free, as are those behind it */
	void *userdata;
	guint timer;
	gint64 since; /* when it came to this place */
};

static struct {
	cards_fn ended;
	struct card list[CARDS_MAX]; /* the newest first */
	bool open;
} cards;

static unsigned count(void)
{
	unsigned n = 0;

	while (n < CARDS_MAX && cards.list[n].note)
		n++;
	return n;
}

static void set_rgb(cairo_t *cr, uint32_t rgb)
{
	cairo_set_source_rgb(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

struct line {
	const char *text, *font;
	uint32_t rgb;
	int x, y, width;
	int lines;
	const uint32_t *ground; /* may be NULL */
};

/* Text without markup, cut with an ellipsis; on a ground of its own, where it has one. Returns the width it took. */
static int draw_line(cairo_t *cr, const struct line *line)
{
	PangoLayout *layout = pango_cairo_create_layout(cr);
	PangoFontDescription *font = pango_font_description_from_string(line->font);
	int width, height;

	pango_layout_set_font_description(layout, font);
	pango_layout_set_text(layout, line->text, -1);
	pango_layout_set_single_paragraph_mode(layout, TRUE);
	pango_layout_set_width(layout, line->width * PANGO_SCALE);
	pango_layout_set_height(layout, -line->lines);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_layout_get_pixel_size(layout, &width, &height);
	if (line->ground) {
		set_rgb(cr, *line->ground);
		cairo_rectangle(cr, line->x - LABEL_PAD, line->y - 1, width + 2 * LABEL_PAD, height + 2);
		cairo_fill(cr);
	}
	set_rgb(cr, line->rgb);
	cairo_move_to(cr, line->x, line->y);
	pango_cairo_show_layout(cr, layout);
	pango_font_description_free(font);
	g_object_unref(layout);
	return width;
}

/* The VM's name on its colour comes first, at a place that no text of the guest's reaches. */
static void draw_card(cairo_t *cr, const struct note *n, int y)
{
	const int left = PAD + SIDE + PAD, width = WIDTH - left - PAD;
	char held[NOTIFICATION_BODY_MAX];
	struct line name = { n->vm.name, "sans-serif bold 10", question_ink(n->vm.rgb), left + LABEL_PAD, y + 9,
		width / 2, 1, &n->vm.rgb };
	struct line app = { n->text.app, "sans-serif 9", DIM_RGB, 0, y + 10, 0, 1, NULL };
	struct line summary = { n->text.summary, "sans-serif bold 11", INK_RGB, left, y + 30, width, 1, NULL };
	struct line body = { n->text.body, "sans-serif 10", DIM_RGB, left, y + 50, width, 2, NULL };

	note_held(n, held, sizeof(held));
	if (n->held)
		body = (struct line){ held, "sans-serif 10", INK_RGB, left, y + 34, width, 2, NULL };
	set_rgb(cr, n->vm.rgb);
	cairo_rectangle(cr, 0, y, WIDTH, HEIGHT);
	cairo_fill(cr);
	set_rgb(cr, GROUND_RGB);
	cairo_rectangle(cr, EDGE, y + EDGE, WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE);
	cairo_fill(cr);
	emblem_draw(cr, n->vm.rgb, PAD, y + (HEIGHT - SIDE) / 2, SIDE);
	app.x = name.x + draw_line(cr, &name) + LABEL_PAD + 10;
	app.width = WIDTH - PAD - app.x;
	draw_line(cr, &app);
	draw_line(cr, &summary);
	draw_line(cr, &body);
}

static void handle_draw(cairo_t *cr, int width, int height)
{
	for (unsigned i = 0; i < count(); i++)
		draw_card(cr, cards.list[i].note, (int)i * (HEIGHT + GAP));
}

static void show(void)
{
	unsigned n = count();

	if (n == 0)
		layer_hide();
	else
		layer_show(WIDTH, (int)n * (HEIGHT + GAP) - GAP);
}

/* Those that move come to another place: a click meant for what was there must not hit them. */
static void drop(unsigned at)
{
	g_clear_handle_id(&cards.list[at].timer, g_source_remove);
	for (unsigned i = at; i + 1 < CARDS_MAX; i++) {
		cards.list[i] = cards.list[i + 1];
		cards.list[i].since = g_get_monotonic_time();
	}
	cards.list[CARDS_MAX - 1] = (struct card){ 0 };
}

static void end(unsigned at, enum notification_end how)
{
	void *userdata = cards.list[at].userdata;

	drop(at);
	show();
	cards.ended(userdata, how);
}

static unsigned find(const void *userdata)
{
	unsigned i = 0;

	while (i < count() && cards.list[i].userdata != userdata)
		i++;
	return i;
}

static void handle_press(double x, double y)
{
	unsigned at = y < 0 ? CARDS_MAX : (unsigned)(y / (HEIGHT + GAP));

	if (at >= count() || g_get_monotonic_time() - cards.list[at].since < (gint64)GUARD_USEC)
		return;
	end(at, cards.list[at].note->id ? NOTIFICATION_CLICKED : NOTIFICATION_DISMISSED);
}

static gboolean handle_timer(gpointer userdata)
{
	unsigned at = find(userdata);

	cards.list[at].timer = 0;
	end(at, NOTIFICATION_EXPIRED);
	return G_SOURCE_REMOVE;
}

static guint time_of(const struct note *n)
{
	return n->timeout_ms == 0 ? SHOWN_DEFAULT : CLAMP(n->timeout_ms, SHOWN_MIN, SHOWN_MAX);
}

bool cards_open(cards_fn ended)
{
	static const struct layer_handlers handlers = { handle_draw, handle_press };

	cards.ended = ended;
	cards.open = layer_open(&handlers);
	return cards.open;
}

bool cards_show(const struct note *n, void *userdata)
{
	unsigned at = find(userdata);

	if (!cards.open)
		return false;
	if (at < count()) {
		g_clear_handle_id(&cards.list[at].timer, g_source_remove);
		cards.list[at].note = n;
	} else {
		if (count() == CARDS_MAX)
			end(CARDS_MAX - 1, NOTIFICATION_EXPIRED);
		for (at = count(); at > 0; at--)
			cards.list[at] = cards.list[at - 1];
		cards.list[0] = (struct card){ .note = n, .userdata = userdata };
		for (unsigned i = 0; i < count(); i++)
			cards.list[i].since = g_get_monotonic_time();
	}
	cards.list[at].timer = g_timeout_add(time_of(n), handle_timer, userdata);
	show();
	return true;
}

void cards_close(const void *userdata)
{
	unsigned at = find(userdata);

	if (at == count())
		return;
	drop(at);
	show();
}
