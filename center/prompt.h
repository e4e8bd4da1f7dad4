/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window that asks one question. It answers once: yes or no, where a yes
 * may last "once", "session" or "always", or by being
 * destroyed with prompt_destroy(), which answers nothing.
 */
#ifndef CENTER_PROMPT_H
#define CENTER_PROMPT_H

#include <gtk/gtk.h>

#include "center/question.h"

struct prompt;

/* @verdict: as org.vmos.Agent1 has it. @object: who was chosen, or the question's own. The prompt is gone after it. */
typedef void (*prompt_fn)(const char *verdict, const char *object, void *userdata);

/* @q is borrowed until the answer. @deadline: usec of g_get_monotonic_time(). */
struct prompt *prompt_new(GtkApplication *app, struct question *q, gint64 deadline, prompt_fn answer, void *userdata);
void prompt_destroy(struct prompt *p);
/* How many more questions wait behind this one. */
void prompt_set_waiting(struct prompt *p, unsigned n);

#endif
