/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A touch screen, for tests: the one way to a finger that no compositor made
 * for people offers to a program.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/screen.h"

#define POINTS 32

static struct wl_list touches; /* of wl_touch, of all clients */
static struct wl_client *of[POINTS]; /* by finger: whose it is */

void touch_init(void)
{
	wl_list_init(&touches);
}

void on_touch(struct wl_resource *r, union wl_argument *args)
{
	struct wl_resource *touch = wl_client_get_object(wl_resource_get_client(r), args[0].n);

	wl_list_insert(&touches, wl_resource_get_link(touch));
}

static uint32_t now_ms(void)
{
	return (uint32_t)(now_ns() / 1000000);
}

static void down(unsigned id, unsigned surface, int x, int y)
{
	struct surface *s = surface_nth(surface);
	struct wl_resource *r;

	if (!s)
		return;
	of[id] = wl_resource_get_client(s->wl);
	wl_resource_for_each(r, &touches)
	{
		if (wl_resource_get_client(r) == of[id])
			wl_touch_send_down(r, ++screen.serial, now_ms(), s->wl, (int32_t)id, wl_fixed_from_int(x),
				wl_fixed_from_int(y));
	}
}

static void move_or_up(unsigned id, const int *to)
{
	struct wl_resource *r;

	wl_resource_for_each(r, &touches)
	{
		if (wl_resource_get_client(r) != of[id])
			continue;
		if (to)
			wl_touch_send_motion(
				r, now_ms(), (int32_t)id, wl_fixed_from_int(to[0]), wl_fixed_from_int(to[1]));
		else
			wl_touch_send_up(r, ++screen.serial, now_ms(), (int32_t)id);
	}
}

bool touch_obey(const char *line)
{
	struct wl_resource *r;
	unsigned id = 0, surface = 0;
	int at[2] = { 0, 0 };

	if (sscanf(line, "touch down %u %u %d %d", &id, &surface, &at[0], &at[1]) == 4 && id < POINTS) {
		down(id, surface, at[0], at[1]);
	} else if (sscanf(line, "touch move %u %d %d", &id, &at[0], &at[1]) == 3 && id < POINTS) {
		move_or_up(id, at);
	} else if (sscanf(line, "touch up %u", &id) == 1 && id < POINTS) {
		move_or_up(id, NULL);
	} else if (!strcmp(line, "touch frame")) {
		wl_resource_for_each(r, &touches) wl_touch_send_frame(r);
	} else if (!strcmp(line, "touch cancel")) {
		wl_resource_for_each(r, &touches) wl_touch_send_cancel(r);
	} else {
		return false;
	}
	return true;
}
