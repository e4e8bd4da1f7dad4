/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of a prompt: the host's own bar, and below it sender and receiver on the colours of their frames. */
#ifndef CENTER_BAND_H
#define CENTER_BAND_H

#include <gtk/gtk.h>

#include "center/question.h"

/* A widget that shows @q, which is borrowed and must outlive it. */
GtkWidget *band_new(const struct question *q);

#endif
