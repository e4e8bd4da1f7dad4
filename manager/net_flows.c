/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_flows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager.h"
#include "manager/net_links.h"
#include "manager/net_state.h"
#include "manager/net_why.h"

#define FLOW "(ssssysqqttuuss)"

/* A call under way; each NET VM that is asked holds it. */
struct flows {
	struct manager *manager;
	sd_bus_message *call, *reply; /* owned */
	char vm[VM_NAME_MAX + 1]; /* "": all */
	unsigned waits; /* for so many NET VMs, and once for who asks them */
	int error;
};

/* The flows of one NET VM. */
struct part {
	struct flows *flows;
	char net[VM_NAME_MAX + 1];
};

static void release(struct flows *f)
{
	int r;

	if (--f->waits > 0)
		return;
	r = f->error < 0 ? f->error : sd_bus_message_close_container(f->reply);
	if (r >= 0)
		sd_bus_send(NULL, f->reply, NULL);
	else
		sd_bus_reply_method_errno(f->call, r, NULL);
	sd_bus_message_unref(f->reply);
	sd_bus_message_unref(f->call);
	free(f);
}

static const struct vm *client_of(const struct manager *m, uint32_t index)
{
	const struct vm *vm = m->vms;

	while (vm && (index == 0 || vm->config.net_index != index))
		vm = vm->next;
	return vm;
}

static int append(struct part *p, const struct tap_flow *flow)
{
	const struct manager *m = p->flows->manager;
	const struct vm *vm = client_of(m, flow->index);
	struct net_line_ref line;
	char address[NETPLAN_TEXT];
	const struct net_vm *of;

	if (!vm || (p->flows->vm[0] && strcmp(vm->config.name, p->flows->vm) != 0))
		return 0;
	of = net_state_vm(m->net_lists, vm->config.name, false);
	netplan_format(flow->addr, address);
	net_state_line(vm, flow->generation, flow->line, &line);
	return sd_bus_message_append(p->flows->reply, FLOW, vm->config.name, p->net,
		net_state_program(of, flow->proto, flow->local_port), flow->name, flow->proto, address, flow->port,
		flow->local_port, flow->sent, flow->received, flow->age, flow->idle, net_action_name(flow->action),
		line.text);
}

static void handle_flow(const struct tap_flow *flow, void *userdata)
{
	struct part *p = userdata;
	int r = flow ? append(p, flow) : 0;

	if (r < 0)
		p->flows->error = r;
	if (flow)
		return;
	release(p->flows);
	free(p);
}

/* A NET VM that has no vmos-tap has no flows. */
static void ask(struct flows *f, const struct vm *net)
{
	struct part *p = calloc(1, sizeof(*p));

	if (!p) {
		f->error = -ENOMEM;
		return;
	}
	p->flows = f;
	memcpy(p->net, net->config.name, sizeof(p->net));
	f->waits++;
	if (net_links_flows(f->manager, p->net, handle_flow, p) < 0)
		handle_flow(NULL, p);
}

static int flows_new(struct manager *m, sd_bus_message *call, struct flows **ret)
{
	struct flows *f;
	const char *vm;
	int r = sd_bus_message_read(call, "s", &vm);

	if (r < 0)
		return r;
	if (strlen(vm) > VM_NAME_MAX)
		return -EINVAL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	*f = (struct flows){ .manager = m, .waits = 1 };
	memcpy(f->vm, vm, strlen(vm) + 1);
	r = sd_bus_message_new_method_return(call, &f->reply);
	if (r >= 0)
		r = sd_bus_message_open_container(f->reply, 'a', FLOW);
	if (r < 0) {
		sd_bus_message_unref(f->reply);
		free(f);
		return r;
	}
	f->call = sd_bus_message_ref(call);
	*ret = f;
	return 0;
}

int net_flows_call(sd_bus_message *call, void *manager, sd_bus_error *ret_error)
{
	struct manager *m = manager;
	struct flows *f;
	int r = flows_new(m, call, &f);

	if (r < 0)
		return r;
	for (const struct vm *vm = m->vms; vm; vm = vm->next) {
		if (strcmp(vm->config.kind, VM_KIND_NET) == 0 && !vm_is_off(vm))
			ask(f, vm);
	}
	release(f);
	return 1;
}
