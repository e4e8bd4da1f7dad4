/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/touch.h"

#include <wayland-client.h>

#include "desktop/display.h"
#include "desktop/end.h"
#include "desktop/guest.h"
#include "desktop/menu.h"
#include "desktop/press.h"
#include "desktop/seat.h"
#include "desktop/window.h"

static bool is_known(const struct seat *s)
{
	return s->guest->features & GUI_FEATURE_TOUCH;
}

static struct touch_point *find_point(struct touch *t, int32_t id)
{
	for (int i = 0; i < GUI_TOUCH_POINTS; i++) {
		if (t->points[i].down && t->points[i].id == id)
			return &t->points[i];
	}
	return NULL;
}

static struct touch_point *free_point(struct touch *t)
{
	for (int i = 0; i < GUI_TOUCH_POINTS; i++) {
		if (!t->points[i].down)
			return &t->points[i];
	}
	return NULL;
}

static void send_point(struct seat *s, const struct touch_point *p, uint16_t type, uint32_t serial, uint32_t time)
{
	struct gui_msg m = { .head = { .type = type, .win = p->place.at->window->id, .serial = serial } };

	m.touch.time_ms = time;
	m.touch.id = (uint32_t)(p - s->touch.points);
	if (type != GUI_TOUCH_UP)
		press_in_content(&p->place, &m.touch.x, &m.touch.y);
	guest_send(s->guest, &m);
	s->touch.due = true;
}

static void send_cancel(struct seat *s, uint32_t win)
{
	struct gui_msg m = { .head = { .type = GUI_TOUCH_CANCEL, .win = win } };

	guest_send(s->guest, &m);
}

/* While the menu is open every finger is its own; one beside it closes it. */
static bool menu_takes(struct seat *s, const struct touch_point *p)
{
	if (!menu_is_open(s->menu))
		return false;
	if (press_is_on_menu(&p->place))
		menu_point(s->menu, wl_fixed_to_int(p->place.y));
	else
		menu_close(s->menu);
	return true;
}

static void down(struct seat *s, struct touch_point *p, uint32_t serial, uint32_t time)
{
	struct window *w = p->place.at->window;

	if (p->place.at->kind != SURFACE_CONTENT) {
		if (w->toplevel)
			press_frame(s, &p->place, serial, time);
		return;
	}
	p->told = is_known(s);
	if (!p->told)
		return;
	s->touch.serial = serial;
	seat_note_press(s, w, serial);
	send_point(s, p, GUI_TOUCH_DOWN, serial, time);
}

static void handle_down(void *data, struct wl_touch *wl, uint32_t serial, uint32_t time, struct wl_surface *surface,
	int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *s = data;
	struct touch_point *p = find_point(&s->touch, id);

	if (!p)
		p = free_point(&s->touch);
	if (!p)
		return;
	*p = (struct touch_point){ .down = true, .id = id };
	p->place = (struct press_place){ surface ? wl_surface_get_user_data(surface) : NULL, x, y };
	if (menu_takes(s, p)) {
		if (!press_is_on_menu(&p->place))
			p->place.at = NULL;
	} else if (p->place.at) {
		down(s, p, serial, time);
	}
}

static void handle_up(void *data, struct wl_touch *wl, uint32_t serial, uint32_t time, int32_t id)
{
	struct seat *s = data;
	struct touch_point *p = find_point(&s->touch, id);

	if (!p)
		return;
	p->down = false;
	if (!p->place.at)
		return;
	if (press_is_on_menu(&p->place))
		menu_choose(s->menu, serial);
	else if (p->told)
		send_point(s, p, GUI_TOUCH_UP, serial, time);
	else if (p->place.at->kind != SURFACE_CONTENT && p->place.at->window->toplevel)
		press_end(&p->place);
}

static void handle_motion(void *data, struct wl_touch *wl, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *s = data;
	struct touch_point *p = find_point(&s->touch, id);

	if (!p || !p->place.at)
		return;
	p->place.x = x;
	p->place.y = y;
	if (press_is_on_menu(&p->place))
		menu_point(s->menu, wl_fixed_to_int(y));
	else if (p->told)
		send_point(s, p, GUI_TOUCH_MOTION, 0, time);
}

static void handle_frame(void *data, struct wl_touch *wl)
{
	struct seat *s = data;
	struct gui_msg m = { .head = { .type = GUI_TOUCH_FRAME } };

	if (s->touch.due)
		guest_send(s->guest, &m);
	s->touch.due = false;
}

static void handle_cancel(void *data, struct wl_touch *wl)
{
	struct seat *s = data;
	bool told = false;

	for (int i = 0; i < GUI_TOUCH_POINTS; i++)
		told |= s->touch.points[i].down && s->touch.points[i].told;
	if (told)
		send_cancel(s, 0);
	touch_reset(s);
}

/* How large a finger is, and how it lies: no message tells a guest. */
static void handle_shape(void *data, struct wl_touch *wl, int32_t id, wl_fixed_t major, wl_fixed_t minor)
{
}

static void handle_orientation(void *data, struct wl_touch *wl, int32_t id, wl_fixed_t orientation)
{
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = handle_motion,
	.frame = handle_frame,
	.cancel = handle_cancel,
	.shape = handle_shape,
	.orientation = handle_orientation,
};

void touch_greet(struct seat *s)
{
	struct gui_msg m = { .head = { .type = GUI_TOUCH_DEVICE }, .touch_device = { s->touch.wl != NULL } };

	if (is_known(s))
		guest_send(s->guest, &m);
}

void touch_bind(struct seat *s)
{
	s->touch.wl = wl_seat_get_touch(s->wl);
	if (s->touch.wl)
		wl_touch_add_listener(s->touch.wl, &touch_listener, s);
	touch_greet(s);
}

void touch_unbind(struct seat *s)
{
	handle_cancel(s, s->touch.wl);
	END(s->touch.wl, wl_touch_release);
	touch_greet(s);
}

bool touch_is_in(const struct seat *s, const struct window *w)
{
	for (int i = 0; i < GUI_TOUCH_POINTS; i++) {
		const struct touch_point *p = &s->touch.points[i];

		if (p->down && p->told && p->place.at && p->place.at->window == w)
			return true;
	}
	return false;
}

void touch_forget(struct seat *s, const struct window *w)
{
	if (touch_is_in(s, w))
		send_cancel(s, w->id);
	for (int i = 0; i < GUI_TOUCH_POINTS; i++) {
		if (s->touch.points[i].place.at && s->touch.points[i].place.at->window == w)
			s->touch.points[i].place.at = NULL;
	}
}

void touch_forget_surface(struct seat *s, const struct surface_ref *ref)
{
	for (int i = 0; i < GUI_TOUCH_POINTS; i++) {
		if (s->touch.points[i].place.at == ref)
			s->touch.points[i].place.at = NULL;
	}
}

void touch_reset(struct seat *s)
{
	for (int i = 0; i < GUI_TOUCH_POINTS; i++)
		s->touch.points[i] = (struct touch_point){ 0 };
	s->touch.due = false;
}
