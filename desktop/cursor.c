/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <wayland-client.h>
#include <wayland-cursor.h>

#include "desktop/display.h"
#include "desktop/end.h"

#define CURSOR_SIZE 24 /* logical, where the environment names none */
#define CURSOR_SIZE_MAX 96

/* Shapes by cursor-shape-v1's numbers: the CSS name that themes use now, and the X11 name that old ones have. */
static const struct {
	const char *css, *x11;
} names[GUI_CURSOR_SHAPE_MAX + 1] = {
	[1] = { "default", "left_ptr" },
	[2] = { "context-menu", "left_ptr" },
	[3] = { "help", "question_arrow" },
	[4] = { "pointer", "hand2" },
	[5] = { "progress", "left_ptr_watch" },
	[6] = { "wait", "watch" },
	[7] = { "cell", "plus" },
	[8] = { "crosshair", "cross" },
	[9] = { "text", "xterm" },
	[10] = { "vertical-text", "xterm" },
	[11] = { "alias", "dnd-link" },
	[12] = { "copy", "dnd-copy" },
	[13] = { "move", "fleur" },
	[14] = { "no-drop", "dnd-none" },
	[15] = { "not-allowed", "crossed_circle" },
	[16] = { "grab", "hand1" },
	[17] = { "grabbing", "fleur" },
	[18] = { "e-resize", "right_side" },
	[19] = { "n-resize", "top_side" },
	[20] = { "ne-resize", "top_right_corner" },
	[21] = { "nw-resize", "top_left_corner" },
	[22] = { "s-resize", "bottom_side" },
	[23] = { "se-resize", "bottom_right_corner" },
	[24] = { "sw-resize", "bottom_left_corner" },
	[25] = { "w-resize", "left_side" },
	[26] = { "ew-resize", "sb_h_double_arrow" },
	[27] = { "ns-resize", "sb_v_double_arrow" },
	[28] = { "nesw-resize", "fd_double_arrow" },
	[29] = { "nwse-resize", "bd_double_arrow" },
	[30] = { "col-resize", "sb_h_double_arrow" },
	[31] = { "row-resize", "sb_v_double_arrow" },
	[32] = { "all-scroll", "fleur" },
	[33] = { "zoom-in", "left_ptr" },
	[34] = { "zoom-out", "left_ptr" },
};

static int wanted_size(void)
{
	const char *env = getenv("XCURSOR_SIZE");
	long v = env ? strtol(env, NULL, 10) : 0;

	return v >= 8 && v <= CURSOR_SIZE_MAX ? (int)v : CURSOR_SIZE;
}

int cursor_init(struct cursor *c, struct display *d)
{
	c->guest_shape = GUI_CURSOR_DEFAULT;
	c->scale = display_scale120(d) > 120 ? 2 : 1;
	c->surface = wl_compositor_create_surface(d->compositor);
	if (!c->surface)
		return -ENOMEM;
	c->theme = wl_cursor_theme_load(getenv("XCURSOR_THEME"), wanted_size() * c->scale, d->shm);
	if (!c->theme)
		return 0;
	for (int i = 1; i <= GUI_CURSOR_SHAPE_MAX; i++) {
		c->shape[i] = wl_cursor_theme_get_cursor(c->theme, names[i].css);
		if (!c->shape[i])
			c->shape[i] = wl_cursor_theme_get_cursor(c->theme, names[i].x11);
	}
	return 0;
}

void cursor_finish(struct cursor *c)
{
	END(c->theme, wl_cursor_theme_destroy);
	END(c->surface, wl_surface_destroy);
}

void cursor_show(struct cursor *c, struct wl_buffer *b, int scale)
{
	wl_surface_set_buffer_scale(c->surface, scale);
	wl_surface_attach(c->surface, b, 0, 0);
	wl_surface_damage_buffer(c->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(c->surface);
}

/* A theme's image whose size is no multiple of the scale is shown as it is: compositors refuse the other. */
bool cursor_show_shape(struct cursor *c, uint32_t shape, int *ret_hot_x, int *ret_hot_y)
{
	struct wl_cursor *cursor = c->shape[shape] ? c->shape[shape] : c->shape[GUI_CURSOR_DEFAULT];
	struct wl_cursor_image *image;
	struct wl_buffer *b;
	uint32_t scale = (uint32_t)c->scale;

	if (!cursor || cursor->image_count == 0)
		return false;
	image = cursor->images[0];
	b = wl_cursor_image_get_buffer(image);
	if (!b)
		return false;
	if (image->width % scale || image->height % scale)
		scale = 1;
	*ret_hot_x = (int)(image->hotspot_x / scale);
	*ret_hot_y = (int)(image->hotspot_y / scale);
	cursor_show(c, b, (int)scale);
	return true;
}

uint32_t cursor_for_edges(uint32_t edges)
{
	static const uint8_t shapes[16] = {
		[GUI_EDGE_TOP] = 19,
		[GUI_EDGE_BOTTOM] = 22,
		[GUI_EDGE_LEFT] = 25,
		[GUI_EDGE_RIGHT] = 18,
		[GUI_EDGE_TOP | GUI_EDGE_LEFT] = 21,
		[GUI_EDGE_TOP | GUI_EDGE_RIGHT] = 20,
		[GUI_EDGE_BOTTOM | GUI_EDGE_LEFT] = 24,
		[GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT] = 23,
	};

	return shapes[edges & 15] ? shapes[edges & 15] : GUI_CURSOR_DEFAULT;
}
