/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager.h"

struct net_vm *net_state_vm(struct net_lists *n, const char *name, bool make)
{
	struct net_vm *vm = n->vms;

	while (vm && strcmp(vm->name, name) != 0)
		vm = vm->next;
	if (vm || !make || strlen(name) > VM_NAME_MAX)
		return vm;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return NULL;
	memcpy(vm->name, name, strlen(name) + 1);
	vm->next = n->vms;
	n->vms = vm;
	return vm;
}

uint64_t net_state_now(const struct manager *m)
{
	struct timespec ts;

	if (m->decisions.clock)
		return m->decisions.clock(CLOCK_BOOTTIME);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000;
}

void net_state_free_vms(struct net_lists *n)
{
	while (n->vms) {
		struct net_vm *vm = n->vms;

		n->vms = vm->next;
		for (unsigned i = 0; i < NET_GENERATIONS; i++)
			free(vm->past[i].origins);
		free(vm->targets);
		free(vm->sessions);
		free(vm->programs);
		free(vm);
	}
	while (n->paths) {
		struct net_path *path = n->paths;

		n->paths = path->next;
		free(path);
	}
}

bool net_state_is_flow(const struct net_asked *asked)
{
	return asked->proto == NET_TCP || asked->proto == NET_UDP || asked->proto == NET_ICMP;
}

void net_state_asked(const struct tap_flow *flow, struct net_asked *ret)
{
	*ret = (struct net_asked){ .proto = flow->proto, .port = flow->proto == NET_ICMP ? 0 : flow->port };
	memcpy(ret->addr, flow->addr, sizeof(ret->addr));
	if (flow->name[0] && net_name_is_valid(flow->name))
		memcpy(ret->name, flow->name, sizeof(ret->name));
}

/* "any", or "192.0.2.7", can be a name too; in a list, and to the user, it would mean something else. */
static bool reads_as_itself(const struct net_target *target)
{
	struct net_target read = { 0 };
	struct ruleset_error error;
	char text[NET_TARGET_TEXT];

	net_target_format(target, text);
	return netlist_parse_target(text, &read, &error) == 0 && net_set_same_target(&read, target);
}

/* A name never means a reserved address, whatever the resolver says. */
void net_state_target(const struct net_asked *asked, struct net_target *ret)
{
	*ret = (struct net_target){
		.action = NET_ALLOW,
		.proto = asked->proto,
		.port_low = asked->port,
		.port_high = asked->port,
	};
	if (asked->proto == NET_ICMP)
		ret->port_high = 65535;
	if (asked->name[0] && !netplan_is_reserved(asked->addr)) {
		ret->kind = NET_NAME;
		memcpy(ret->name, asked->name, sizeof(ret->name));
		if (reads_as_itself(ret))
			return;
		memset(ret->name, 0, sizeof(ret->name));
	}
	ret->kind = NET_NETWORK;
	ret->bits = 128;
	memcpy(ret->addr, asked->addr, sizeof(ret->addr));
}

void net_state_mark(struct net_marks *marks, const struct net_target *target, uint64_t now, uint64_t until)
{
	marks->ring[marks->next] = (struct net_mark){ *target, now, until };
	marks->next = (marks->next + 1) % NET_MARKS_MAX;
}

bool net_state_is_marked(const struct net_marks *marks, const struct net_target *target, uint64_t now)
{
	for (unsigned i = 0; i < NET_MARKS_MAX; i++) {
		const struct net_mark *mark = &marks->ring[i];

		if (mark->until > 0 && now >= mark->at && now < mark->until &&
			net_set_same_target(&mark->target, target))
			return true;
	}
	return false;
}

static bool is_same(const struct net_vm *vm, const struct net_generation *list, const struct net_target *targets)
{
	const struct net_generation *was = &vm->past[vm->newest];

	if (was->number == 0 || was->count != list->count || was->fallback != list->fallback ||
		was->link_asks != list->link_asks || !vm->targets)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct net_origin *a = &was->origins[i], *b = &list->origins[i];

		if (a->file != b->file || a->line != b->line || a->notify != b->notify ||
			vm->targets[i].action != targets[i].action ||
			!net_set_same_target(&vm->targets[i], &targets[i]))
			return false;
	}
	return true;
}

void net_state_keep(struct net_lists *n, struct net_vm *vm, struct net_generation *list, struct net_target *targets)
{
	if (is_same(vm, list, targets)) {
		free(list->origins);
		free(targets);
		list->number = vm->past[vm->newest].number;
		return;
	}
	vm->newest = (vm->newest + 1) % NET_GENERATIONS;
	free(vm->past[vm->newest].origins);
	free(vm->targets);
	if (++n->last_generation == 0)
		n->last_generation = 1;
	list->number = n->last_generation;
	vm->past[vm->newest] = *list;
	vm->targets = targets;
}

const struct net_generation *net_state_list(const struct net_vm *vm, unsigned generation)
{
	for (unsigned i = 0; vm && generation > 0 && i < NET_GENERATIONS; i++) {
		if (vm->past[i].number == generation)
			return &vm->past[i];
	}
	return NULL;
}

bool net_state_link_asks(const struct manager *m, const char *vm)
{
	const struct vm *of = manager_find_vm(m, vm);
	const struct rule *rule = of ? ruleset_find(&m->rules.set, vm, of->config.net) : NULL;

	return rule && rule->ask && (rule->access & RULE_WRITE);
}

/* Before the first line stands what is not written in any list, be it a rule. */
static void fallback_text(const struct vm *vm, const struct net_generation *list, char text[NET_LINE_TEXT])
{
	const struct rules *rules = &vm->manager->rules;
	const struct rule *rule = ruleset_find(&rules->set, vm->config.name, vm->config.net);

	if (list->link_asks && rule)
		snprintf(text, NET_LINE_TEXT, "%s:%u", rules_file_of(rules, rule), rule->line);
	else
		snprintf(text, NET_LINE_TEXT, "the line before the first");
}

void net_state_line(const struct vm *vm, unsigned generation, uint32_t line, struct net_line_ref *ret)
{
	const struct net_vm *of = net_state_vm(vm->manager->net_lists, vm->config.name, false);
	const struct net_generation *list = net_state_list(of, generation);

	ret->origin = list && line < list->count ? &list->origins[line] : NULL;
	if (!list)
		snprintf(ret->text, sizeof(ret->text), "an earlier list");
	else if (!ret->origin)
		fallback_text(vm, list, ret->text);
	else if (!ret->origin->file)
		snprintf(ret->text, sizeof(ret->text), "an answer for the session");
	else
		snprintf(ret->text, sizeof(ret->text), "%s:%u", ret->origin->file, ret->origin->line);
}

const char *net_state_path(struct net_lists *n, const char *text)
{
	struct net_path *path = n->paths;
	size_t size = strlen(text) + 1;

	while (path && strcmp(path->text, text) != 0)
		path = path->next;
	if (path)
		return path->text;
	path = malloc(sizeof(*path) + size);
	if (!path)
		return NULL;
	memcpy(path->text, text, size);
	path->next = n->paths;
	n->paths = path;
	return path->text;
}

const char *net_state_program(const struct net_vm *vm, uint8_t proto, uint16_t port)
{
	for (unsigned i = 1; vm && vm->programs && port > 0 && i <= NET_PROGRAMS_MAX; i++) {
		const struct net_program *p =
			&vm->programs[(vm->next_program + NET_PROGRAMS_MAX - i) % NET_PROGRAMS_MAX];

		if (p->port == port && p->proto == proto)
			return p->name;
	}
	return "";
}

void net_state_keep_program(struct net_vm *vm, const struct net_program *program)
{
	if (!vm->programs)
		vm->programs = calloc(NET_PROGRAMS_MAX, sizeof(*vm->programs));
	if (!vm->programs || program->port == 0)
		return;
	vm->programs[vm->next_program] = *program;
	vm->next_program = (vm->next_program + 1) % NET_PROGRAMS_MAX;
}
