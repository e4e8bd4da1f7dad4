/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications of the user's programs on their way from vmos-notify to the
 * host. One that the host has no room for waits in the socket, so that whoever
 * shows them too fast fills that, and nothing else.
 */
#ifndef AGENT_CTL_NOTIFY_H
#define AGENT_CTL_NOTIFY_H

#include "agent/ctl/agent.h"

/* Listens at @path, for users 0 and 1000. -errno; the agent lives on without. */
int notify_open(struct agent *a, const char *path);
/* The host wants to hear of them. */
void notify_wanted(void);
/* There is room in the channel. */
void notify_push(void);
/* The session is over. */
void notify_end_session(void);
/* The host's word on one. */
void notify_ended(const struct ctl_notified *m);

#endif
