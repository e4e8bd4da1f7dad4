/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM's list at this moment: its lines that count, then the user's answers for the session. */
#ifndef MANAGER_NET_BUILD_H
#define MANAGER_NET_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "manager/net_state.h"

struct net_build {
	struct net_target *targets; /* owned */
	struct net_origin *origins; /* owned, one for each; files are of net_lists.paths */
	size_t count, lines; /* those of files come first */
	enum net_action fallback;
};

int net_build(struct net_lists *n, const char *vm, bool link_asks, struct net_build *ret); /* -ENOMEM */
void net_build_finish(struct net_build *b);

static inline void cleanup_build_fn(struct net_build *b)
{
	net_build_finish(b);
}

#define cleanup_build __attribute__((cleanup(cleanup_build_fn)))

/* What the first @count targets say of a flow about @asked, and which one says it (NET_NO_LINE: none). */
enum net_action net_build_decide(
	const struct net_build *b, size_t count, const struct net_asked *asked, size_t *ret_target);

#endif
