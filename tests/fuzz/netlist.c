/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of what VMs may reach: what parses is valid, is written so that it parses to the same, and decides. */
#include "policy/netlist.h"
#include "tests/fuzz/fuzz.h"

static struct net_line memory[64];
static struct net_target targets[64];

static void check_line(const struct net_line *line)
{
	struct net_target back = { .action = line->target.action };
	struct ruleset_error error;
	char text[NET_TARGET_TEXT];

	require(line->vm[0] && strnlen(line->vm, sizeof(line->vm)) <= RULESET_NAME_MAX);
	require(line->for_seconds <= RULESET_FOR_MAX && line->line >= 1);
	require(net_target_is_valid(&line->target));
	net_target_format(&line->target, text);
	require(strnlen(text, sizeof(text)) < sizeof(text));
	require(netlist_parse_target(text, &back, &error) == 0);
	require(memcmp(&back, &line->target, sizeof(back)) == 0);
}

/* The last target's own network, or its own name, is what it matches; a reserved address needs a network's line. */
static void check_decision(const struct net_decider *d)
{
	const struct net_target *last = &d->targets[d->count - 1];
	const char *name = last->name;
	struct net_flow flow = { .proto = last->proto ? last->proto : NET_TCP, .port = last->port_low, .names = &name };
	size_t line;

	flow.nnames = last->kind == NET_NAME;
	memcpy(flow.addr, last->addr, sizeof(flow.addr));
	if (last->kind != NET_NETWORK)
		memcpy(flow.addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7", 16);
	netlist_decide(d, &flow, &line);
	if (last->kind == NET_ANY || last->kind == NET_NAME)
		require(line == d->count - 1);
	if (last->kind == NET_NETWORK && (net_target_is_ipv4(last) == netplan_is_ipv4(last->addr)))
		require(line == d->count - 1 || (netplan_is_reserved(flow.addr) && last->bits < 128));
	memcpy(flow.addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\2\2", 16);
	if (netlist_decide(d, &flow, &line) != NET_DENY)
		require(line < d->count && d->targets[line].kind == NET_NETWORK);
	netlist_may_resolve(d, last->kind == NET_NAME || last->kind == NET_BELOW ? last->name : "a");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy(data, size);
	struct netlist list = { .lines = memory, .cap = sizeof(memory) / sizeof(memory[0]) };
	struct net_decider d = { .targets = targets };
	struct ruleset_error error = { 0 };
	int r = netlist_parse(&list, 0, (const char *)copy, size, &error);

	if (r < 0)
		require(list.count == 0 && error.sentence && error.line >= 1 && error.column >= 1);
	for (size_t i = 0; i < list.count; i++) {
		check_line(&list.lines[i]);
		targets[d.count++] = list.lines[i].target;
		d.fallback = netlist_fallback(targets, d.count, size % 2 == 1);
		check_decision(&d);
	}
	free(copy);
	return 0;
}
