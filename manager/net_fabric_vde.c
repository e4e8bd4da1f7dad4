/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each card is an end of a switch of its own; vmos-tap gets the other end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "manager/manager.h"
#include "manager/net_fabric.h"
#include "manager/net_hub.h"
#include "manager/net_plug.h"
#include "manager/net_switch.h"
#include "manager/programs.h"

static bool vde_has_cards(const struct manager *m, const char **ret_why)
{
	*ret_why = "vde_switch is missing: install the package vde2, then restart the VM";
	return net_switch_is_installed();
}

static bool has_card(const struct vm *vm)
{
	return !net_links_is_net(vm) || vm->config.net[0];
}

static void vde_describe(const struct vm *vm, struct domain_paths *paths)
{
	if (has_card(vm))
		paths->nic = vm->nic.dir;
	if (net_links_is_net(vm))
		paths->clients = vm->clients.dir;
}

static void drop_start(struct net_switch_start *start)
{
	free((char *)start->program);
}

#define cleanup_start __attribute__((cleanup(drop_start)))

/* How the VM's processes are started, for cleanup_start. Its program is NULL where vmos-confine is not installed. */
static struct net_switch_start start_by(struct vm *vm)
{
	return (struct net_switch_start){
		.event = vm->manager->event,
		.identity = &vm->identity,
		.program = programs_find(vm->manager->libexec, "confine"),
	};
}

static void handle_switch_ended(struct net_switch *sw, void *userdata)
{
	struct vm *vm = userdata;

	vm_set_error(vm, "A switch of its network (%s) ended. Restart the VM to have its network back.", sw->dir);
	net_links_wake(vm->manager);
}

static void init_switch(struct vm *vm, struct net_switch *sw)
{
	sw->ended = handle_switch_ended;
	sw->userdata = vm;
}

static int vde_vm_start(struct vm *vm)
{
	struct net_switch_start start cleanup_start = start_by(vm);
	int r = 0;

	if (!start.program)
		return -ENOENT;
	init_switch(vm, &vm->nic);
	init_switch(vm, &vm->clients);
	if (has_card(vm))
		r = net_switch_start(&vm->nic, &start);
	if (r == 0 && net_links_is_net(vm))
		r = net_switch_start(&vm->clients, &start);
	return r;
}

static void adopt_switch(struct vm *vm, struct net_switch *sw)
{
	init_switch(vm, sw);
	if (net_switch_adopt(sw, vm->manager->event) < 0)
		log_debug("VM %s: no switch runs in %s", vm->config.name, sw->dir);
}

static void vde_vm_adopt(struct vm *vm)
{
	adopt_switch(vm, &vm->nic);
	if (net_links_is_net(vm))
		adopt_switch(vm, &vm->clients);
}

static void vde_vm_off(struct vm *vm)
{
	net_switch_stop(&vm->nic);
	net_switch_stop(&vm->clients);
}

static const char *vde_why_no_card(const struct vm *vm)
{
	return vm->nic.pid ? NULL : "its switch ended, or it was started without a network card: restart the VM";
}

static const char *vde_why_no_inside(const struct vm *net)
{
	return net->clients.pid ? NULL : "the NET VM's switch ended, or it was started without one: restart the NET VM";
}

static int vde_start_tap(struct vm *net)
{
	return net_hub_run_tap(net, NULL);
}

static int open_plug(struct vm *vm, const char *dir, net_plug_fn done, struct net_plug **ret_plug)
{
	struct net_switch_start start cleanup_start = start_by(vm);

	if (!start.program)
		return -ENOENT;
	return net_plug_open(&start, dir, done, vm, ret_plug);
}

static void handle_inside(const int *fds, void *userdata)
{
	struct vm *net = userdata;

	net->hub.plug = NULL;
	net_hub_inside_plugged(net, 0, fds);
}

static void vde_plug(struct vm *net)
{
	if (!net->hub.plug && open_plug(net, net->clients.dir, handle_inside, &net->hub.plug) < 0)
		handle_inside(NULL, net);
}

static void vde_unplug(struct vm *net)
{
	net_plug_cancel(net->hub.plug);
	net->hub.plug = NULL;
}

static void handle_card(const int *fds, void *userdata)
{
	struct vm *vm = userdata;

	vm->link.plug = NULL;
	vm->link.ctl = fds ? fcntl(fds[1], F_DUPFD_CLOEXEC, 3) : -1;
	net_hub_plugged(vm, 0, vm->link.ctl < 0 ? NULL : fds);
}

static void vde_link(struct vm *vm)
{
	if (open_plug(vm, vm->nic.dir, handle_card, &vm->link.plug) < 0)
		handle_card(NULL, vm);
}

/* The switch sees the end of the socket that vmos-tap has too. */
static void vde_cut(struct vm *vm)
{
	struct net_link *l = &vm->link;

	net_plug_cancel(l->plug);
	l->plug = NULL;
	if (l->ctl >= 0) {
		shutdown(l->ctl, SHUT_RDWR);
		close(l->ctl);
	}
	l->ctl = -1;
}

const struct net_fabric net_fabric_vde = {
	.name = "vde",
	.has_cards = vde_has_cards,
	.describe = vde_describe,
	.vm_start = vde_vm_start,
	.vm_adopt = vde_vm_adopt,
	.vm_off = vde_vm_off,
	.why_no_card = vde_why_no_card,
	.why_no_inside = vde_why_no_inside,
	.start_tap = vde_start_tap,
	.plug = vde_plug,
	.unplug = vde_unplug,
	.link = vde_link,
	.cut = vde_cut,
};
