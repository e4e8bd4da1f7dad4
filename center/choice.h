/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drop-down of the VMs that a question leaves open, each with its colour. Nothing is chosen at first. */
#ifndef CENTER_CHOICE_H
#define CENTER_CHOICE_H

#include <gtk/gtk.h>

#include "center/question.h"

/* @q is borrowed and must outlive it. notify::selected tells of a choice. */
GtkWidget *choice_new(const struct question *q);
/* Who is chosen; NULL: nobody. */
const struct party *choice_get(GtkWidget *choice, const struct question *q);

#endif
