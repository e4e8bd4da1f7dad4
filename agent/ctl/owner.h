/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which program of the guest has a local port. */
#ifndef AGENT_CTL_OWNER_H
#define AGENT_CTL_OWNER_H

#include <stdint.h>

#include "proto/ctl.h"

/*
 * Looks up a socket of @proto (see ctl_owner_ok()) with this local port, or
 * identifier of a ping, that is not of the loopback device's, and a process
 * that has it open. Writes the name of its program's file, or of the process
 * where that cannot be read, as printable ASCII with zeros behind; "" where
 * nobody is found. It reads what proc(5) says of all processes, so it is for
 * questions to a user, not for each flow.
 */
void owner_find(uint8_t proto, uint16_t port, char name[CTL_OWNER_NAME]);

#endif
