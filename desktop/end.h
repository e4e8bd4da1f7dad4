/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DESKTOP_END_H
#define DESKTOP_END_H

#include <stddef.h>

/* Ends what @pointer has, if anything, by @destroy, and forgets it. */
#define END(pointer, destroy)             \
	do {                              \
		if (pointer)              \
			destroy(pointer); \
		(pointer) = NULL;         \
	} while (0)

#endif
