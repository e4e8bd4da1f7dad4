/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the host what the user can start, when it has asked for that, and again
 * when the folders of .desktop files change. vmos-apps makes the list, as the
 * user; only whole, checked lists go out.
 */
#ifndef AGENT_CTL_APPS_H
#define AGENT_CTL_APPS_H

#include <stdbool.h>

#include "agent/ctl/agent.h"

/* Whether this guest has a program that makes lists: a NET VM has none. */
bool apps_are_known(void);
/* The host wants to hear of them in this session. */
void apps_wanted(struct agent *a);
/* There is room in the channel. */
void apps_push(void);
void apps_end_session(void);

#endif
