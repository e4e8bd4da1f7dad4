/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short line of the host's on a window's bar, in place of the title. There is one at a time, for a moment. */
#ifndef DESKTOP_NOTE_H
#define DESKTOP_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/helper.h"

#define NOTE_MS 2000
#define NOTE_BAD_MS 4000 /* why something was refused takes longer to read */

struct window;

struct note {
	struct window *window; /* NULL: there is none */
	bool bad; /* it is a refusal */
	char text[HELPER_TEXT_MAX];
	uint64_t until_ms;
};

/* Shows @text (sanitised) on @w (may be NULL: nowhere) instead of what was shown. */
void note_show(struct note *n, struct window *w, bool bad, const char *text);
/* @w ends. */
void note_forget(struct note *n, const struct window *w);
/* Takes one that has been shown long enough away. The ms until it is to be called again: 0 after it did something, -1: never. */
int note_tick(struct note *n);

#endif
