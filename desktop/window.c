/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wayland-client.h>

#include "desktop/bounded.h"
#include "desktop/buffer.h"
#include "desktop/end.h"
#include "desktop/guest.h"
#include "desktop/menu.h"
#include "desktop/seat.h"
#include "policy/palette.h"
#include "proto/text.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

int window_set_init(struct window_set *set, const struct helper_setup *setup)
{
	const char *frames = getenv("VMOS_FRAMES");

	snprintf(set->owner.vm, sizeof(set->owner.vm), "%s", setup->vm);
	set->owner.rgb = setup->rgb & 0xffffff;
	set->owner.pattern = palette_pattern(set->owner.rgb);
	set->owner.light = frames && strcmp(frames, "light") == 0;
	set->colour = solid_buffer(set->pool, set->owner.rgb);
	set->mat = solid_buffer(set->pool, FRAME_MAT_RGB);
	set->clear = pool_buffer_create(set->pool, 1, 1); /* zeros */
	return set->colour && set->mat && set->clear ? 0 : -ENOMEM;
}

void window_set_clear(struct window_set *set)
{
	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		if (set->all[i])
			window_destroy(set->all[i]);
	}
}

/* Nothing shows it any more. */
static void end_solid(struct pool_buffer **b)
{
	if (*b)
		(*b)->busy = false;
	END(*b, pool_buffer_destroy);
}

void window_set_finish(struct window_set *set)
{
	window_set_clear(set);
	end_solid(&set->colour);
	end_solid(&set->mat);
	end_solid(&set->clear);
}

void window_set_refresh(struct window_set *set)
{
	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		struct window *w = set->all[i];

		if (w && w->dirty && w->stage == WINDOW_MAPPED)
			window_redraw(w);
		if (w)
			wish_follow(w);
	}
}

void window_set_rescale(struct window_set *set)
{
	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		if (set->all[i] && set->all[i]->toplevel)
			toplevel_rescale(set->all[i]);
	}
}

struct window *window_find(struct window_set *set, uint32_t id)
{
	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		if (set->all[i] && set->all[i]->id == id)
			return set->all[i];
	}
	return NULL;
}

void window_send(struct window *w, uint16_t type)
{
	struct gui_msg m = { .head = { .type = type, .win = w->id } };

	guest_send(w->set->guest, &m);
}

/* The refresh time of an output that the window is on, 0: not known. */
static uint32_t refresh_ns(const struct window *w)
{
	for (int i = 0; i < DISPLAY_OUTPUTS_MAX; i++) {
		const struct output *o = &w->set->display->outputs[i];

		if ((w->outputs & 1u << i) && o->wl && o->mhz > 0)
			return (uint32_t)(1000000000000ull / (uint32_t)o->mhz);
	}
	return 0;
}

static void handle_content_frame(struct content *c)
{
	struct window *w = ((struct surface_ref *)wl_surface_get_user_data(c->wl))->window;
	struct gui_msg m = { .head = { .type = GUI_FRAME, .serial = c->seq } };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	m.head.win = w->id;
	m.frame.ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	m.frame.refresh_ns = refresh_ns(w);
	guest_send(w->set->guest, &m);
}

int window_create(struct window_set *set, uint32_t id, const struct gui_win_new *n)
{
	struct window *parent = n->parent ? window_find(set, n->parent) : NULL;
	struct window *w;
	int place = 0;

	if (window_find(set, id))
		return -EEXIST;
	if (n->parent && !parent)
		return -ENOENT;
	while (place < GUI_WINDOWS_MAX && set->all[place])
		place++;
	if (place == GUI_WINDOWS_MAX)
		return -ENOSPC;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->set = set;
	w->id = id;
	w->role = n->role;
	w->parent = parent;
	w->want_w = n->w;
	w->want_h = n->h;
	w->scale120 = display_scale120(set->display);
	w->content.on_frame = handle_content_frame;
	w->ref_root = (struct surface_ref){ w, SURFACE_ROOT };
	w->ref_back = (struct surface_ref){ w, SURFACE_BACK };
	w->ref_mat = (struct surface_ref){ w, SURFACE_MAT };
	w->ref_content = (struct surface_ref){ w, SURFACE_CONTENT };
	set->all[place] = w;
	set->count++;
	return w->role == GUI_ROLE_POPUP ? 0 : toplevel_create(w);
}

void window_end_surfaces(struct window *w)
{
	if (w->set->menu->window == w)
		menu_close(w->set->menu);
	note_forget(&w->set->note, w);
	seat_forget(w->set->seat, w);
	wish_end(w);
	content_finish(&w->content);
	solid_finish(&w->mat);
	solid_finish(&w->back);
	solid_finish(&w->top);
	if (w->popup)
		popup_end(w);
	toplevel_end(w);
	END(w->xdg, xdg_surface_destroy);
	END(w->root_viewport, wp_viewport_destroy);
	END(w->root, wl_surface_destroy);
	for (int i = 0; i < WINDOW_BARS; i++)
		END(w->bar[i], pool_buffer_destroy);
	w->bar_shown = NULL;
}

/* A popup's protocol object may only end after those of its children: the deepest goes first. */
void window_dismiss_children(struct window *w)
{
	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		struct window *child = w->set->all[i];

		if (child && child->parent == w && child->role == GUI_ROLE_POPUP)
			window_dismiss(child);
	}
}

void window_dismiss(struct window *w)
{
	if (w->stage == WINDOW_DISMISSED)
		return;
	window_dismiss_children(w);
	window_end_surfaces(w);
	w->stage = WINDOW_DISMISSED;
	window_send(w, GUI_POPUP_DONE);
}

void window_destroy(struct window *w)
{
	struct window_set *set = w->set;

	window_dismiss_children(w);
	window_end_surfaces(w);
	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		if (set->all[i] == w)
			set->all[i] = NULL;
		else if (set->all[i] && set->all[i]->parent == w)
			set->all[i]->parent = NULL;
	}
	set->count--;
	free(w);
}

struct frame_look window_look(const struct window *w)
{
	const uint32_t tiled =
		GUI_STATE_TILED_LEFT | GUI_STATE_TILED_RIGHT | GUI_STATE_TILED_TOP | GUI_STATE_TILED_BOTTOM;

	return (struct frame_look){
		.owner = &w->set->owner,
		.title = w->title,
		.note = w->set->note.window == w ? w->set->note.text : NULL,
		.bad_note = w->set->note.bad,
		.w = w->outer_w,
		.active = w->states & GUI_STATE_ACTIVATED,
		.maximised = w->states & GUI_STATE_MAXIMIZED,
		.fullscreen = w->states & GUI_STATE_FULLSCREEN,
		.popup = w->role == GUI_ROLE_POPUP,
		.square = w->states & (tiled | GUI_STATE_MAXIMIZED | GUI_STATE_FULLSCREEN),
		.hover = w->hover,
	};
}

static bool is_news(const struct gui_configure *a, const struct gui_configure *b)
{
	return a->w != b->w || a->h != b->h || a->states != b->states || a->scale120 != b->scale120 ||
		a->bounds_w != b->bounds_w || a->bounds_h != b->bounds_h;
}

static uint16_t size16(int v)
{
	return (uint16_t)bounded(v, 0, GUI_SIZE_MAX);
}

void window_configure_guest(struct window *w)
{
	struct frame_insets in = window_insets(w);
	struct gui_msg m = { .head = { .type = GUI_CONFIGURE, .win = w->id } };

	m.configure = (struct gui_configure){
		.w = size16(w->inner_w),
		.h = size16(w->inner_h),
		.states = w->states,
		.scale120 = (uint16_t)w->scale120,
		.bounds_w = size16(w->bounds_w - in.left - in.right),
		.bounds_h = size16(w->bounds_h - in.top - in.bottom),
	};
	if (w->serial && !is_news(&m.configure, &w->sent))
		return;
	w->sent = m.configure;
	m.head.serial = ++w->serial;
	guest_send(w->set->guest, &m);
}

void window_present(struct window *w, uint32_t serial)
{
	if (w->role == GUI_ROLE_POPUP)
		popup_present(w);
	else
		toplevel_present(w, serial);
}

/*
 * The slot as the compositor gets it. KWin 5.27 forgets what pads a buffer's rows when it makes a texture of it, so that
 * the first picture of each size is slanted: there the padding is part of the buffer, and the viewport shows the rest.
 */
static struct gui_commit slot_of(const struct window *w, const struct gui_commit *c)
{
	struct gui_commit slot = *c;

	if (w->set->display->kwin && c->stride < 4u * c->w + GUI_STRIDE_ALIGN)
		slot.w = (uint16_t)(c->stride / 4);
	return slot;
}

int window_commit(struct window *w, const struct gui_msg *m)
{
	const struct gui_commit *c = &m->commit, slot = slot_of(w, c);
	struct buffer *b;
	int r;

	if ((int32_t)(w->serial - m->head.serial) < 0)
		return -ESTALE;
	r = buffers_take(w->set->buffers, &slot, w->id, &b);
	if (r < 0)
		return r;
	w->set->commits++;
	if (w->stage == WINDOW_DISMISSED) {
		buffer_give_back(b);
		return 0;
	}
	content_damage(&w->content, c->rect, c->nrect);
	content_stage(&w->content, b, c);
	w->content.seq = m->head.seq;
	if (w->stage != WINDOW_BORN)
		window_present(w, m->head.serial);
	return 0;
}

/* Adds a part: those before it must be full. -EPROTO: they are not. */
static int text_part(struct window_text *text, const struct gui_title *t)
{
	unsigned at = t->part * GUI_TITLE_CHUNK;

	if (at > text->len)
		return -EPROTO;
	memcpy(text->raw + at, t->text, t->len);
	text->len = at + t->len;
	return 0;
}

int window_title(struct window *w, const struct gui_title *t)
{
	char line[WINDOW_TITLE_MAX + VM_NAME_MAX + 4];
	int r = text_part(&w->title_parts, t);

	if (r < 0)
		return r;
	text_sanitise((const uint8_t *)w->title_parts.raw, w->title_parts.len, w->title, sizeof(w->title));
	w->dirty = true;
	snprintf(line, sizeof(line), "[%s] %s", w->set->owner.vm, w->title);
	if (w->toplevel)
		xdg_toplevel_set_title(w->toplevel, line);
	return 0;
}

static bool is_app_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		c == '-';
}

int window_app_id(struct window *w, const struct gui_title *t)
{
	char line[VM_NAME_MAX + sizeof(w->app_parts.raw) + 8];
	int r = text_part(&w->app_parts, t), n;

	if (r < 0)
		return r;
	n = snprintf(line, sizeof(line), "vmos.%s.", w->set->owner.vm);
	for (unsigned i = 0; i < w->app_parts.len; i++)
		line[n++] = is_app_char(w->app_parts.raw[i]) ? w->app_parts.raw[i] : '_';
	line[n] = '\0';
	if (w->toplevel)
		xdg_toplevel_set_app_id(w->toplevel, line);
	return 0;
}

void window_hints(struct window *w, const struct gui_hints *h)
{
	w->content.geo = (struct gui_rect){ h->geo_x, h->geo_y, h->geo_w, h->geo_h };
	if (h->geo_w == 0 || h->geo_h == 0)
		w->content.geo = (struct gui_rect){ 0 };
	if (w->toplevel)
		toplevel_hints(w, h);
}

void window_guest_state(struct window *w, uint32_t bits)
{
	window_state_request(w, w->barred ? bits & ~(uint32_t)GUI_STATE_FULLSCREEN : bits);
}

bool window_leave_fullscreen(struct window *w)
{
	if (!(w->states & GUI_STATE_FULLSCREEN))
		return false;
	w->barred = true;
	w->wish_waits = false;
	window_state_request(w, w->states & GUI_STATE_MAXIMIZED);
	return true;
}

/* The bits are what the window wants to be; what it is now comes with the next CONFIGURE. */
void window_state_request(struct window *w, uint32_t bits)
{
	if (!w->toplevel)
		return;
	if ((bits & GUI_STATE_MINIMIZED) && w->stage == WINDOW_MAPPED)
		xdg_toplevel_set_minimized(w->toplevel);
	w->wish = bits & (GUI_STATE_MAXIMIZED | GUI_STATE_FULLSCREEN);
	w->wish_open = true;
	w->wish_steps = 3;
	toplevel_pursue(w);
}
