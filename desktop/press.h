/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What buttons and fingers have in common: where on a window they are, and what they do to its frame. */
#ifndef DESKTOP_PRESS_H
#define DESKTOP_PRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "desktop/frame.h"

struct seat;
struct surface_ref;
struct window;

/* A place on a surface of ours, 24.8. */
struct press_place {
	struct surface_ref *at; /* may be NULL: it is on none */
	int x, y;
};

bool press_is_on_menu(const struct press_place *p);

/* On which part of its window's frame it is; a popup has none but its border. @ret_edges as frame_hit(). */
enum frame_part press_part(const struct press_place *p, uint32_t *ret_edges);
/* The place in the content as the guest knows it, 24.8, within what a message may say. */
void press_in_content(const struct press_place *p, int32_t *ret_x, int32_t *ret_y);
/* A press of the left button, or a finger, on the frame. Buttons of the frame act on the release. */
void press_frame(struct seat *s, const struct press_place *p, uint32_t serial, uint32_t time);
void press_end(const struct press_place *p);

#endif
