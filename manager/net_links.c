/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_links.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/net_fabric.h"
#include "manager/net_hub.h"
#include "manager/net_index.h"
#include "manager/net_lists.h"
#include "manager/proc_note.h"

bool net_links_is_net(const struct vm *vm)
{
	return strcmp(vm->config.kind, VM_KIND_NET) == 0;
}

bool net_links_has_cards(const struct manager *m, const char **ret_why)
{
	return m->fabric->has_cards(m, ret_why);
}

const char *net_links_state(const struct vm *vm)
{
	return vm->link.state ? vm->link.state : "none";
}

static void set_state(struct vm *vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void set_state(struct vm *vm, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text || strcmp(net_links_state(vm), text) == 0) {
		free(text);
		return;
	}
	log_info("VM %s: network %s", vm->config.name, text);
	free(vm->link.state);
	vm->link.state = text;
	vm_bus_changed(vm, "NetState");
}

int net_links_give_index(struct vm *vm)
{
	uint32_t used[MANAGER_VMS_MAX];
	size_t n = 0;

	if (vm->config.net_index)
		return 0;
	for (const struct vm *other = vm->manager->vms; other && n < MANAGER_VMS_MAX; other = other->next)
		used[n++] = other->config.net_index;
	vm->config.net_index = net_index_pick(used, n);
	return vm->config.net_index ? 0 : -ENOSPC;
}

int net_links_check(const struct vm *vm, const char *net, sd_bus_error *ret_error)
{
	const struct manager *m = vm->manager;
	const struct vm *at = manager_find_vm(m, net);

	if (!net[0])
		return 0;
	if (!at)
		return errors_set(ret_error, ERROR_NOT_FOUND,
			"There is no NET VM %s. Make one by \"vmos create %s --kind net\".", net, net);
	if (!net_links_is_net(at))
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"VM %s is no NET VM, so it has no network to give. Make one by \"vmos create net0 --kind "
			"net\".",
			net);
	for (unsigned i = 0; at && i <= MANAGER_VMS_MAX; i++) {
		if (strcmp(at->config.name, vm->config.name) == 0)
			return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
				"VM %s would use its own network through %s. Give one of them another NET VM, or none.",
				vm->config.name, net);
		at = manager_find_vm(m, at->config.net);
	}
	return 0;
}

char *net_links_users(const struct manager *m, const char *name)
{
	char *names = NULL, *longer;

	for (const struct vm *vm = m->vms; vm; vm = vm->next) {
		if (strcmp(vm->config.net, name) != 0)
			continue;
		if (asprintf(&longer, "%s%s%s", names ? names : "", names ? ", " : "", vm->config.name) < 0)
			break;
		free(names);
		names = longer;
	}
	return names;
}

static bool has_rule(const struct vm *vm, bool *ret_asks)
{
	const struct rule *rule;
	unsigned access = rules_decide(&vm->manager->rules, vm->config.name, vm->config.net, time(NULL), &rule);

	*ret_asks = rule && rule->ask;
	return rule && access & RULE_WRITE;
}

static const char no_rule[] = "no rule opens it", not_running[] = "the VM does not run";

/* Why @vm has no link to @net although it names it; NULL: it shall have one. */
static const char *why_dead(struct vm *vm, const struct vm *net)
{
	const struct net_fabric *fabric = vm->manager->fabric;
	const char *why;
	bool asks;

	if (vm_is_off(vm) || vm->state == VM_STOPPING)
		return not_running;
	if (!net || !net_links_is_net(net))
		return "there is no such NET VM";
	if (!has_rule(vm, &asks))
		return no_rule;
	if (vm_is_off(net) || net->state == VM_STOPPING)
		return "the NET VM is off";
	if (!vm->config.net_index)
		return "it was started without a network card: restart the VM";
	why = fabric->why_no_card(vm);
	if (!why)
		why = fabric->why_no_inside(net);
	if (why)
		return why;
	if (net->tap.state == NET_TAP_ENDED || net->tap.state == NET_TAP_NONE)
		return "vmos-tap ended: restart the NET VM";
	return NULL;
}

/* The words that help most, with the names in them. */
static void show_dead(struct vm *vm, const char *why)
{
	const struct vm *net = manager_find_vm(vm->manager, vm->config.net);
	const char *name = vm->config.name, *via = vm->config.net, *no_cards;

	if (why == not_running)
		set_state(vm, "dead: %s", why);
	else if (vm->manager->fabric->why_no_card(vm) && !net_links_has_cards(vm->manager, &no_cards))
		set_state(vm, "dead: %s", no_cards);
	else if (why == no_rule)
		set_state(vm, "dead: %s (\"vmos rule add %s %s w\")", why, name, via);
	else if (net && net->state == VM_FAILED)
		set_state(vm, "dead: %s failed (\"vmos show %s\")", via, via);
	else if (net && net->tap.state == NET_TAP_ENDED && !vm_is_off(net))
		set_state(vm, "dead: vmos-tap of %s ended (%s): restart %s", via, net->tap.text, via);
	else
		set_state(vm, "dead: %s", why);
}

/* What one that uses no NET VM has instead. */
static void show_uplink(struct vm *vm)
{
	if (vm->config.pci[0])
		set_state(vm, "card %s", vm->config.pci);
	else if (net_links_is_net(vm) && vm->manager->system)
		set_state(vm,
			"none: it has no card, and the vmOS host has no network to lend (\"vmos net cards\", "
			"\"vmos set %s --pci ADDRESS\")",
			vm->config.name);
	else
		set_state(vm, "none");
}

static void look_at_link(struct vm *vm)
{
	struct net_link *l = &vm->link;
	struct vm *net = vm->config.net[0] ? manager_find_vm(vm->manager, vm->config.net) : NULL;
	const char *why = vm->config.net[0] ? why_dead(vm, net) : NULL;
	bool asks = false;

	if (l->via[0] && (why || strcmp(l->via, vm->config.net) != 0 || l->rate_kib != vm->config.net_limit))
		net_hub_unlink(vm);
	if (!vm->config.net[0]) {
		show_uplink(vm);
		return;
	}
	if (why) {
		show_dead(vm, why);
		return;
	}
	has_rule(vm, &asks);
	l->list_due = l->list_due || asks != l->asks;
	l->asks = asks;
	if (!l->via[0] && !l->unplugged && net->tap.state == NET_TAP_UP)
		net_hub_link(net, vm);
	if (l->linked)
		set_state(vm, "up");
	else if (l->unplugged)
		set_state(vm, "dead: vmos-tap could not be given its card: restart the VM");
	else
		set_state(vm, "dead: vmos-tap of %s is not ready yet", vm->config.net);
}

static int handle_wake(sd_event_source *source, void *userdata)
{
	struct manager *m = userdata;

	for (struct vm *vm = m->vms; vm; vm = vm->next)
		look_at_link(vm);
	if (m->fabric->settle)
		m->fabric->settle(m);
	for (struct vm *vm = m->vms; vm; vm = vm->next) {
		if (vm->tap.state != NET_TAP_UP)
			continue;
		net_hub_plug(vm);
		net_hub_send_lists(vm);
	}
	return 0;
}

void net_links_wake(struct manager *m)
{
	if (m->net_wake)
		sd_event_source_set_enabled(m->net_wake, SD_EVENT_ONESHOT);
}

static void handle_lists(struct manager *m, const char *name)
{
	for (struct vm *vm = m->vms; vm; vm = vm->next) {
		if (!name || strcmp(name, vm->config.name) == 0)
			vm->link.list_due = true;
	}
	net_links_wake(m);
}

int net_links_open(struct manager *m)
{
	int r = sd_event_add_defer(m->event, &m->net_wake, handle_wake, m);

	if (r >= 0 && m->fabric->open)
		m->fabric->open(m);
	if (r >= 0)
		r = manager_rules_on_change(m, net_links_wake);
	if (r >= 0)
		net_lists_on_change(m, handle_lists);
	return r < 0 ? r : 0;
}

void net_links_close(struct manager *m)
{
	m->net_wake = sd_event_source_disable_unref(m->net_wake);
}

int net_links_vm_start(struct vm *vm)
{
	const char *why;
	int r;

	if (!net_links_has_cards(vm->manager, &why))
		return 0;
	r = vm->manager->fabric->vm_start(vm);
	if (r == 0 && net_links_is_net(vm))
		net_hub_start(vm);
	return r;
}

void net_links_vm_started(struct vm *vm)
{
	if (vm->manager->fabric->vm_started)
		vm->manager->fabric->vm_started(vm);
}

void net_links_start_net(struct vm *vm)
{
	struct vm *net = vm->config.net[0] ? manager_find_vm(vm->manager, vm->config.net) : NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	bool asks;

	if (!net || !net_links_is_net(net) || !vm_is_off(net) || !has_rule(vm, &asks))
		return;
	log_info("VM %s: starts too, as VM %s uses its network", net->config.name, vm->config.name);
	if (vm_start(net, NULL, &error) < 0)
		log_warning("NET VM %s does not start: %s", net->config.name, error.message ? error.message : "?");
	sd_bus_error_free(&error);
}

void net_links_vm_adopt(struct vm *vm)
{
	vm->manager->fabric->vm_adopt(vm);
	if (net_links_is_net(vm))
		net_hub_adopt(vm);
}

void net_links_vm_off(struct vm *vm)
{
	net_hub_unlink(vm);
	net_hub_stop(vm);
	vm->manager->fabric->vm_off(vm);
	vm->link.unplugged = false;
	net_lists_vm_off(vm->manager, vm);
	net_links_wake(vm->manager);
}

void net_links_dismiss(const char *run_dir)
{
	static const char *const notes[] = { "tap.pid", "switch.pid", "clients.pid" };

	for (unsigned i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		char *path cleanup_free = paths_join(run_dir, notes[i], NULL);

		if (path)
			proc_note_kill(path);
	}
}

void net_links_vm_free(struct vm *vm)
{
	net_hub_unlink(vm);
	if (vm->manager->fabric->vm_free)
		vm->manager->fabric->vm_free(vm);
	net_switch_finish(&vm->nic);
	net_switch_finish(&vm->clients);
	free(vm->link.state);
	vm->link.state = NULL;
}
