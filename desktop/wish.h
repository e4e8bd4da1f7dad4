/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's window wishes that is not about the window itself: that the
 * screen stays on, and that the user looks at it. The first counts only while
 * the user has the window in front, the second only while not, and never is the
 * focus taken for it: the compositor marks the window as one that wants attention.
 */
#ifndef DESKTOP_WISH_H
#define DESKTOP_WISH_H

#include <stdbool.h>
#include <stdint.h>

#define WISH_ATTENTION_MS 1000 /* between two that are passed on */

struct window;
struct xdg_activation_token_v1;
struct zwp_idle_inhibitor_v1;

/* Of one window. */
struct wish {
	bool awake; /* the guest's last word */
	struct zwp_idle_inhibitor_v1 *inhibitor; /* NULL: the screen may go off */
	struct xdg_activation_token_v1 *token; /* on its way, or NULL */
	uint64_t attention_ms; /* when it was last passed on; 0: never */
};

void wish_awake(struct window *w, bool on);
void wish_attention(struct window *w);
/* The window's states or stage may have changed. */
void wish_follow(struct window *w);
/* Before the window's surface ends. */
void wish_end(struct window *w);

#endif
