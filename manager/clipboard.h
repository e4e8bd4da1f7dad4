/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one VM has copied and another may paste: bytes that are kept and never
 * looked at. There is one clipboard; it is wiped by the first paste, after
 * CLIPBOARD_SECONDS, by the next copy, and when its VM is deleted. No VM is
 * told of any of these. Times are monotonic usec and the caller's.
 */
#ifndef MANAGER_CLIPBOARD_H
#define MANAGER_CLIPBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/helper.h"

#define CLIPBOARD_SECONDS 60
#define CLIPBOARD_RATE 2 /* copies, and pastes, of one VM … */
#define CLIPBOARD_PERIOD 1000000ull /* … in so many usec: a hand is slower */

struct clipboard {
	char source[VM_NAME_MAX + 1];
	uint32_t mime; /* enum helper_mime */
	uint8_t *bytes; /* owned; NULL: it is empty */
	size_t len;
	uint64_t until; /* when it is wiped */
	uint64_t serial; /* of the copy: a decision that took its time is on this one or none */
};

/* When the last ones were, the oldest first. */
struct clipboard_rate {
	uint64_t last[CLIPBOARD_RATE];
};

/* Whether one more is within the rate; counts it. */
bool clipboard_rate_allows(struct clipboard_rate *rate, uint64_t now);

/* Keeps a copy of what @fd holds (a sealed memfd of clip->len bytes, borrowed) instead of what was there. -EBADFD: it is no such thing. */
int clipboard_take(struct clipboard *c, const char *source, const struct helper_clip *clip, int fd, uint64_t now);
/* Wipes what is too old. Whether there is something to paste. */
bool clipboard_is_full(struct clipboard *c, uint64_t now);
/* A sealed memfd with the bytes, the caller's; what is here is wiped. -errno: as before. */
int clipboard_give(struct clipboard *c, struct helper_clip *ret_clip);
void clipboard_wipe(struct clipboard *c);
/* The VM is deleted or has a new self: nothing that it copied stays. */
void clipboard_forget(struct clipboard *c, const char *source);

#endif
