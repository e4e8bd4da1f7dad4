/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/netlist.h"

#include <string.h>

enum net_action netlist_fallback(const struct net_target *targets, size_t count, bool link_asks)
{
	if (link_asks)
		return NET_ASK;
	for (size_t i = 0; i < count; i++) {
		if (targets[i].action != NET_DENY)
			return NET_DENY;
	}
	return NET_ALLOW;
}

static bool has_all_ports(const struct net_target *t)
{
	return t->port_low == 0 && t->port_high == UINT16_MAX;
}

/* A target of @kind NAME or BELOW. */
static bool is_named(const struct net_target *t, const char *name)
{
	size_t len, below;

	if (t->kind == NET_NAME)
		return strcmp(t->name, name) == 0;
	len = strlen(name);
	below = strlen(t->name);
	return len > below + 1 && name[len - below - 1] == '.' && memcmp(name + len - below, t->name, below) == 0;
}

static bool matches_place(const struct net_target *t, const struct net_flow *flow, bool reserved)
{
	if (t->kind == NET_NETWORK) {
		if (!netplan_is_within(flow->addr, t->addr, t->bits))
			return false;
		return net_target_is_ipv4(t) == netplan_is_ipv4(flow->addr) &&
			(!reserved || netplan_is_reserved_net(t->addr, t->bits));
	}
	if (reserved)
		return false;
	if (t->kind == NET_ANY)
		return true;
	for (size_t i = 0; i < flow->nnames; i++) {
		if (is_named(t, flow->names[i]))
			return true;
	}
	return false;
}

static bool matches(const struct net_target *t, const struct net_flow *flow, bool reserved)
{
	if (t->proto != NET_ALL && t->proto != flow->proto)
		return false;
	if (!has_all_ports(t) && (flow->proto == NET_ICMP || flow->port < t->port_low || flow->port > t->port_high))
		return false;
	return matches_place(t, flow, reserved);
}

enum net_action netlist_decide(const struct net_decider *decider, const struct net_flow *flow, size_t *ret_target)
{
	const bool reserved = netplan_is_reserved(flow->addr);

	for (size_t i = decider->count; i > 0; i--) {
		if (matches(&decider->targets[i - 1], flow, reserved)) {
			*ret_target = i - 1;
			return (enum net_action)decider->targets[i - 1].action;
		}
	}
	*ret_target = NET_NO_LINE;
	return reserved ? NET_DENY : decider->fallback; /* the line that is not written says "any" */
}

/* What stands before a "deny any" is of no account but for reserved addresses, which need no name. */
static size_t first_that_counts(const struct net_decider *decider)
{
	for (size_t i = decider->count; i > 0; i--) {
		const struct net_target *t = &decider->targets[i - 1];

		if (t->kind == NET_ANY && t->action == NET_DENY && t->proto == NET_ALL && has_all_ports(t))
			return i;
	}
	return 0;
}

bool netlist_may_resolve(const struct net_decider *decider, const char *name)
{
	const size_t first = first_that_counts(decider);
	bool named = false;

	if (first == 0 && decider->fallback != NET_DENY)
		return true;
	for (size_t i = decider->count; i > first; i--) {
		const struct net_target *t = &decider->targets[i - 1];

		if (t->action == NET_DENY)
			continue;
		if (t->kind == NET_ANY || t->kind == NET_NETWORK)
			return true;
		named = named || is_named(t, name);
	}
	return named;
}
