/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a notification's body, which by its specification may hold some markup. */
#ifndef AGENT_NOTIFY_MARKUP_H
#define AGENT_NOTIFY_MARKUP_H

#include <stddef.h>

/*
 * Copies @text as one line: without the tags that the specification knows (b,
 * i, u, a, img) and br, its five entities as the characters they stand for, line
 * breaks and tabs as blanks. Other tags stay: they may be the text. Cut at a
 * whole character, and safe to show.
 */
void markup_strip(const char *text, char *dst, size_t cap);

/* The same of what has no markup. */
void markup_keep(const char *text, char *dst, size_t cap);

#endif
