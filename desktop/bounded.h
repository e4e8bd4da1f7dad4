/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DESKTOP_BOUNDED_H
#define DESKTOP_BOUNDED_H

#include <stdint.h>

/* @v, but not below @low nor above @high; @low counts where they contradict each other. */
static inline int bounded(int64_t v, int low, int high)
{
	if (v > high)
		v = high;
	return v < low ? low : (int)v;
}

#endif
