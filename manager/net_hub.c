/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "manager/manager.h"
#include "manager/net_fabric.h"
#include "manager/net_links.h"
#include "manager/net_lists.h"
#include "manager/programs.h"

struct net_flows_call {
	net_flows_fn fn;
	void *userdata;
	struct net_flows_call *next; /* net_hub.flows */
};

static const struct net_fabric *fabric_of(const struct vm *vm)
{
	return vm->manager->fabric;
}

static struct vm *find_client(const struct vm *net, uint32_t index)
{
	for (struct vm *vm = net->manager->vms; vm; vm = vm->next) {
		if (vm->config.net_index == index && index)
			return vm;
	}
	return NULL;
}

/* The client of @net with @index whose plug it has; NULL: a report about nobody. */
static struct vm *find_linked(const struct vm *net, uint32_t index)
{
	struct vm *vm = find_client(net, index);

	return vm && vm->link.linked && strcmp(vm->link.via, net->config.name) == 0 ? vm : NULL;
}

static void end_flows(struct vm *net)
{
	struct net_flows_call *call = net->hub.flows;

	net->hub.flows = call->next;
	call->fn(NULL, call->userdata);
	free(call);
}

static void cut(struct vm *vm)
{
	vm->link.via[0] = '\0';
	vm->link.linked = vm->link.stats_wanted = false;
	fabric_of(vm)->cut(vm);
}

/* Nothing of @net's vmos-tap counts any more. */
static void forget_all(struct vm *net)
{
	fabric_of(net)->unplug(net);
	net->hub.plugged = false;
	while (net->hub.flows)
		end_flows(net);
	for (struct vm *vm = net->manager->vms; vm; vm = vm->next) {
		if (strcmp(vm->link.via, net->config.name) != 0)
			continue;
		cut(vm);
		net_lists_unlinked(net->manager, vm);
	}
}

static void handle_up(struct net_tap *tap, bool found)
{
	struct vm *net = tap->owner;

	net->hub.plugged = found;
	for (struct vm *vm = net->manager->vms; vm; vm = vm->next) {
		if (strcmp(vm->config.net, net->config.name) == 0)
			vm->link.unplugged = false;
	}
	log_debug("NET VM %s: vmos-tap is up", net->config.name);
	net_links_wake(net->manager);
}

/* vmos-tap held this link for the vmosd before us: whether it stays is looked at when all are told. */
static void handle_have(struct net_tap *tap, uint32_t index)
{
	struct vm *net = tap->owner, *vm = find_client(net, index);
	struct tap_msg m = { .type = TAP_UNLINK, .id = { .index = index } };

	if (!vm || vm->link.via[0]) {
		net_tap_send(tap, &m, NULL);
		return;
	}
	memcpy(vm->link.via, net->config.name, sizeof(vm->link.via));
	vm->link.linked = vm->link.list_due = true;
	vm->link.rate_kib = vm->config.net_limit;
}

static void take_stats(struct vm *net, const struct tap_stats *stats)
{
	struct vm *vm = find_linked(net, stats->index);

	if (!vm)
		return;
	vm->link.stats = *stats;
	vm->link.stats_wanted = false;
	vm_stats_arrived(vm);
}

static void handle_report(struct net_tap *tap, const struct tap_msg *m)
{
	struct vm *net = tap->owner, *vm;

	switch (m->type) {
	case TAP_STATS:
		take_stats(net, &m->stats);
		break;
	case TAP_FLOW:
		if (net->hub.flows)
			net->hub.flows->fn(&m->flow, net->hub.flows->userdata);
		break;
	case TAP_FLOWS_END:
		if (net->hub.flows)
			end_flows(net);
		break;
	case TAP_QUESTION:
		vm = find_linked(net, m->flow.index);
		if (vm)
			net_lists_question(net->manager, vm, &m->flow);
		break;
	case TAP_WITHDRAW:
		vm = find_linked(net, m->id.index);
		if (vm)
			net_lists_withdraw(net->manager, vm, m->id.id);
		break;
	case TAP_LOG:
		vm = find_linked(net, m->flow.index);
		if (vm)
			net_lists_log(net->manager, vm, &m->flow);
		break;
	default:
		break;
	}
}

static void handle_drained(struct net_tap *tap)
{
	if (tap->state == NET_TAP_UP)
		net_hub_send_lists(tap->owner);
}

int net_hub_run_tap(struct vm *net, const int *kernel)
{
	char *program cleanup_free = programs_find(net->manager->libexec, "tap");
	const struct net_tap_start start = {
		.program = program, .run_dir = net->run_dir, .net = net->config.name, .kernel = kernel
	};

	return program ? net_tap_start(&net->tap, &start) : -ENOENT;
}

void net_hub_give_up(struct vm *net, const char *text)
{
	net->tap.state = NET_TAP_ENDED;
	snprintf(net->tap.text, sizeof(net->tap.text), "%s", text);
	vm_set_error(
		net, "vmos-tap of this NET VM ended (%s): its clients have no network until it is restarted.", text);
	net_links_wake(net->manager);
}

static void handle_ended(struct net_tap *tap)
{
	struct vm *net = tap->owner;
	char text[TAP_TEXT_MAX];
	int r = -EAGAIN;

	forget_all(net);
	memcpy(text, tap->text, sizeof(text));
	if (!vm_is_off(net) && !fabric_of(net)->why_no_inside(net) && net_tap_may_restart(tap))
		r = fabric_of(net)->start_tap(net);
	if (r == 0)
		log_warning("NET VM %s: vmos-tap ended (%s) and was started again", net->config.name, text);
	else
		net_hub_give_up(net, text);
	net_links_wake(net->manager);
}

static const struct net_tap_ops tap_ops = {
	.up = handle_up,
	.have = handle_have,
	.report = handle_report,
	.drained = handle_drained,
	.ended = handle_ended,
};

void net_hub_init(struct vm *net)
{
	net_tap_init(&net->tap, &tap_ops, net);
	net_fabric_init(net);
	net->tap.event = net->manager->event;
	net->tap.identity = &net->identity;
}

void net_hub_start(struct vm *net)
{
	int r = fabric_of(net)->start_tap(net);

	if (r == -ENOENT)
		net_hub_give_up(net, "it is not installed");
	else if (r < 0)
		net_hub_give_up(net, strerror(-r));
}

void net_hub_adopt(struct vm *net)
{
	int r = net_tap_adopt(&net->tap, net->run_dir);

	/* no memory of flows is left, but clients need not wait for a restart of the NET VM */
	if (r < 0 && !fabric_of(net)->why_no_inside(net))
		net_hub_start(net);
}

void net_hub_stop(struct vm *net)
{
	if (net->tap.state == NET_TAP_NONE)
		return;
	forget_all(net);
	net_tap_stop(&net->tap);
}

void net_hub_lose(struct vm *net, const char *text)
{
	for (struct vm *vm = net->manager->vms; vm; vm = vm->next) {
		if (strcmp(vm->link.via, net->config.name) == 0)
			net_hub_unlink(vm);
	}
	net_hub_stop(net);
	net_hub_give_up(net, text);
}

void net_hub_inside_plugged(struct vm *net, uint32_t ifindex, const int *fds)
{
	const struct tap_msg m = { .type = TAP_NET, .nfds = fds ? 2 : 0, .link = { .ifindex = ifindex } };

	if ((fds || ifindex) && net_tap_send(&net->tap, &m, fds) == 0)
		net->hub.plugged = true;
	else
		vm_set_error(net,
			"vmos-tap could not be given its card: its clients have no network until it is restarted.");
}

void net_hub_plug(struct vm *net)
{
	if (!net->hub.plugged && !fabric_of(net)->why_no_inside(net))
		fabric_of(net)->plug(net);
}

void net_hub_plugged(struct vm *vm, uint32_t ifindex, const int *fds)
{
	struct vm *net = manager_find_vm(vm->manager, vm->link.via);
	struct tap_msg m = { .type = TAP_LINK, .nfds = fds ? 2 : 0 };
	struct net_link *l = &vm->link;
	int r = -EPIPE;

	l->rate_kib = vm->config.net_limit;
	m.link = (struct tap_link){ .index = vm->config.net_index, .rate_kib = l->rate_kib, .ifindex = ifindex };
	if ((fds || ifindex) && net)
		r = net_tap_send(&net->tap, &m, fds);
	l->linked = l->list_due = r == 0;
	l->unplugged = r < 0;
	if (r < 0)
		cut(vm);
	net_links_wake(vm->manager);
}

void net_hub_link(struct vm *net, struct vm *vm)
{
	memcpy(vm->link.via, net->config.name, sizeof(vm->link.via));
	vm->link.linked = false;
	memset(&vm->link.stats, 0, sizeof(vm->link.stats));
	vm->link.rate_kib = vm->config.net_limit;
	fabric_of(vm)->link(vm);
}

void net_hub_unlink(struct vm *vm)
{
	struct tap_msg m = { .type = TAP_UNLINK, .id = { .index = vm->config.net_index } };
	struct net_link *l = &vm->link;
	struct vm *net = l->via[0] ? manager_find_vm(vm->manager, l->via) : NULL;

	if (net && l->linked)
		net_tap_send(&net->tap, &m, NULL);
	cut(vm);
	net_lists_unlinked(vm->manager, vm);
	l->unplugged = false;
}

/* Whole or not at all: a list that is not complete does not count in vmos-tap. */
static int send_list(struct vm *net, struct vm *vm)
{
	struct net_target *targets cleanup_free = NULL;
	struct tap_msg m = { .type = TAP_LIST };
	enum net_action fallback;
	unsigned generation;
	size_t count;
	int r = net_lists_targets(
		vm->manager, vm->config.name, vm->link.asks, &targets, &count, &fallback, &generation);

	if (r == 0 && count > TAP_LINES_MAX)
		r = -E2BIG;
	if (r < 0)
		return r;
	m.list = (struct tap_list){
		.index = vm->config.net_index, .generation = generation, .count = (uint32_t)count, .fallback = fallback
	};
	r = net_tap_send(&net->tap, &m, NULL);
	m.type = TAP_LINE;
	for (uint32_t i = 0; r == 0 && i < count; i++) {
		m.line = (struct tap_line){
			.index = vm->config.net_index, .generation = generation, .number = i, .target = targets[i]
		};
		r = net_tap_send(&net->tap, &m, NULL);
	}
	return r;
}

void net_hub_send_lists(struct vm *net)
{
	for (struct vm *vm = net->manager->vms; vm && !net_tap_is_behind(&net->tap); vm = vm->next) {
		int r;

		if (!vm->link.list_due || !vm->link.linked || strcmp(vm->link.via, net->config.name) != 0)
			continue;
		vm->link.list_due = false;
		r = send_list(net, vm);
		if (r < 0) {
			log_error("VM %s: vmos-tap could not be told its list (%s), so it has no network",
				vm->config.name, strerror(-r));
			net_hub_unlink(vm);
			vm->link.unplugged = true;
		}
	}
}

bool net_links_query(struct vm *vm)
{
	struct vm *net = vm->link.linked ? manager_find_vm(vm->manager, vm->link.via) : NULL;

	vm->link.stats_wanted = net && net_tap_send_type(&net->tap, TAP_QUERY) == 0;
	return vm->link.stats_wanted;
}

int net_links_answer(struct manager *m, struct vm *vm, uint32_t id, bool allow)
{
	struct vm *net = vm->link.linked ? manager_find_vm(m, vm->link.via) : NULL;
	struct tap_msg msg = { .type = TAP_ANSWER,
		.answer = { .index = vm->config.net_index, .id = id, .allow = allow } };

	return net ? net_tap_send(&net->tap, &msg, NULL) : -ENOTCONN;
}

int net_links_flows(struct manager *m, const char *net, net_flows_fn fn, void *userdata)
{
	struct vm *vm = manager_find_vm(m, net);
	struct net_flows_call *call, **at;
	int r;

	if (!vm || !net_links_is_net(vm))
		return -ENOENT;
	if (vm->tap.state != NET_TAP_UP)
		return -ENOTCONN;
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	*call = (struct net_flows_call){ .fn = fn, .userdata = userdata };
	r = net_tap_send_type(&vm->tap, TAP_FLOWS);
	if (r < 0) {
		free(call);
		return r;
	}
	at = &vm->hub.flows;
	while (*at)
		at = &(*at)->next;
	*at = call;
	return 0;
}
