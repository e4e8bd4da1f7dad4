/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM as a square of its colour, with the pattern that its frames have. */
#ifndef CENTER_EMBLEM_H
#define CENTER_EMBLEM_H

#include <cairo.h>
#include <stdint.h>

/* Draws it at @x, @y. */
void emblem_draw(cairo_t *cr, uint32_t rgb, int x, int y, int side);

#endif
