/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that wait for the user: one packet of each is held, for 60 s, at most TAP_WAITING_MAX of a link. */
#ifndef TAP_ASK_H
#define TAP_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "tap/tap.h"

struct ask_frame {
	const uint8_t *data;
	uint32_t len;
};

bool ask_is_held(const struct link *l, const struct flow_key *key);
/* Holds @frame and asks. False: nobody can be asked, or too many wait. */
bool ask_hold(struct tap *t, struct link *l, const struct flow_key *key, uint32_t line, struct ask_frame frame);
/* The user's answer: the packet goes on, or is refused. */
void ask_answer(struct tap *t, const struct tap_answer *answer);
/* Under a new list some need not wait any longer. */
void ask_decide_anew(struct tap *t, struct link *l);
void ask_expire(struct tap *t, struct link *l);
/* Drops all that wait. */
void ask_drop(struct tap *t, struct link *l);
/* Nobody is there any more who was to be told of them. */
void ask_forget(struct link *l);
/* Says what vmosd does not know yet: 0, or -EAGAIN when its socket is full. */
int ask_tell(struct tap *t, struct link *l);
/* How many are held. */
uint32_t ask_count(const struct link *l);

#endif
