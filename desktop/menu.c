/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/menu.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <wayland-client.h>

#include "desktop/atlas.h"
#include "desktop/bounded.h"
#include "desktop/clipboard.h"
#include "desktop/end.h"
#include "desktop/manager.h"
#include "desktop/pool.h"
#include "desktop/seat.h"
#include "desktop/window.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

/* Logical units. */
#define EDGE 2
#define PAD_Y 5
#define PAD_X 14
#define ROW 28
#define SHORTCUT_GAP 36

/* In the order in which they are shown; the last three make up the question. */
enum {
	ROW_COPY,
	ROW_PASTE,
	ROW_FILES,
	ROW_FULL,
	ROW_MUTE,
	ROW_PAUSE,
	ROW_KILL,
	ROW_WINDOW, /* only where the compositor has a menu of its own */
	ROW_ASK,
	ROW_NO,
	ROW_YES,
	ROWS,
};

#define TEXT_MAX (VM_NAME_MAX + 48)

/* %s: the VM. What vmosd does for a row has an act, and a word on how it is undone where that is not to be seen. */
static const struct {
	const char *text, *shortcut, *undone;
	enum helper_act_kind act;
} rows[ROWS] = {
	[ROW_COPY] = { "Copy to other VMs", "Ctrl+Shift+C", "", 0 },
	[ROW_PASTE] = { "Paste from another VM", "Ctrl+Shift+V", "", 0 },
	[ROW_FILES] = { "Files of %s, to send one", "", "", HELPER_ACT_FILES },
	[ROW_FULL] = { "Full screen, and back", "Ctrl+Shift+Esc leaves", "", 0 },
	[ROW_MUTE] = { "Mute %s", "", "It sounds again by: vmos set %s --mute off", HELPER_ACT_MUTE },
	[ROW_PAUSE] = { "Pause %s", "", "It goes on by: vmos resume %s", HELPER_ACT_PAUSE },
	[ROW_KILL] = { "Kill %s …", "", "", 0 },
	[ROW_WINDOW] = { "Window menu", "", "", 0 },
	[ROW_ASK] = { "Kill %s? What is not saved is lost.", "", "", 0 },
	[ROW_NO] = { "No, let it run", "Esc", "", 0 },
	[ROW_YES] = { "Yes, kill it", "", "", HELPER_ACT_KILL },
};

static int row_count(const struct menu *m)
{
	if (m->asking)
		return ROWS - ROW_ASK;
	return m->window->has_menu ? ROW_ASK : ROW_WINDOW;
}

/* Which one is shown at place @i. */
static int row_at(const struct menu *m, int i)
{
	return m->asking ? ROW_ASK + i : i;
}

static bool is_usable(const struct menu *m, int i)
{
	switch (row_at(m, i)) {
	case ROW_COPY:
		return m->clipboard->able && m->clipboard->offered;
	case ROW_PASTE:
		return m->clipboard->able;
	case ROW_MUTE:
		return m->manager->link.setup.sound;
	default:
		return row_at(m, i) != ROW_ASK;
	}
}

/* @text with the VM's name in it. */
static void fill_in(const struct menu *m, const char *text, char dst[TEXT_MAX])
{
	const char *name = strstr(text, "%s");

	if (name)
		snprintf(dst, TEXT_MAX, "%.*s%s%s", (int)(name - text), text, m->set->owner.vm, name + 2);
	else
		snprintf(dst, TEXT_MAX, "%s", text);
}

bool menu_is_open(const struct menu *m)
{
	return m->window != NULL;
}

void menu_close(struct menu *m)
{
	if (!m->window)
		return;
	seat_forget_surface(m->set->seat, &m->ref);
	END(m->popup, xdg_popup_destroy);
	END(m->xdg, xdg_surface_destroy);
	END(m->viewport, wp_viewport_destroy);
	END(m->surface, wl_surface_destroy);
	END(m->shown, pool_buffer_destroy);
	m->window = NULL;
}

static void handle_popup_configure(void *data, struct xdg_popup *p, int32_t x, int32_t y, int32_t width, int32_t height)
{
}

static void handle_done(void *data, struct xdg_popup *p)
{
	menu_close(data);
}

static void handle_repositioned(void *data, struct xdg_popup *p, uint32_t token)
{
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_done,
	.repositioned = handle_repositioned,
};

static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial)
{
	struct menu *m = data;

	xdg_surface_ack_configure(xdg, serial);
	m->ready = m->dirty = true;
}

static const struct xdg_surface_listener surface_listener = { .configure = handle_configure };

static int to_logical(const struct atlas_face *f, int pixels)
{
	return (pixels * 120 + (int)f->scale120 - 1) / (int)f->scale120;
}

static void measure(struct menu *m)
{
	const struct atlas_face *f = atlas_pick(m->set->atlas, m->window->scale120);
	int text = 0, shortcut = 0;

	for (int row = 0; row < ROWS; row++) {
		char words[TEXT_MAX];
		struct atlas_text t = { f, ATLAS_REGULAR, 0, words };
		int n;

		fill_in(m, rows[row].text, words);
		n = atlas_measure(&t);

		if (row != ROW_ASK) /* it has its line alone */
			text = n > text ? n : text;
		else
			m->w = to_logical(f, n);
		t.utf8 = rows[row].shortcut;
		n = atlas_measure(&t);
		shortcut = n > shortcut ? n : shortcut;
	}
	text = to_logical(f, text) + SHORTCUT_GAP + to_logical(f, shortcut);
	m->w = 2 * (EDGE + PAD_X) + (text > m->w ? text : m->w);
	m->h = 2 * (EDGE + PAD_Y) + row_count(m) * ROW;
}

static struct xdg_positioner *make_positioner(const struct menu *m)
{
	struct xdg_positioner *p = xdg_wm_base_create_positioner(m->set->display->wm_base);

	if (!p)
		return NULL;
	xdg_positioner_set_size(p, m->w, m->h);
	xdg_positioner_set_anchor_rect(p, m->x, 0, 1, FRAME_BAR);
	xdg_positioner_set_anchor(p, XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT);
	xdg_positioner_set_gravity(p, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	xdg_positioner_set_constraint_adjustment(p,
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X | XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y |
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_Y);
	return p;
}

/*
 * Guests' popups go first: one that grabs must be the topmost. While a button is held the pointer may be outside of the
 * window, but the menu's anchor must not.
 */
void menu_open(struct menu *m, struct window *w, uint32_t serial, int x)
{
	struct display *d = m->set->display;
	struct xdg_positioner *positioner;

	menu_close(m);
	popup_yield(m->set);
	m->window = w;
	m->ref = (struct surface_ref){ NULL, SURFACE_MENU };
	m->x = bounded(x, 0, w->outer_w - 1);
	m->row = -1;
	m->ready = m->asking = false;
	measure(m);
	positioner = make_positioner(m);
	m->surface = display_surface(d, &m->ref);
	if (!positioner || !m->surface) {
		m->window = NULL;
		return;
	}
	m->viewport = wp_viewporter_get_viewport(d->viewporter, m->surface);
	m->xdg = xdg_wm_base_get_xdg_surface(d->wm_base, m->surface);
	xdg_surface_add_listener(m->xdg, &surface_listener, m);
	m->popup = xdg_surface_get_popup(m->xdg, w->xdg, positioner);
	xdg_popup_add_listener(m->popup, &popup_listener, m);
	xdg_positioner_destroy(positioner);
	xdg_popup_grab(m->popup, d->seat, serial);
	wl_surface_commit(m->surface);
}

void menu_point(struct menu *m, int y)
{
	int row = (y - EDGE - PAD_Y) / ROW;

	if (y < EDGE + PAD_Y || row >= row_count(m) || !is_usable(m, row))
		row = -1;
	m->dirty |= row != m->row;
	m->row = row;
}

static void ask_vmosd(struct menu *m, struct window *w, int row)
{
	char line[TEXT_MAX];

	fill_in(m, rows[row].undone, line);
	m->clipboard->win = w->id; /* vmosd may have something to say about it */
	if (manager_tell_act(m->manager, rows[row].act) < 0)
		note_show(&m->set->note, w, true, "Nothing done: vmosd is not there");
	else if (line[0])
		note_show(&m->set->note, w, true, line);
}

/* What a row does once the menu is closed. */
static void act(struct menu *m, struct window *w, int row, uint32_t serial)
{
	switch (row) {
	case ROW_COPY:
		clipboard_copy(m->clipboard, w);
		break;
	case ROW_PASTE:
		clipboard_paste(m->clipboard, w);
		break;
	case ROW_FULL:
		if (!window_leave_fullscreen(w))
			window_state_request(w, w->wish | GUI_STATE_FULLSCREEN);
		break;
	case ROW_WINDOW:
		xdg_toplevel_show_window_menu(w->toplevel, m->set->display->seat, serial, m->x, FRAME_BAR);
		break;
	default:
		if (rows[row].act)
			ask_vmosd(m, w, row);
		break;
	}
}

void menu_choose(struct menu *m, uint32_t serial)
{
	struct window *w = m->window;
	int row = m->row < 0 ? ROWS : row_at(m, m->row);

	if (row == ROW_KILL) {
		m->asking = m->dirty = true;
		m->row = ROW_NO - ROW_ASK;
	} else if (row < ROWS) {
		menu_close(m);
		act(m, w, row, serial);
	}
}

/* The next usable row in direction @by, from none also. */
static void step(struct menu *m, int by)
{
	int n = row_count(m), row = m->row < 0 && by < 0 ? n : m->row;

	for (int i = 0; i < n; i++) {
		row = (row + by + n) % n;
		if (is_usable(m, row))
			break;
	}
	m->row = is_usable(m, row) ? row : -1;
	m->dirty = true;
}

void menu_key(struct menu *m, uint32_t key, uint32_t serial)
{
	switch (key) {
	case KEY_ESC:
		menu_close(m);
		break;
	case KEY_UP:
		step(m, -1);
		break;
	case KEY_DOWN:
		step(m, 1);
		break;
	case KEY_ENTER:
	case KEY_KPENTER:
	case KEY_SPACE:
		menu_choose(m, serial);
		break;
	default:
		break;
	}
}

/* A drawing in progress; lengths are logical and scaled here. */
struct sheet {
	struct canvas c;
	const struct menu *menu;
	const struct atlas_face *face;
};

static int px(const struct sheet *s, int logical)
{
	return atlas_px(s->face, logical);
}

static void draw_row(struct sheet *s, int row)
{
	const struct menu *m = s->menu;
	struct frame_theme theme = frame_theme(&m->set->owner);
	uint32_t rgb = m->set->owner.rgb, ground = row == m->row ? rgb : theme.ground;
	uint32_t ink = row == m->row ? frame_ink(rgb) : theme.ink;
	char words[TEXT_MAX];
	struct atlas_text t = { s->face, ATLAS_REGULAR, 0, words };
	int top = px(s, EDGE + PAD_Y + row * ROW), left = px(s, EDGE + PAD_X), right = px(s, m->w - EDGE - PAD_X);
	int base = top + (px(s, ROW) + s->face->ascent - s->face->descent + 1) / 2, width;

	canvas_fill(&s->c, (struct rect){ px(s, EDGE), top, px(s, m->w - 2 * EDGE), px(s, ROW) }, ground);
	fill_in(m, rows[row_at(m, row)].text, words);
	t.rgb = is_usable(m, row) || m->asking ? ink : canvas_mix(ground, ink, 90) & 0xffffff;
	atlas_text(m->set->atlas, &s->c, (struct rect){ left, base, right - left, 0 }, &t);
	t.rgb = canvas_mix(ground, ink, is_usable(m, row) ? 165 : 75) & 0xffffff;
	t.utf8 = rows[row_at(m, row)].shortcut;
	width = atlas_measure(&t);
	atlas_text(m->set->atlas, &s->c, (struct rect){ right - width, base, width, 0 }, &t);
}

static void draw(struct sheet *s)
{
	const struct menu *m = s->menu;
	int edge = px(s, EDGE);

	canvas_fill(&s->c, (struct rect){ 0, 0, s->c.w, s->c.h }, m->set->owner.rgb);
	canvas_fill(&s->c, (struct rect){ edge, edge, s->c.w - 2 * edge, s->c.h - 2 * edge },
		frame_theme(&m->set->owner).ground);
	for (int row = 0; row < row_count(m); row++)
		draw_row(s, row);
}

/* Each picture of it is a buffer of its own: there are few, and the last one goes back when the compositor lets go. */
void menu_refresh(struct menu *m)
{
	struct sheet s = { .menu = m };
	struct pool_buffer *b;

	if (!m->window || !m->ready || !m->dirty)
		return;
	s.face = atlas_pick(m->set->atlas, m->window->scale120);
	b = pool_buffer_create(m->set->pool, px(&s, m->w), px(&s, m->h));
	if (!b)
		return;
	canvas_init(&s.c, b->pixels, b->w, b->h);
	draw(&s);
	pool_buffer_attach(b, m->surface);
	wp_viewport_set_destination(m->viewport, m->w, m->h);
	wl_surface_commit(m->surface);
	pool_buffer_destroy(m->shown);
	m->shown = b;
	m->dirty = false;
}
