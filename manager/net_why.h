/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule or line decides whether a VM may reach something, in one sentence with cause and remedy. */
#ifndef MANAGER_NET_WHY_H
#define MANAGER_NET_WHY_H

#include <stdint.h>

#include "proto/nettarget.h"

struct manager;

struct net_answer {
	enum net_action action;
	const char
		*file; /* of the line, or of the rule that opens the link; "": what is not written decides. Borrowed */
	uint32_t line;
	char *sentence; /* owned by the caller */
};

/*
 * @target names one host: a name or an address. What it leaves open is asked
 * as port 443 and TCP. -EINVAL: it is more than one host; -ENOENT: there is no
 * such VM; -ENOMEM.
 */
int net_why(const struct manager *m, const char *vm, const struct net_target *target, struct net_answer *ret);

/* "allow", "deny", "ask" */
const char *net_action_name(enum net_action action);

#endif
