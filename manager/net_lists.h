/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each VM may reach on the network. */
#ifndef MANAGER_NET_LISTS_H
#define MANAGER_NET_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/tap.h"

struct manager;
struct vm;

/*
 * What counts for @vm now. The array is the caller's to free. @link_asks: the
 * rule that opens its link says ask. -ENOMEM.
 */
int net_lists_targets(struct manager *m, const char *vm, bool link_asks, struct net_target **ret_targets,
	size_t *ret_count, enum net_action *ret_fallback, unsigned *ret_generation);
/* Has @fn called whenever another list than before counts for a VM, or for all. */
void net_lists_on_change(struct manager *m, void (*fn)(struct manager *m, const char *vm /* NULL: all */));

/* vmos-tap asks, does not ask any more, or tells what happened. */
void net_lists_question(struct manager *m, struct vm *vm, const struct tap_flow *flow);
void net_lists_withdraw(struct manager *m, struct vm *vm, uint32_t id);
void net_lists_log(struct manager *m, struct vm *vm, const struct tap_flow *flow);
/* @vm ended. */
void net_lists_vm_off(struct manager *m, struct vm *vm);

#endif
