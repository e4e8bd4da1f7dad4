/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_lists.h"

#include "manager/net_links.h"

int net_lists_targets(struct manager *m, const char *vm, bool link_asks, struct net_target **ret_targets,
	size_t *ret_count, enum net_action *ret_fallback, unsigned *ret_generation)
{
	*ret_targets = NULL;
	*ret_count = 0;
	*ret_fallback = link_asks ? NET_ASK : NET_ALLOW;
	*ret_generation = 1;
	return 0;
}

void net_lists_on_change(struct manager *m, void (*fn)(struct manager *m, const char *vm))
{
}

/* Nobody is there to be asked. */
void net_lists_question(struct manager *m, struct vm *vm, const struct tap_flow *flow)
{
	net_links_answer(m, vm, flow->id, false);
}

void net_lists_withdraw(struct manager *m, struct vm *vm, uint32_t id)
{
}

void net_lists_log(struct manager *m, struct vm *vm, const struct tap_flow *flow)
{
}

void net_lists_vm_off(struct manager *m, struct vm *vm)
{
}
