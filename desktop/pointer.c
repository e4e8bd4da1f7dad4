/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pointer: over a frame the host acts on it, over content the guest gets it. */
#include <linux/input-event-codes.h>
#include <wayland-client.h>

#include "desktop/bounded.h"
#include "desktop/display.h"
#include "desktop/end.h"
#include "desktop/guest.h"
#include "desktop/menu.h"
#include "desktop/press.h"
#include "desktop/seat.h"
#include "desktop/window.h"

#define REACH (32000 * 256) /* 24.8: what is scrolled in a frame beyond is cut */

static bool over_content(const struct seat *s)
{
	return s->place.at && s->place.at->kind == SURFACE_CONTENT;
}

void pointer_show_cursor(struct seat *s)
{
	uint32_t shape = GUI_CURSOR_DEFAULT, edges;
	int hot_x, hot_y;

	if (!s->pointer || !s->place.at)
		return;
	if (over_content(s) && s->guest_hides) {
		wl_pointer_set_cursor(s->pointer, s->enter_serial, NULL, 0, 0);
		return;
	}
	if (over_content(s))
		shape = s->cursor.guest_shape;
	else if (!press_is_on_menu(&s->place) && press_part(&s->place, &edges) == FRAME_EDGE)
		shape = cursor_for_edges(edges);
	if (cursor_show_shape(&s->cursor, shape, &hot_x, &hot_y))
		wl_pointer_set_cursor(s->pointer, s->enter_serial, s->cursor.surface, hot_x, hot_y);
}

/* Marks the button below the pointer, and no other. */
static void set_hover(struct window *w, enum frame_part part)
{
	if (part != FRAME_CLOSE && part != FRAME_MAXIMISE && part != FRAME_MINIMISE)
		part = FRAME_CONTENT;
	if (w->hover == part)
		return;
	w->hover = part;
	w->dirty = true;
}

static void send_position(struct seat *s, uint16_t type, uint32_t serial, uint32_t time)
{
	struct gui_msg m = { .head = { .type = type, .win = s->place.at->window->id, .serial = serial } };

	m.ptr.time_ms = time;
	press_in_content(&s->place, &m.ptr.x, &m.ptr.y);
	guest_send(s->guest, &m);
}

void pointer_enter(struct seat *s, struct wl_surface *surface, uint32_t serial, wl_fixed_t x, wl_fixed_t y)
{
	uint32_t edges;

	s->place = (struct press_place){ surface ? wl_surface_get_user_data(surface) : NULL, x, y };
	s->buttons = 0;
	s->in_content = over_content(s);
	if (!s->place.at)
		return;
	if (press_is_on_menu(&s->place))
		menu_point(s->menu, wl_fixed_to_int(y));
	else if (s->in_content)
		send_position(s, GUI_PTR_ENTER, serial, 0);
	else
		set_hover(s->place.at->window, press_part(&s->place, &edges));
}

static void handle_enter(
	void *data, struct wl_pointer *p, uint32_t serial, struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *s = data;

	drag_is_over(s);
	s->enter_serial = serial;
	pointer_enter(s, surface, serial, x, y);
	pointer_show_cursor(s);
}

void pointer_leave(struct seat *s)
{
	if (press_is_on_menu(&s->place)) {
		menu_point(s->menu, -1);
	} else if (s->place.at) {
		set_hover(s->place.at->window, FRAME_CONTENT);
		if (s->in_content)
			window_send(s->place.at->window, GUI_PTR_LEAVE);
	}
	s->place.at = NULL;
	s->in_content = false;
	s->buttons = 0;
}

/* A drag may have said by itself already where the pointer has gone. */
static void handle_leave(void *data, struct wl_pointer *p, uint32_t serial, struct wl_surface *surface)
{
	struct seat *s = data;

	if (!s->drag.inside)
		pointer_leave(s);
}

void pointer_motion(struct seat *s, uint32_t time, wl_fixed_t x, wl_fixed_t y)
{
	uint32_t was = 0, is = 0;
	enum frame_part part;

	if (!s->place.at)
		return;
	if (press_is_on_menu(&s->place)) {
		menu_point(s->menu, wl_fixed_to_int(y));
		return;
	}
	if (s->in_content) {
		s->place.x = x;
		s->place.y = y;
		send_position(s, GUI_PTR_MOTION, 0, time);
		return;
	}
	press_part(&s->place, &was);
	s->place.x = x;
	s->place.y = y;
	part = press_part(&s->place, &is);
	set_hover(s->place.at->window, part);
	if (was != is)
		pointer_show_cursor(s);
}

static void handle_motion(void *data, struct wl_pointer *p, uint32_t time, wl_fixed_t x, wl_fixed_t y)
{
	pointer_motion(data, time, x, y);
}

/* While the menu is open every press is its own; one beside it closes it. */
static bool menu_takes_button(struct seat *s, uint32_t serial, const struct gui_button *b)
{
	if (!b->pressed && s->hidden_button == b->button) {
		s->hidden_button = 0;
		return true;
	}
	if (!menu_is_open(s->menu))
		return false;
	if (press_is_on_menu(&s->place) && !b->pressed) {
		menu_choose(s->menu, serial);
	} else if (!press_is_on_menu(&s->place) && b->pressed) {
		menu_close(s->menu);
		s->hidden_button = b->button;
	}
	return true;
}

static void button_in_content(struct seat *s, uint32_t serial, const struct gui_button *b)
{
	struct gui_msg m = { .head = { .type = GUI_PTR_BUTTON, .win = s->place.at->window->id, .serial = serial } };

	if (b->pressed) {
		s->buttons++;
		s->button = b->button;
		s->button_serial = serial;
		seat_note_press(s, s->place.at->window, serial);
	} else if (s->buttons > 0) {
		s->buttons--;
	}
	m.button = *b;
	guest_send(s->guest, &m);
}

static void handle_button(
	void *data, struct wl_pointer *p, uint32_t serial, uint32_t time, uint32_t button, uint32_t state)
{
	struct seat *s = data;
	bool pressed = state == WL_POINTER_BUTTON_STATE_PRESSED;
	struct gui_button b = { time, button, pressed };

	if (menu_takes_button(s, serial, &b) || !s->place.at)
		return;
	if (s->in_content)
		button_in_content(s, serial, &b);
	else if (!s->place.at->window->toplevel)
		return;
	else if (button == BTN_LEFT && pressed)
		press_frame(s, &s->place, serial, time);
	else if (button == BTN_LEFT)
		press_end(&s->place);
	else if (button == BTN_RIGHT && pressed && s->place.at->kind == SURFACE_ROOT)
		menu_open(s->menu, s->place.at->window, serial, wl_fixed_to_int(s->place.x));
}

static void flush_axis(struct seat *s, int which)
{
	struct seat_axis *a = &s->axis[which];
	struct gui_msg m = { .head = { .type = GUI_PTR_AXIS } };

	if (a->any && s->in_content) {
		m.head.win = s->place.at->window->id;
		m.axis = (struct gui_axis){
			.time_ms = a->time,
			.horizontal = which == WL_POINTER_AXIS_HORIZONTAL_SCROLL,
			.source = (uint8_t)s->axis_source,
			.value = a->value,
			.value120 = a->value120,
			.stop = a->stop,
		};
		guest_send(s->guest, &m);
	}
	*a = (struct seat_axis){ 0 };
}

static void handle_frame(void *data, struct wl_pointer *p)
{
	struct seat *s = data;

	flush_axis(s, WL_POINTER_AXIS_VERTICAL_SCROLL);
	flush_axis(s, WL_POINTER_AXIS_HORIZONTAL_SCROLL);
	s->axis_source = 0;
}

static void handle_axis(void *data, struct wl_pointer *p, uint32_t time, uint32_t axis, wl_fixed_t value)
{
	struct seat *s = data;

	if (axis > WL_POINTER_AXIS_HORIZONTAL_SCROLL)
		return;
	s->axis[axis].time = time;
	s->axis[axis].value = bounded((int64_t)s->axis[axis].value + value, -REACH, REACH);
	s->axis[axis].any = true;
}

static void handle_axis_source(void *data, struct wl_pointer *p, uint32_t source)
{
	struct seat *s = data;

	s->axis_source = source <= WL_POINTER_AXIS_SOURCE_WHEEL_TILT ? source : 0;
}

static void handle_axis_stop(void *data, struct wl_pointer *p, uint32_t time, uint32_t axis)
{
	struct seat *s = data;

	if (axis > WL_POINTER_AXIS_HORIZONTAL_SCROLL)
		return;
	s->axis[axis].time = time;
	s->axis[axis].stop = true;
	s->axis[axis].any = true;
}

static void handle_axis_discrete(void *data, struct wl_pointer *p, uint32_t axis, int32_t steps)
{
	struct seat *s = data;

	if (axis <= WL_POINTER_AXIS_HORIZONTAL_SCROLL)
		s->axis[axis].value120 = bounded((int64_t)s->axis[axis].value120 + (int64_t)steps * 120, -REACH, REACH);
}

static void handle_axis_value120(void *data, struct wl_pointer *p, uint32_t axis, int32_t value120)
{
	struct seat *s = data;

	if (axis <= WL_POINTER_AXIS_HORIZONTAL_SCROLL)
		s->axis[axis].value120 = bounded((int64_t)s->axis[axis].value120 + value120, -REACH, REACH);
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.frame = handle_frame,
	.axis_source = handle_axis_source,
	.axis_stop = handle_axis_stop,
	.axis_discrete = handle_axis_discrete,
	.axis_value120 = handle_axis_value120,
};

void pointer_bind(struct seat *s)
{
	s->pointer = wl_seat_get_pointer(s->wl);
	if (s->pointer)
		wl_pointer_add_listener(s->pointer, &pointer_listener, s);
}

void pointer_unbind(struct seat *s)
{
	pointer_leave(s);
	END(s->pointer, wl_pointer_release);
}
