/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/seat.h"

#include <stdlib.h>
#include <wayland-client.h>

#include "desktop/buffer.h"
#include "desktop/clock.h"
#include "desktop/display.h"
#include "desktop/guest.h"
#include "desktop/window.h"
#include "xdg-shell-client-protocol.h"

#define FRESH_MS 5000 /* how long a press may open a popup with a grab: a slow guest's menu comes late */

static void handle_capabilities(void *data, struct wl_seat *wl, uint32_t caps)
{
	struct seat *s = data;

	if ((caps & WL_SEAT_CAPABILITY_KEYBOARD) && !s->keyboard)
		keyboard_bind(s);
	else if (!(caps & WL_SEAT_CAPABILITY_KEYBOARD) && s->keyboard)
		keyboard_unbind(s);
	if ((caps & WL_SEAT_CAPABILITY_POINTER) && !s->pointer)
		pointer_bind(s);
	else if (!(caps & WL_SEAT_CAPABILITY_POINTER) && s->pointer)
		pointer_unbind(s);
	if ((caps & WL_SEAT_CAPABILITY_TOUCH) && !s->touch.wl)
		touch_bind(s);
	else if (!(caps & WL_SEAT_CAPABILITY_TOUCH) && s->touch.wl)
		touch_unbind(s);
}

static void handle_name(void *data, struct wl_seat *wl, const char *name)
{
}

static const struct wl_seat_listener seat_listener = { .capabilities = handle_capabilities, .name = handle_name };

int seat_init(struct seat *s)
{
	int r = cursor_init(&s->cursor, s->display);

	if (r < 0)
		return r;
	gestures_init(&s->gestures);
	s->wl = s->display->seat;
	if (s->wl)
		wl_seat_add_listener(s->wl, &seat_listener, s);
	drag_init(s);
	return 0;
}

void seat_finish(struct seat *s)
{
	drag_finish(s);
	cursor_finish(&s->cursor);
	gestures_finish(&s->gestures);
	free(s->keymap);
	s->keymap = NULL;
}

void seat_greet(struct seat *s)
{
	struct gui_msg m = { .head = { .type = GUI_REPEAT }, .repeat = s->repeat };

	keyboard_send_keymap(s);
	if (s->keyboard)
		guest_send(s->guest, &m);
	touch_greet(s);
}

void seat_settle(struct seat *s)
{
	struct gui_msg m = { .head = { .type = GUI_KB_LEAVE } };

	if (!s->kb_left)
		return;
	s->kb_left = false;
	s->fresh_serial = 0; /* what the user types now is for another window: no popup may take the keyboard */
	m.head.win = s->kb_focus ? s->kb_focus->id : 0;
	if (s->kb_focus)
		guest_send(s->guest, &m);
	s->kb_focus = NULL;
}

void seat_forget(struct seat *s, struct window *w)
{
	if (s->kb_focus == w && !w->popup) {
		s->kb_focus = NULL;
		s->kb_left = false;
	}
	if (s->place.at && s->place.at->window == w) {
		s->place.at = NULL;
		s->in_content = false;
		s->buttons = 0;
	}
	touch_forget(s, w);
}

void seat_forget_surface(struct seat *s, const struct surface_ref *ref)
{
	if (s->place.at == ref)
		s->place.at = NULL;
	touch_forget_surface(s, ref);
}

void seat_reset(struct seat *s)
{
	s->kb_focus = NULL;
	s->kb_left = false;
	s->in_content = false;
	s->buttons = 0;
	drag_reset(s);
	s->guest_hides = false;
	s->cursor.guest_shape = GUI_CURSOR_DEFAULT;
	touch_reset(s);
}

void seat_note_press(struct seat *s, struct window *w, uint32_t serial)
{
	w->barred = false;
	s->fresh_serial = serial;
	s->fresh_ms = clock_ms();
}

uint32_t seat_take_serial(struct seat *s)
{
	uint32_t serial = s->fresh_serial;

	s->fresh_serial = 0;
	if (s->keyboard && (!s->kb_focus || s->kb_left))
		return 0;
	return serial && clock_ms() - s->fresh_ms <= FRESH_MS ? serial : 0;
}

bool seat_is_pressed_in(const struct seat *s, const struct window *w)
{
	return s->buttons && s->place.at && s->place.at->window == w && w->toplevel;
}

/* The serial of the button or finger that is down in @w, 0: none is. */
static uint32_t pressed_in(const struct seat *s, const struct window *w)
{
	if (!w->toplevel)
		return 0;
	if (seat_is_pressed_in(s, w))
		return s->button_serial;
	return touch_is_in(s, w) ? s->touch.serial : 0;
}

void seat_move(struct seat *s, struct window *w)
{
	uint32_t serial = pressed_in(s, w);

	if (serial)
		xdg_toplevel_move(w->toplevel, s->wl, serial);
}

void seat_resize(struct seat *s, struct window *w, uint32_t edges)
{
	uint32_t serial = pressed_in(s, w);

	/* Our edge bits are xdg_toplevel's, and the decoder has seen that they are one of its values. */
	if (edges && serial)
		xdg_toplevel_resize(w->toplevel, s->wl, serial, edges);
}

void seat_cursor_shape(struct seat *s, uint32_t shape)
{
	s->guest_hides = shape == 0;
	s->cursor.guest_shape = shape ? shape : GUI_CURSOR_DEFAULT;
	if (s->in_content)
		pointer_show_cursor(s);
}

int seat_cursor_image(struct seat *s, uint32_t win, const struct gui_cursor_img *img)
{
	const struct gui_commit slot = {
		.page = img->page,
		.w = img->w,
		.h = img->h,
		.stride = GUI_STRIDE_ALIGN,
		.fmt = GUI_FMT_ARGB,
	};
	struct buffer *b;
	int r = buffers_take(s->windows->buffers, &slot, win, &b);

	if (r < 0)
		return r;
	if (!s->in_content || !s->pointer) {
		buffer_give_back(b);
		return 0;
	}
	s->guest_hides = false;
	cursor_show(&s->cursor, b->wl, 1);
	wl_pointer_set_cursor(s->pointer, s->enter_serial, s->cursor.surface, img->hot_x, img->hot_y);
	return 0;
}
