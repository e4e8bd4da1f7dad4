/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile/storm.h"

#include <string.h>

#include "proto/uapi/vmos_channel.h"

/* xorshift64*: small, and the same on every machine. */
uint64_t storm_random(uint64_t *rng)
{
	*rng ^= *rng >> 12;
	*rng ^= *rng << 25;
	*rng ^= *rng >> 27;
	return *rng * 0x2545f4914f6cdd1dull >> 11;
}

uint32_t storm_boundary(uint64_t *rng)
{
	uint64_t r = storm_random(rng);
	uint32_t power = 1u << (r >> 8 & 31);

	switch (r & 7) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return power;
	case 3:
		return power - 1;
	case 4:
		return UINT32_MAX;
	default:
		return (uint32_t)storm_random(rng);
	}
}

static uint32_t below(struct storm *s, uint32_t n)
{
	return (uint32_t)(storm_random(&s->rng) % n);
}

/* 0 … @max, often at an end. */
static uint32_t edge(struct storm *s, uint32_t max)
{
	switch (below(s, 7)) {
	case 0:
		return 0;
	case 1:
		return max;
	case 2:
		return max ? 1 : 0;
	default:
		return below(s, max + 1);
	}
}

/* -@max … @max */
static int32_t spread(struct storm *s, int32_t max)
{
	return (int32_t)edge(s, 2 * (uint32_t)max) - max;
}

void storm_reset(struct storm *s)
{
	uint64_t rng = s->rng;

	memset(s, 0, sizeof(*s));
	s->rng = rng;
	s->next_id = 1;
}

static struct storm_window *pick(struct storm *s)
{
	return &s->window[below(s, STORM_WINDOWS)];
}

/* Sometimes what an application asks for, sometimes the most there is. */
static uint16_t size(struct storm *s)
{
	return (uint16_t)(below(s, 4) ? 1 + below(s, 700) : 1 + edge(s, GUI_SIZE_MAX - 1));
}

static void make_window(struct storm *s, struct storm_window *w, struct gui_msg *m)
{
	struct storm_window *parent = pick(s);

	m->head.type = GUI_WIN_NEW;
	*w = (struct storm_window){ .id = s->next_id++ };
	w->role = parent->id && parent != w ? (uint8_t)below(s, 3) : GUI_ROLE_TOPLEVEL;
	if (w->role != GUI_ROLE_TOPLEVEL)
		m->win_new.parent = parent->id;
	m->win_new.role = w->role;
	m->win_new.w = (uint16_t)edge(s, GUI_SIZE_MAX);
	m->win_new.h = size(s);
}

static void make_commit(struct storm *s, struct storm_window *w, struct gui_msg *m)
{
	uint32_t slot = below(s, STORM_SLOTS);
	struct gui_commit *c = &m->commit;
	const uint64_t room = (uint64_t)STORM_SLOT_PAGES * VMOS_PAGE_SIZE;

	if (s->held[slot]) {
		m->head.type = GUI_BELL;
		return;
	}
	m->head.type = GUI_COMMIT;
	m->head.serial = below(s, 3) ? w->serial : below(s, w->serial + 1);
	c->page = slot * STORM_SLOT_PAGES;
	c->w = size(s);
	c->stride = ((uint32_t)c->w * 4 + 255) & ~255u;
	c->h = size(s);
	if ((uint64_t)c->stride * c->h > room)
		c->h = (uint16_t)(room / c->stride);
	c->fmt = (uint8_t)below(s, 2);
	c->scale120 = (uint16_t)(below(s, 2) ? GUI_SCALE_ONE : 60 + edge(s, 900));
	c->nrect = (uint8_t)below(s, GUI_COMMIT_RECTS + 1);
	for (int i = 0; i < c->nrect; i++)
		c->rect[i] = (struct gui_rect){ (uint16_t)edge(s, GUI_SIZE_MAX), (uint16_t)edge(s, GUI_SIZE_MAX),
			size(s), size(s) };
	s->held[slot] = STORM_SLOT_PAGES;
}

static void make_position(struct storm *s, struct gui_msg *m)
{
	static const uint8_t sides[] = { 0, 1, 2, 4, 8, 5, 6, 9, 10 };

	m->head.type = GUI_POPUP_POS;
	m->popup_pos = (struct gui_popup_pos){
		.anchor_x = spread(s, 1 << 20),
		.anchor_y = spread(s, 1 << 20),
		.anchor_w = (uint16_t)edge(s, GUI_SIZE_MAX),
		.anchor_h = (uint16_t)edge(s, GUI_SIZE_MAX),
		.anchor = sides[below(s, 9)],
		.gravity = sides[below(s, 9)],
		.constraint = (uint8_t)below(s, 64),
		.dx = spread(s, 1 << 20),
		.dy = spread(s, 1 << 20),
		.w = size(s),
		.h = size(s),
		.token = (uint32_t)storm_random(&s->rng),
	};
}

static void make_title(struct storm *s, struct storm_window *w, struct gui_msg *m)
{
	bool app = below(s, 2);
	unsigned *parts = app ? &w->app_parts : &w->title_parts;

	m->head.type = app ? GUI_APPID : GUI_TITLE;
	if (*parts >= GUI_TITLE_PARTS)
		*parts = 0;
	m->title.part = (uint8_t)*parts;
	m->title.len = m->title.part == 2 ? GUI_TITLE_MAX - 2 * GUI_TITLE_CHUNK : GUI_TITLE_CHUNK;
	for (int i = 0; i < m->title.len; i++)
		m->title.text[i] = (char)(below(s, 3) ? 0x20 + below(s, 95) : storm_boundary(&s->rng));
	++*parts;
}

static void make_hints(struct storm *s, struct gui_msg *m)
{
	struct gui_hints *h = &m->hints;

	m->head.type = GUI_HINTS;
	h->max_w = (uint16_t)edge(s, GUI_SIZE_MAX);
	h->max_h = (uint16_t)edge(s, GUI_SIZE_MAX);
	h->min_w = (uint16_t)edge(s, h->max_w ? h->max_w : GUI_SIZE_MAX);
	h->min_h = (uint16_t)edge(s, h->max_h ? h->max_h : GUI_SIZE_MAX);
	h->geo_x = (uint16_t)edge(s, GUI_SIZE_MAX);
	h->geo_y = (uint16_t)edge(s, GUI_SIZE_MAX);
	h->geo_w = (uint16_t)edge(s, GUI_SIZE_MAX);
	h->geo_h = (uint16_t)edge(s, GUI_SIZE_MAX);
	h->opaque = (uint8_t)below(s, 2);
}

static void make_cursor(struct storm *s, struct gui_msg *m)
{
	uint32_t slot = below(s, STORM_SLOTS);

	m->head.type = GUI_CURSOR_SHAPE;
	m->cursor_shape.shape = edge(s, GUI_CURSOR_SHAPE_MAX);
	if (s->held[slot] || below(s, 2))
		return;
	m->head.type = GUI_CURSOR_IMG;
	m->cursor_img = (struct gui_cursor_img){ slot * STORM_SLOT_PAGES, (uint8_t)(1 + edge(s, 63)),
		(uint8_t)(1 + edge(s, 63)), (uint8_t)edge(s, 64), (uint8_t)edge(s, 64) };
	s->held[slot] = STORM_SLOT_PAGES;
}

static void make_small(struct storm *s, struct gui_msg *m)
{
	static const uint8_t sides[] = { 0, 1, 2, 4, 8, 5, 6, 9, 10 };

	switch (below(s, 9)) {
	case 0:
		m->head.type = GUI_STATE_REQ;
		m->state_req.bits = below(s, GUI_STATE_MASK + 1);
		break;
	case 1:
		m->head.type = GUI_MOVE;
		break;
	case 2:
		m->head.type = GUI_RESIZE;
		m->resize.edges = sides[below(s, 9)];
		break;
	case 3:
		m->head.type = GUI_DAMAGE;
		for (int i = 0; i < GUI_DAMAGE_RECTS; i++)
			m->damage.rect[i] = (struct gui_rect){ (uint16_t)edge(s, GUI_SIZE_MAX),
				(uint16_t)edge(s, GUI_SIZE_MAX), size(s), size(s) };
		break;
	case 4:
		m->head.type = GUI_IDLE_INHIBIT;
		m->idle_inhibit.on = below(s, 2);
		break;
	case 5:
		m->head.type = GUI_CLIP_OFFER;
		m->head.win = 0;
		m->clip_offer.mimes = below(s, GUI_MIME_MASK + 1);
		break;
	case 6:
		m->head.type = GUI_ATTENTION;
		break;
	case 7:
		m->head.type = GUI_DRAG;
		break;
	default:
		m->head.type = GUI_PONG;
		m->head.win = 0;
		m->ping.cookie = storm_random(&s->rng);
	}
}

static void forget(struct storm_window *w, struct gui_msg *m)
{
	m->head.type = GUI_WIN_DEL;
	*w = (struct storm_window){ 0 };
}

void storm_next(struct storm *s, struct gui_msg *ret)
{
	struct storm_window *w = pick(s);
	uint32_t dice = below(s, 100);

	memset(ret, 0, sizeof(*ret));
	if (!s->greeted) {
		s->greeted = true;
		ret->head.type = GUI_HELLO;
		ret->hello.version = GUI_VERSION;
		return;
	}
	if (!w->id) {
		make_window(s, w, ret);
		ret->head.win = w->id;
		return;
	}
	ret->head.win = w->id;
	if (dice < 45)
		make_commit(s, w, ret);
	else if (dice < 58 && w->role == GUI_ROLE_POPUP)
		make_position(s, ret);
	else if (dice < 68)
		make_title(s, w, ret);
	else if (dice < 78)
		make_hints(s, ret);
	else if (dice < 84)
		make_cursor(s, ret);
	else if (dice < 91)
		make_small(s, ret);
	else
		forget(w, ret);
}

void storm_answer(struct storm *s, const struct gui_msg *m)
{
	if (m->head.type == GUI_RELEASE)
		s->held[m->release.page / STORM_SLOT_PAGES % STORM_SLOTS] = 0;
	if (m->head.type != GUI_CONFIGURE && m->head.type != GUI_POPUP_PLACED)
		return;
	for (int i = 0; i < STORM_WINDOWS; i++) {
		if (s->window[i].id == m->head.win)
			s->window[i].serial = m->head.serial;
	}
}
