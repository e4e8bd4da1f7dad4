/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/cursor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wlr/types/wlr_cursor_shape_v1.h>
#include <wlr/types/wlr_seat.h>

#include "agent/gui/paint.h"
#include "agent/gui/seat.h"
#include "agent/gui/surface.h"

#define CURSOR_SLOTS 4
#define CURSOR_STRIDE GUI_STRIDE_ALIGN
#define CURSOR_PACE_MS 33
#define CURSOR_PAGES (GUI_CURSOR_MAX * CURSOR_STRIDE / VMOS_PAGE_SIZE)

struct cursor {
	struct server *server;
	struct surface *surface; /* that clients draw the pointer with; NULL: a shape, or none */
	int hot_x, hot_y;
	uint32_t shape, shape_window; /* last sent; window 0: none */
	uint32_t pages[CURSOR_SLOTS];
	bool held[CURSOR_SLOTS];
	struct wl_event_source *pace; /* armed while the pointer's surface waits for a frame callback */
	struct wl_listener request_shape;
};

static void cursor_send_shape(struct cursor *c, uint32_t shape)
{
	struct gui_msg g = { .head.type = GUI_CURSOR_SHAPE, .cursor_shape.shape = shape };
	uint32_t window = seat_pointer_window(c->server->seat);

	if (window == 0 || (c->shape_window == window && c->shape == shape))
		return;
	g.head.win = window;
	c->shape = shape;
	c->shape_window = window;
	server_send(c->server, &g);
}

static void handle_request_shape(struct wl_listener *listener, void *data)
{
	struct cursor *c = wl_container_of(listener, c, request_shape);
	const struct wlr_cursor_shape_manager_v1_request_set_shape_event *event = data;

	if (event->device_type != WLR_CURSOR_SHAPE_MANAGER_V1_DEVICE_TYPE_POINTER ||
		event->seat_client != seat_wlr(c->server->seat)->pointer_state.focused_client)
		return;
	c->surface = NULL;
	cursor_send_shape(c, event->shape);
}

static int handle_pace(void *data)
{
	struct cursor *c = data;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (c->surface)
		wlr_surface_send_frame_done(c->surface->wlr, &now);
	return 0;
}

struct cursor *cursor_create(struct server *server)
{
	struct wlr_cursor_shape_manager_v1 *shapes = wlr_cursor_shape_manager_v1_create(server->display, 1);
	struct cursor *c = calloc(1, sizeof(*c));

	if (!c || !shapes) {
		free(c);
		return NULL;
	}
	c->server = server;
	c->pace = wl_event_loop_add_timer(server->loop, handle_pace, c);
	if (!c->pace) {
		free(c);
		return NULL;
	}
	for (int i = 0; i < CURSOR_SLOTS; i++)
		c->pages[i] = (uint32_t)heap_alloc(&server->heap, CURSOR_PAGES);
	c->request_shape.notify = handle_request_shape;
	wl_signal_add(&shapes->events.request_set_shape, &c->request_shape);
	return c;
}

void cursor_destroy(struct cursor *c)
{
	wl_list_remove(&c->request_shape.link);
	wl_event_source_remove(c->pace);
	free(c);
}

/* A slot that the host does not hold, or -1. */
static int cursor_slot(const struct cursor *c)
{
	for (int i = 0; i < CURSOR_SLOTS; i++) {
		if (!c->held[i])
			return i;
	}
	return -1;
}

static int cursor_clamp(int v, int max)
{
	return v < 0 ? 0 : v > max ? max : v;
}

/* Draws the surface in its own size, 64 × 64 at most; what is larger is cut off. */
static void cursor_paint(struct cursor *c, int slot, const struct gui_cursor_img *img)
{
	const struct wlr_surface *wlr = c->surface->wlr;
	struct paint_target target = { .pixels = heap_at(&c->server->heap, c->pages[slot]),
		.stride = CURSOR_STRIDE,
		.w = img->w,
		.h = img->h,
		.alpha = true };
	struct paint_layer layer = { .w = img->w, .h = img->h };
	pixman_region32_t all;

	layer.src = surface_begin(c->surface);
	layer.direct = layer.src.w == wlr->current.width && layer.src.h == wlr->current.height;
	pixman_transform_init_scale(&layer.transform, pixman_double_to_fixed((double)layer.src.w / wlr->current.width),
		pixman_double_to_fixed((double)layer.src.h / wlr->current.height));
	pixman_region32_init(&layer.opaque);
	pixman_region32_init_rect(&all, 0, 0, img->w, img->h);
	paint_layers(&target, &layer, 1, &all);
	pixman_region32_fini(&all);
	surface_end(c->surface);
}

static void cursor_send_image(struct cursor *c)
{
	const struct wlr_surface *wlr = c->surface->wlr;
	struct gui_msg g = { .head.type = GUI_CURSOR_IMG };
	int slot = cursor_slot(c);

	g.head.win = seat_pointer_window(c->server->seat);
	if (slot < 0 || g.head.win == 0)
		return;
	if (!c->surface->held || wlr->current.width <= 0 || wlr->current.height <= 0) {
		cursor_send_shape(c, 0);
		return;
	}
	g.cursor_img.w = (uint8_t)cursor_clamp(wlr->current.width, GUI_CURSOR_MAX);
	g.cursor_img.h = (uint8_t)cursor_clamp(wlr->current.height, GUI_CURSOR_MAX);
	g.cursor_img.hot_x = (uint8_t)cursor_clamp(c->hot_x, g.cursor_img.w);
	g.cursor_img.hot_y = (uint8_t)cursor_clamp(c->hot_y, g.cursor_img.h);
	g.cursor_img.page = c->pages[slot];
	cursor_paint(c, slot, &g.cursor_img);
	c->held[slot] = true;
	c->shape_window = 0;
	server_send(c->server, &g);
}

void cursor_set_surface(struct cursor *c, struct wlr_surface *wlr, int hot_x, int hot_y)
{
	c->surface = surface_of(wlr);
	c->hot_x = hot_x;
	c->hot_y = hot_y;
	if (c->surface)
		cursor_send_image(c);
	else
		cursor_send_shape(c, 0);
}

void cursor_handle_commit(struct server *server, struct surface *s)
{
	struct cursor *c = server->cursor;

	if (c->surface != s)
		return;
	c->hot_x -= s->wlr->current.dx;
	c->hot_y -= s->wlr->current.dy;
	if (s->wlr->current.committed & (WLR_SURFACE_STATE_BUFFER | WLR_SURFACE_STATE_OFFSET))
		cursor_send_image(c);
	/* the host reports no frames of the pointer: an animated one goes on at a pace of our own */
	if (!wl_list_empty(&s->wlr->current.frame_callback_list))
		wl_event_source_timer_update(c->pace, CURSOR_PACE_MS);
}

void cursor_forget(struct server *server, const struct surface *s)
{
	if (server->cursor->surface == s)
		server->cursor->surface = NULL;
}

bool cursor_release(struct cursor *c, uint32_t page)
{
	for (int i = 0; i < CURSOR_SLOTS; i++) {
		if (c->pages[i] != page)
			continue;
		c->held[i] = false;
		return true;
	}
	return false;
}

void cursor_session_ended(struct cursor *c)
{
	memset(c->held, 0, sizeof(c->held));
	c->shape_window = 0;
}

void cursor_window_gone(struct cursor *c, uint32_t id)
{
	if (c->shape_window == id)
		c->shape_window = 0;
}
