/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/note.h"

#include <stdio.h>

#include "desktop/clock.h"
#include "desktop/window.h"

static void note_hide(struct note *n)
{
	if (n->window)
		n->window->dirty = true;
	n->window = NULL;
}

void note_show(struct note *n, struct window *w, bool bad, const char *text)
{
	note_hide(n);
	if (!w)
		return;
	n->window = w;
	n->bad = bad;
	n->until_ms = clock_ms() + (bad ? NOTE_BAD_MS : NOTE_MS);
	snprintf(n->text, sizeof(n->text), "%s", text);
	w->dirty = true;
}

void note_forget(struct note *n, const struct window *w)
{
	if (n->window == w)
		n->window = NULL;
}

int note_tick(struct note *n)
{
	uint64_t now = clock_ms();

	if (!n->window)
		return -1;
	if (now < n->until_ms)
		return (int)(n->until_ms - now);
	note_hide(n);
	return 0;
}
