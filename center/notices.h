/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What passed between VMs, or was refused, under rules that say notify: a window with the last of it. */
#ifndef CENTER_NOTICES_H
#define CENTER_NOTICES_H

#include <gtk/gtk.h>

#include "center/question.h"

#define NOTICES_MAX 100

/* Keeps @q, of which it makes a copy, and tells the desktop, if that shows notifications. */
void notices_add(GtkApplication *app, const struct question *q);
/* Shows the window. */
void notices_present(GtkApplication *app);

#endif
