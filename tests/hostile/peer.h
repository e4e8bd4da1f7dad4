/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's end of a stand's channel, for guests that only say and hear messages. */
#ifndef TESTS_HOSTILE_PEER_H
#define TESTS_HOSTILE_PEER_H

#include "proto/channel.h"
#include "proto/gui.h"
#include "tests/hostile/stand.h"

/* Waits for the program to be up, joins its session and says HELLO with @features. Exits with a message if it cannot. */
void peer_begin(struct stand *s, struct channel *ch, uint32_t features);
/* Exits with a message where @m is no message; waits while the ring is full. */
void peer_send(struct stand *s, struct channel *ch, const struct gui_msg *m);
/* Takes all messages there are, and the stand's reports. */
void peer_take(struct stand *s, struct channel *ch, void (*take)(const struct gui_msg *m, void *data), void *data);

#endif
