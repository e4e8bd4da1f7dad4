/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t count_lines(const struct net_lists *n, const char *vm)
{
	size_t count = 0;

	for (size_t i = 0; i < n->set.list.count; i++)
		count += strcmp(n->set.list.lines[i].vm, vm) == 0;
	return count;
}

static int add_lines(struct net_lists *n, const char *vm, struct net_build *b)
{
	const time_t now = time(NULL);

	for (size_t i = 0; i < n->set.list.count; i++) {
		const struct net_line *line = &n->set.list.lines[i];
		const char *path;

		if (strcmp(line->vm, vm) != 0 || net_set_is_over(&n->set, line, now))
			continue;
		path = net_state_path(n, net_set_file_of(&n->set, line));
		if (!path)
			return -ENOMEM;
		b->targets[b->count] = line->target;
		b->origins[b->count++] = (struct net_origin){ path, line->line, line->notify };
	}
	b->lines = b->count;
	return 0;
}

/* An answer counts as long as the lines would have it asked. */
static void add_sessions(const struct net_vm *vm, struct net_build *b)
{
	for (size_t i = 0; i < vm->nsessions; i++) {
		size_t target;

		if (net_build_decide(b, b->lines, &vm->sessions[i].asked, &target) != NET_ASK)
			continue;
		b->targets[b->count] = vm->sessions[i].target;
		b->origins[b->count++] = (struct net_origin){ 0 };
	}
}

int net_build(struct net_lists *n, const char *vm, bool link_asks, struct net_build *ret)
{
	const struct net_vm *of = net_state_vm(n, vm, false);
	size_t cap = count_lines(n, vm) + (of ? of->nsessions : 0) + 1;
	int r;

	*ret = (struct net_build){ .fallback = NET_DENY };
	ret->targets = calloc(cap, sizeof(*ret->targets));
	ret->origins = calloc(cap, sizeof(*ret->origins));
	r = ret->targets && ret->origins ? add_lines(n, vm, ret) : -ENOMEM;
	if (r < 0) {
		net_build_finish(ret);
		return r;
	}
	/* files that never parsed since vmosd began may say deny: until they do, nothing is allowed */
	if (n->set.generation == 0)
		return 0;
	ret->fallback = netlist_fallback(ret->targets, ret->lines, link_asks);
	if (of)
		add_sessions(of, ret);
	return 0;
}

void net_build_finish(struct net_build *b)
{
	free(b->targets);
	free(b->origins);
	*b = (struct net_build){ 0 };
}

enum net_action net_build_decide(
	const struct net_build *b, size_t count, const struct net_asked *asked, size_t *ret_target)
{
	const char *const names[] = { asked->name };
	struct net_decider decider = { b->targets, count, b->fallback };
	struct net_flow flow = {
		.proto = asked->proto,
		.port = asked->port,
		.names = names,
		.nnames = asked->name[0] ? 1 : 0,
	};

	memcpy(flow.addr, asked->addr, sizeof(flow.addr));
	return netlist_decide(&decider, &flow, ret_target);
}
