/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/buffer.h"

#include <errno.h>
#include <wayland-client.h>

#include "desktop/end.h"
#include "desktop/guest.h"
#include "proto/channel.h"

#define PLACES (sizeof(((struct buffers *)0)->place) / sizeof(struct buffer))

int buffers_init(struct buffers *set, struct wl_shm *shm, int region, uint64_t size, uint64_t heap_off)
{
	set->heap_off = heap_off;
	set->heap_len = size - heap_off;
	set->pool = wl_shm_create_pool(shm, region, (int32_t)size);
	return set->pool ? 0 : -ENOMEM;
}

static void buffer_end(struct buffer *b)
{
	wl_buffer_destroy(b->wl);
	b->set->count--;
	if (b->held)
		b->set->held--;
	*b = (struct buffer){ 0 };
}

void buffers_clear(struct buffers *set)
{
	for (size_t i = 0; i < PLACES; i++) {
		if (set->place[i].wl)
			buffer_end(&set->place[i]);
	}
}

void buffers_finish(struct buffers *set)
{
	buffers_clear(set);
	END(set->pool, wl_shm_pool_destroy);
}

void buffer_give_back(struct buffer *b)
{
	struct gui_msg m = { .head = { .type = GUI_RELEASE, .win = b->win } };

	if (!b->held)
		return;
	b->held = false;
	b->set->held--;
	m.release.page = b->page;
	guest_send(b->set->guest, &m);
}

static void handle_release(void *data, struct wl_buffer *wl)
{
	buffer_give_back(data);
}

static const struct wl_buffer_listener buffer_listener = { .release = handle_release };

static bool overlaps(const struct buffer *b, uint32_t page, uint32_t pages)
{
	return page < b->page + b->pages && b->page < page + pages;
}

static bool is_same(const struct buffer *b, const struct gui_commit *c)
{
	return b->page == c->page && b->w == c->w && b->h == c->h && b->stride == c->stride && b->fmt == c->fmt;
}

/* Looks through all places once: a match, a free place, the one idle longest, and whether a page is held. */
struct survey {
	struct buffer *match, *unused, *oldest;
	bool clash;
};

static void survey(struct buffers *set, const struct gui_commit *c, uint32_t pages, struct survey *s)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct buffer *b = &set->place[i];

		if (!b->wl)
			s->unused = b;
		else if (b->held)
			s->clash |= overlaps(b, c->page, pages);
		else if (is_same(b, c))
			s->match = b;
		else if (!s->oldest || b->used < s->oldest->used)
			s->oldest = b;
	}
}

static int buffer_begin(struct buffers *set, struct buffer *b, const struct gui_commit *c, uint32_t pages)
{
	static const uint32_t formats[] = {
		[GUI_FMT_XRGB] = WL_SHM_FORMAT_XRGB8888, [GUI_FMT_ARGB] = WL_SHM_FORMAT_ARGB8888
	};
	uint64_t at = set->heap_off + (uint64_t)c->page * VMOS_PAGE_SIZE;

	*b = (struct buffer){ .set = set, .page = c->page, .pages = pages, .stride = c->stride };
	b->w = c->w;
	b->h = c->h;
	b->fmt = c->fmt;
	b->wl = wl_shm_pool_create_buffer(set->pool, (int32_t)at, c->w, c->h, (int32_t)c->stride, formats[c->fmt]);
	if (!b->wl)
		return -ENOMEM;
	wl_buffer_add_listener(b->wl, &buffer_listener, b);
	set->count++;
	return 0;
}

int buffers_take(struct buffers *set, const struct gui_commit *c, uint32_t win, struct buffer **ret_buffer)
{
	uint32_t pages = (uint32_t)(((uint64_t)c->stride * c->h + VMOS_PAGE_SIZE - 1) / VMOS_PAGE_SIZE);
	struct survey s = { 0 };
	int r;

	if (!gui_slot_fits(c, set->heap_len))
		return -EBADMSG;
	survey(set, c, pages, &s);
	if (s.clash)
		return -EBADMSG;
	if (set->held >= BUFFERS_HELD_MAX)
		return -ENOBUFS;
	if (!s.match) {
		if (s.oldest && set->count - set->held >= GUI_BUFFERS_MAX) {
			s.unused = s.oldest;
			buffer_end(s.oldest);
		}
		r = buffer_begin(set, s.unused, c, pages);
		if (r < 0)
			return r;
		s.match = s.unused;
	}
	s.match->held = true;
	s.match->win = win;
	s.match->used = ++set->clock;
	set->held++;
	*ret_buffer = s.match;
	return 0;
}
