/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key presses that are the host's, found by the compositor's keymap:
 * Ctrl+Shift with C, V or Escape, wherever these are.
 */
#ifndef DESKTOP_GESTURE_H
#define DESKTOP_GESTURE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/gui.h"

enum gesture { GESTURE_NONE, GESTURE_COPY, GESTURE_PASTE, GESTURE_LEAVE };

struct xkb_context;
struct xkb_keymap;
struct xkb_state;

struct gestures {
	struct xkb_context *context; /* may be NULL: memory was out, there are none */
	struct xkb_keymap *keymap; /* may be NULL */
	struct xkb_state *state; /* may be NULL */
};

void gestures_init(struct gestures *g);
void gestures_finish(struct gestures *g);
/* The compositor's keymap, xkb text v1. One that libxkbcommon refuses has no gestures. */
void gestures_keymap(struct gestures *g, const char *text, size_t len);
void gestures_mods(struct gestures *g, const struct gui_mods *mods);
/* What the press of @key (evdev code) is. Without a keymap Escape alone leaves: there must always be a way out. */
enum gesture gestures_key(const struct gestures *g, uint32_t key);

#endif
