/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What VMs may reach on the network, one line each:
 *
 *	VM allow|deny|ask TARGET [notify] [for=10m]    # comment
 *
 * TARGET is one of
 *	any                         everything but reserved addresses (netplan_is_reserved())
 *	example.org  *.example.org  what the resolver answered to this VM for the name, or for names below it
 *	192.0.2.7  192.0.2.0/24  [2001:db8::1]  [2001:db8::/32]
 * each with [:PORT] or [:PORT-PORT], and with [/tcp] [/udp] or [/icmp]. Of the lines that match a flow the last counts.
 * A reserved address is matched only by the line of a network that lies in a reserved one, so not by 0.0.0.0/0, and
 * where no line matches it, it is denied. A network of IPv6 means no IPv4 address.
 * Before the first stands a line that is not written: "deny any" where the VM has an allow or ask line, else
 * "allow any"; "ask any" where the rule that opens the link says ask.
 * Pure: memory is the caller's, nothing is opened or allocated.
 */
#ifndef POLICY_NETLIST_H
#define POLICY_NETLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/ruleset.h"
#include "proto/nettarget.h"

struct net_line {
	char vm[RULESET_NAME_MAX + 1];
	struct net_target target;
	bool notify;
	uint32_t for_seconds; /* 0: no limit */
	uint32_t file, line;
};

struct netlist {
	struct net_line *lines; /* borrowed: @cap of them */
	size_t count, cap;
};

/* As ruleset_parse(): all or nothing; -EINVAL, -ENOSPC. */
int netlist_parse(
	struct netlist *list, uint32_t file, const char *untrusted_text, size_t len, struct ruleset_error *ret_error);
/* One TARGET, NUL terminated; @ret_target->action is left alone. -EINVAL, and the cause in @ret_error (line 1). */
int netlist_parse_target(const char *untrusted_text, struct net_target *ret_target, struct ruleset_error *ret_error);
/* A flow that begins, with the names that the resolver gave to this VM for its address. */
struct net_flow {
	uint8_t proto; /* TCP, UDP or ICMP */
	uint16_t port; /* the far one; ICMP: 0 */
	uint8_t addr[NETPLAN_ADDR]; /* the far one */
	const char *const *names; /* lower case */
	size_t nnames;
};

/* Targets of one VM in their order, as vmos-tap holds them. */
struct net_decider {
	const struct net_target *targets;
	size_t count;
	enum net_action fallback; /* the line before the first */
};

#define NET_NO_LINE SIZE_MAX /* the fallback decided */

enum net_action netlist_fallback(const struct net_target *targets, size_t count, bool link_asks);
/* The action, and which target decided (NET_NO_LINE: none). */
enum net_action netlist_decide(const struct net_decider *decider, const struct net_flow *flow, size_t *ret_target);
/*
 * May the VM's resolver be asked for @name (lower case)? No only where nothing but names is allowed or asked about, and
 * this is none of them: the fallback is deny, or a "deny any" stands before the lines that count here.
 */
bool netlist_may_resolve(const struct net_decider *decider, const char *name);

#endif
