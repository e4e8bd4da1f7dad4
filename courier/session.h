/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's messages do: one function per type, one table of what may come when. */
#ifndef COURIER_SESSION_H
#define COURIER_SESSION_H

#include "proto/msg.h"

struct guest;

/* Takes a message of the guest (a private copy). Returns 0, or -errno after the courier was told to end. */
int session_take(struct guest *g, const struct msg *untrusted_msg);

#endif
