/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a key or a click may count: once the window has been seen and has had
 * the focus for half a second without a break. What was pressed before, and is
 * still held, never counts. No window and no clock in here; times are
 * microseconds of one that never steps.
 */
#ifndef CENTER_GUARD_H
#define CENTER_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define GUARD_USEC 500000
#define GUARD_CODES 1024
#define GUARD_BUTTON 800 /* codes of mouse buttons begin there, above all keys' */
#define GUARD_TOUCH (GUARD_CODES - 1)

struct guard {
	uint64_t since; /* when it began to be seen and focused; 0: it is not */
	uint8_t held[GUARD_CODES / 8]; /* what was pressed too early */
};

/* Tells whether the window is now seen and focused. */
void guard_set(struct guard *g, bool attended, uint64_t now);
bool guard_is_open(const struct guard *g, uint64_t now);
/* Until guard_is_open(), if nothing changes; 0: it is open; UINT64_MAX: it is not attended. */
uint64_t guard_left(const struct guard *g, uint64_t now);

/* Whether this press, or this release of a press, counts. A repeated press is a press. */
bool guard_press(struct guard *g, unsigned code, uint64_t now);
bool guard_release(struct guard *g, unsigned code, uint64_t now);

#endif
