/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Net1: the network lists, asking them, changing the one that vmosd keeps itself, flows and their log. */
#include "manager/net_lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "manager/errors.h"
#include "manager/log_bus.h"
#include "manager/manager.h"
#include "manager/net_build.h"
#include "manager/net_flows.h"
#include "manager/net_log.h"
#include "manager/net_why.h"
#include "manager/polkit.h"
#include "manager/vm_pci.h"

#define NET_INTERFACE "org.vmos.Net1"
#define LINE_MAX_BYTES 1024 /* of a line from a client */
#define LINE "(ssssbutbsu)"

/* One line of what a client sent. 0, or -EINVAL with the reason. */
static int read_line(const char *untrusted_line, struct net_line *ret, sd_bus_error *ret_error)
{
	struct netlist list = { .lines = ret, .cap = 1 };
	struct ruleset_error error = { .line = 1, .column = 1 };
	size_t len = strlen(untrusted_line);

	if (len > LINE_MAX_BYTES || strpbrk(untrusted_line, "\r\n"))
		error.sentence = "a line has at most 1024 bytes";
	else if (netlist_parse(&list, 0, untrusted_line, len, &error) == 0 && list.count == 0)
		error.sentence = "there is nothing in it: a line is as in 'work allow example.org:443/tcp'";
	return list.count == 1
		? 0
		: errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			  "This is no line of a network list, from column %u on: %s.", error.column, error.sentence);
}

static int read_target(const char *untrusted_text, struct net_target *ret, sd_bus_error *ret_error)
{
	struct ruleset_error error = { 0 };

	*ret = (struct net_target){ 0 };
	if (strlen(untrusted_text) < NET_TARGET_TEXT && netlist_parse_target(untrusted_text, ret, &error) == 0)
		return 0;
	return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "\"%.64s\" is no target: %s.", untrusted_text,
		error.sentence ? error.sentence : "it is too long");
}

static int append_targets(sd_bus_message *reply, const struct manager *m, const char *vm)
{
	const bool link_asks = net_state_link_asks(m, vm);
	struct net_build built cleanup_build = { 0 };
	char text[NET_TARGET_TEXT];
	int r = net_build(m->net_lists, vm, link_asks, &built);

	if (r < 0)
		return r;
	r = sd_bus_message_append(reply, LINE, vm, link_asks ? "link" : "default", net_action_name(built.fallback),
		"any", false, 0u, (uint64_t)0, true, "", 0u);
	for (size_t i = built.lines; i < built.count && r >= 0; i++) {
		net_target_format(&built.targets[i], text);
		r = sd_bus_message_append(reply, LINE, vm, "session", net_action_name(built.targets[i].action), text,
			false, 0u, (uint64_t)0, true, "", 0u);
	}
	return r;
}

static int append_line(sd_bus_message *reply, const struct net_set *set, const struct net_line *line, time_t now)
{
	uint64_t until = line->for_seconds ? (uint64_t)net_set_written(set, line) + line->for_seconds : 0;
	char text[NET_TARGET_TEXT];

	net_target_format(&line->target, text);
	return sd_bus_message_append(reply, LINE, line->vm, "file", net_action_name(line->target.action), text,
		line->notify, line->for_seconds, until, !net_set_is_over(set, line, now), net_set_file_of(set, line),
		line->line);
}

/* What is not written, then the lines in their order, then the answers: the last that matches decides. */
static int append_vm(sd_bus_message *reply, const struct manager *m, const char *vm)
{
	const struct net_set *set = &m->net_lists->set;
	const time_t now = time(NULL);
	int r = append_targets(reply, m, vm);

	for (size_t i = 0; i < set->list.count && r >= 0; i++) {
		if (strcmp(set->list.lines[i].vm, vm) == 0)
			r = append_line(reply, set, &set->list.lines[i], now);
	}
	return r;
}

static bool has_lines(const struct net_set *set, const char *vm, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		if (strcmp(set->list.lines[i].vm, vm) == 0)
			return true;
	}
	return false;
}

/* The VMs that have a NET VM or lines, then the names of lines that no VM has. */
static int append_all(sd_bus_message *reply, const struct manager *m)
{
	const struct net_set *set = &m->net_lists->set;
	int r = 0;

	for (const struct vm *vm = m->vms; vm && r >= 0; vm = vm->next) {
		if (vm->config.net[0] || has_lines(set, vm->config.name, set->list.count))
			r = append_vm(reply, m, vm->config.name);
	}
	for (size_t i = 0; i < set->list.count && r >= 0; i++) {
		const char *name = set->list.lines[i].vm;

		if (!manager_find_vm(m, name) && !has_lines(set, name, i))
			r = append_vm(reply, m, name);
	}
	return r;
}

static int handle_list(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	const struct manager *m = userdata;
	sd_bus_message *reply = NULL;
	const char *vm;
	int r = sd_bus_message_read(call, "s", &vm);

	if (r >= 0)
		r = sd_bus_message_new_method_return(call, &reply);
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', LINE);
	if (r >= 0)
		r = vm[0] ? append_vm(reply, m, vm) : append_all(reply, m);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	return r;
}

static int handle_why(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	const char *vm, *text;
	struct net_target target;
	struct net_answer answer;
	int r = sd_bus_message_read(call, "ss", &vm, &text);

	if (r >= 0)
		r = read_target(text, &target, ret_error);
	if (r < 0)
		return r;
	r = net_why(userdata, vm, &target, &answer);
	if (r == -ENOENT)
		return errors_set(
			ret_error, ERROR_NOT_FOUND, "There is no VM %s. \"vmos list\" shows those there are.", vm);
	if (r == -EINVAL)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"\"%s\" is more than one host. Ask about a name, or an address.", text);
	if (r < 0)
		return r;
	r = sd_bus_reply_method_return(
		call, "ssus", net_action_name(answer.action), answer.file, answer.line, answer.sentence);
	free(answer.sentence);
	return r;
}

static int handle_add(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct net_change change = { 0 };
	struct net_line line;
	int r = sd_bus_message_read(call, "s", &change.line);

	if (r >= 0)
		r = read_line(change.line, &line, ret_error);
	change.vm = line.vm;
	change.target = &line.target;
	if (r >= 0)
		r = net_lists_change(userdata, &change, call, ret_error);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

/* A number is that of a line of the file; a target cannot be one. */
static bool read_number(const char *text, unsigned *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '1' || text[0] > '9' || *end || n > 1000000)
		return false;
	*ret = (unsigned)n;
	return true;
}

static int handle_del(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct net_change change = { 0 };
	struct net_target target;
	const char *what;
	int r = sd_bus_message_read(call, "ss", &change.vm, &what);

	if (r >= 0 && !read_number(what, &change.number)) {
		r = read_target(what, &target, ret_error);
		change.target = &target;
	}
	if (r >= 0)
		r = net_lists_change(userdata, &change, call, ret_error);
	return r < 0 ? r : sd_bus_reply_method_return(call, "u", (uint32_t)r);
}

static int handle_open_log(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	int fds[2] = { -1, -1 };
	int r = net_log_readers(userdata, fds);

	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "The network's log cannot be read: %s.", strerror(-r));
	return log_bus_reply(call, fds, 2);
}

static int get_error(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const char *error = net_lists_error(userdata);

	return sd_bus_message_append(reply, "s", error ? error : "");
}

static const struct polkit_gate net_gates[] = {
	{ "ListLines", POLKIT_USE, handle_list },
	{ "Why", POLKIT_USE, handle_why },
	{ "Flows", POLKIT_USE, net_flows_call },
	{ "OpenLog", POLKIT_USE, handle_open_log },
	{ "Cards", POLKIT_USE, vm_pci_cards_call },
	{ "AddLine", POLKIT_MANAGE, handle_add },
	{ "DelLine", POLKIT_MANAGE, handle_del },
	{ 0 },
};

static int handle_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	static const struct polkit_gates gates = { polkit_find_manager, net_gates };

	return polkit_pass(userdata, &gates, call, userdata, ret_error);
}

static const sd_bus_vtable net_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("ListLines", "s", "a" LINE, handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Why", "ss", "ssus", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Flows", "s", "a(ssssysqqttuuss)", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Cards", "", "a(sqqssisbs)", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("OpenLog", "", "ah", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AddLine", "s", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DelLine", "ss", "u", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("ListsError", "s", get_error, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

int net_bus_add(struct manager *m)
{
	int r = sd_bus_add_object_vtable(m->bus, NULL, MANAGER_BUS_PATH, NET_INTERFACE, net_vtable, m);

	return r < 0 ? r : 0;
}
