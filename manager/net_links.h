/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links of VMs to their NET VMs. */
#ifndef MANAGER_NET_LINKS_H
#define MANAGER_NET_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/tap.h"

struct manager;
struct vm;

/* The user's answer to the question @id of @vm. -errno: nobody waits for it any more. */
int net_links_answer(struct manager *m, struct vm *vm, uint32_t id, bool allow);

typedef void (*net_flows_fn)(const struct tap_flow *flow /* NULL: the end */, void *userdata);
/* Calls @fn, later, for each flow through the NET VM @net and once more at the end. -errno: it has none. */
int net_links_flows(struct manager *m, const char *net, net_flows_fn fn, void *userdata);

#endif
