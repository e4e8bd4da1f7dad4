/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each card is a TAP device that vmos-wire makes (proto/wire.h). It waits, down,
 * in a namespace where no link leads to; a link moves it to the NET VM's, where
 * the filter stands on it, and back. A card has one request on its way at a
 * time: what is to follow is decided by what its link wants then.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/smack.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/net_fabric.h"
#include "manager/net_hub.h"
#include "manager/net_wire.h"
#include "manager/smack_rules.h"

#define INSIDE 0 /* index */

static const char lost_wire[] = "vmos-wire ended";

static bool kernel_has_cards(const struct manager *m, const char **ret_why)
{
	struct stat st;

	*ret_why = "vmos-confine is not in use, which QEMU has its network card from: see vmos status";
	if (!m->confine.on)
		return false;
	*ret_why = "vmos-wire does not listen: start vmos-wire.socket, then restart the VM";
	return stat(m->wire_path, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool has_card(const struct vm *vm)
{
	return !net_links_is_net(vm) || vm->config.net[0];
}

static void kernel_describe(const struct vm *vm, struct domain_paths *paths)
{
	paths->taps = true;
	if (has_card(vm))
		paths->nic = vm->card_socket;
	if (net_links_is_net(vm))
		paths->clients = vm->inside_socket;
}

/* The NET VM whose run @w is of; NULL: none, cards there go home. */
static struct vm *owner_of(const struct manager *m, const struct net_wire *w)
{
	struct vm *net = manager_find_vm(m, w->name);

	return net && net->inside.wire == w ? net : NULL;
}

static struct net_wire *find_wire(const struct manager *m, const char *name)
{
	struct net_wire *w = m->wires;

	while (w && strcmp(w->name, name) != 0)
		w = w->next;
	return w;
}

static void add_wire(struct manager *m, struct net_wire *w)
{
	w->next = m->wires;
	m->wires = w;
}

static void drop_wire(struct manager *m, struct net_wire *w)
{
	struct net_wire **at = &m->wires;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
}

static void handle_ready(struct net_wire *w)
{
	net_links_wake(w->start.userdata);
}

static void lose(struct net_card *c)
{
	c->at = c->to = NULL;
	c->asked = false;
	c->state = NET_CARD_LOST;
}

/* Whoever had a request on its way there has been told. */
static void lose_cards(struct manager *m, const struct net_wire *w)
{
	for (struct vm *vm = m->vms; vm; vm = vm->next) {
		struct net_card *c = &vm->card;

		if (c->to == w)
			c->to = NULL;
		if (c->at == w)
			lose(c);
	}
}

static void handle_ended(struct net_wire *w, const char *why)
{
	struct manager *m = w->start.userdata;
	struct vm *net = owner_of(m, w);

	log_warning("%s%s: %s", w->name[0] ? "The cards of the clients of NET VM " : "The cards without a link",
		w->name, why);
	drop_wire(m, w);
	lose_cards(m, w);
	if (net) {
		net->inside.wire = NULL;
		net_hub_lose(net, lost_wire);
	}
	net_links_wake(m);
}

static const struct net_wire_ops wire_ops = { .ready = handle_ready, .ended = handle_ended };

static struct net_wire_start start_of(struct manager *m)
{
	return (struct net_wire_start){ .event = m->event, .path = m->wire_path, .ops = &wire_ops, .userdata = m };
}

static int open_wire(struct manager *m, const char *name, struct net_wire **ret_wire)
{
	const struct net_wire_start start = start_of(m);
	int r = net_wire_open(&start, name, ret_wire);

	if (r == 0)
		add_wire(m, *ret_wire);
	return r;
}

/* Where cards wait. */
static int find_home(struct manager *m, struct net_wire **ret_wire)
{
	*ret_wire = find_wire(m, "");
	return *ret_wire ? 0 : open_wire(m, "", ret_wire);
}

static bool is_home(const struct net_wire *w)
{
	return w && !w->name[0];
}

static void refuse_stored(const char *stored, const int fds[2])
{
	log_warning("What systemd kept as %s cannot be used", stored);
	sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", stored);
	for (unsigned i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* Both that have the name of the first one, whose names are taken away. */
static void take_pair(char **names, int first, int n, int ret_fds[2])
{
	ret_fds[0] = ret_fds[1] = -1;
	for (int i = n - 1; i >= first; i--) {
		int fd = SD_LISTEN_FDS_START + i;

		if (strcmp(names[i], names[first]) != 0)
			continue;
		ret_fds[sd_is_socket(fd, AF_UNIX, SOCK_SEQPACKET, 0) > 0 ? 0 : 1] = fd;
		if (i > first)
			names[i][0] = '\0';
	}
}

/* What systemd kept: of each name a connection and a namespace. */
static void kernel_open(struct manager *m)
{
	const struct net_wire_start start = start_of(m);
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);

	for (int i = 0; i < n; i++) {
		const char *name = net_wire_stored_name(names[i]);
		struct net_wire *w;
		int fds[2];

		if (!name)
			continue;
		take_pair(names, i, n, fds);
		if (fds[0] < 0 || fds[1] < 0)
			refuse_stored(names[i], fds);
		else if (net_wire_adopt(&start, name, fds, &w) == 0)
			add_wire(m, w);
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static void fail_start(struct vm *vm, const char *text)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	errors_set(&error, ERROR_FAILED, "VM %s cannot start: its network card could not be made (%s).",
		vm->config.name, text);
	vm_start_fail(vm, &error);
	sd_bus_error_free(&error);
}

static void handle_made(const struct net_wire_reply *reply, void *userdata)
{
	struct vm *vm = userdata;
	struct net_card *c = &vm->card;

	if (reply->error < 0) {
		net_cable_close(&c->cable);
		c->at = NULL;
		c->state = NET_CARD_NONE;
		fail_start(vm, reply->text);
		return;
	}
	c->state = NET_CARD_DOWN;
	net_cable_give(&c->cable, steal_fd(&reply->fds[0]));
	net_links_wake(vm->manager);
}

static void handle_inside_made(const struct net_wire_reply *reply, void *userdata)
{
	struct vm *net = userdata;

	if (reply->error == 0) {
		net_cable_give(&net->inside.cable, steal_fd(&reply->fds[0]));
		return;
	}
	net_cable_close(&net->inside.cable);
	fail_start(net, reply->text);
}

/* In system mode QEMU may receive a queue, and set it up, until it runs. */
static int handle_permit(void *userdata)
{
	const struct vm *vm = userdata;

	return vm->identity.apart ? smack_rules_card(vm->config.name, true) : 0;
}

static void kernel_vm_started(struct vm *vm)
{
	if (vm->identity.apart && smack_rules_card(vm->config.name, false) < 0)
		log_warning("VM %s: its QEMU may still receive network cards", vm->config.name);
}

static int open_cable(struct vm *vm, struct net_cable *cable, const char *path)
{
	const struct net_cable_start start = { .event = vm->manager->event,
		.identity = &vm->identity,
		.path = path,
		.permit = handle_permit,
		.userdata = vm };

	return net_cable_open(cable, &start);
}

static int make_card(struct vm *vm)
{
	struct net_card *c = &vm->card;
	struct net_wire *home;
	int r = find_home(vm->manager, &home);

	if (r == 0)
		r = open_cable(vm, &c->cable, vm->card_socket);
	if (r == 0)
		r = net_wire_ask(home, WIRE_MAKE, vm->config.net_index, handle_made, vm);
	if (r < 0)
		return r;
	c->state = NET_CARD_BUSY;
	c->at = home;
	return 0;
}

static int make_inside(struct vm *net)
{
	struct net_inside *inside = &net->inside;
	int r = open_wire(net->manager, net->config.name, &inside->wire);

	if (r == 0)
		r = open_cable(net, &inside->cable, net->inside_socket);
	return r < 0 ? r : net_wire_ask(inside->wire, WIRE_MAKE, INSIDE, handle_inside_made, net);
}

static int kernel_vm_start(struct vm *vm)
{
	int r = has_card(vm) ? make_card(vm) : 0;

	return r == 0 && net_links_is_net(vm) ? make_inside(vm) : r;
}

static void kernel_vm_adopt(struct vm *vm)
{
	if (has_card(vm) && vm->config.net_index)
		vm->card.state = NET_CARD_FOUND;
	if (net_links_is_net(vm))
		vm->inside.wire = find_wire(vm->manager, vm->config.name);
	kernel_vm_started(vm);
}

/* The NET VM's connection stays until all cards of clients have gone home. */
static void kernel_vm_free(struct vm *vm)
{
	for (struct net_wire *w = vm->manager->wires; w; w = w->next)
		net_wire_forget(w, vm);
	net_cable_close(&vm->card.cable);
	net_cable_close(&vm->inside.cable);
	net_fabric_init(vm);
}

static void kernel_vm_off(struct vm *vm)
{
	struct net_card *c = &vm->card;

	kernel_vm_started(vm);
	/* the device is gone, or will be: what was in the tables for it is, too */
	if (c->at && !is_home(c->at) && c->state != NET_CARD_FOUND)
		(void)net_wire_ask(c->at, WIRE_DROP, vm->config.net_index, NULL, NULL);
	kernel_vm_free(vm);
}

static const char *kernel_why_no_card(const struct vm *vm)
{
	switch (vm->card.state) {
	case NET_CARD_NONE:
		return "it was started without a network card: restart the VM";
	case NET_CARD_LOST:
		return "its network card cannot be reached any more, as vmos-wire ended: restart the VM";
	default:
		return NULL;
	}
}

static const char *kernel_why_no_inside(const struct vm *net)
{
	return net->inside.wire ? NULL
				: "vmos-wire of the NET VM ended, or it was started without one: restart the NET VM";
}

/*
 * The socket by which vmos-tap sends: by its labels the kernel decides who may
 * receive it. It is the same one each time that vmos-wire is asked, so vmosd
 * must be able to receive it again for the next vmos-tap.
 */
static int label_sockets(const struct vm *net, const int *fds, unsigned n)
{
	struct stat st;
	int r = 0;

	for (unsigned i = 0; net->identity.apart && r == 0 && i < n; i++) {
		r = fstat(fds[i], &st) < 0 ? -errno : 0;
		if (r == 0 && S_ISSOCK(st.st_mode))
			r = smack_fd_set(fds[i], LABEL_ANY);
	}
	return r;
}

static void handle_shared(const struct net_wire_reply *reply, void *userdata)
{
	struct vm *net = userdata;
	int r;

	if (net->tap.state != NET_TAP_STARTING)
		return;
	if (reply->error < 0) {
		net_hub_give_up(net, reply->text);
		return;
	}
	r = label_sockets(net, reply->fds, reply->nfds);
	if (r == 0)
		r = net_hub_run_tap(net, reply->fds);
	if (r < 0)
		net_hub_give_up(net, r == -ENOENT ? "it is not installed" : strerror(-r));
}

static int kernel_start_tap(struct vm *net)
{
	int r = net->inside.wire ? net_wire_ask(net->inside.wire, WIRE_SHARE, 0, handle_shared, net) : -ENOTCONN;

	if (r == 0)
		net->tap.state = NET_TAP_STARTING;
	return r;
}

static void handle_inside_up(const struct net_wire_reply *reply, void *userdata)
{
	struct vm *net = userdata;

	net->inside.asked = false;
	/* one that has ended meanwhile is started again, and asks anew */
	if (net->tap.state == NET_TAP_UP)
		net_hub_inside_plugged(net, reply->ifindex, NULL);
}

static void kernel_plug(struct vm *net)
{
	if (net->inside.asked)
		return;
	net->inside.asked = net_wire_ask(net->inside.wire, WIRE_TAKE, INSIDE, handle_inside_up, net) == 0;
	if (!net->inside.asked)
		net_hub_inside_plugged(net, 0, NULL);
}

static void kernel_unplug(struct vm *net)
{
}

static void kernel_link(struct vm *vm)
{
	net_links_wake(vm->manager);
}

/* vmos-tap was told; its card goes home with the next turn, which ends its flows whatever vmos-tap does. */
static void kernel_cut(struct vm *vm)
{
	net_links_wake(vm->manager);
}

static void card_failed(struct vm *vm, const struct net_wire_reply *reply, const char *what)
{
	/* that of a QEMU that ends is gone meanwhile */
	if (vm->state == VM_STOPPING || vm_is_off(vm))
		log_debug("VM %s: its network card was not %s: %s", vm->config.name, what, reply->text);
	else
		log_warning("VM %s: its network card could not be %s: %s", vm->config.name, what, reply->text);
	if (vm->link.via[0])
		net_hub_plugged(vm, 0, NULL);
}

static void handle_moved(const struct net_wire_reply *reply, void *userdata)
{
	struct vm *vm = userdata;
	struct net_card *c = &vm->card;

	if (reply->error == 0)
		c->at = c->to;
	c->to = NULL;
	c->state = NET_CARD_DOWN;
	/* where it was not taken to, or cannot be fetched from */
	if (!c->at || reply->error == -ECONNRESET || (reply->error < 0 && !is_home(c->at)))
		lose(c);
	if (reply->error < 0)
		card_failed(vm, reply, "moved");
	net_links_wake(vm->manager);
}

static void move(struct vm *vm, struct net_wire *to)
{
	struct net_card *c = &vm->card;

	if (!to->is_ready)
		return;
	c->to = to;
	c->state = NET_CARD_BUSY;
	if (net_wire_give(c->at, vm->config.net_index, to, handle_moved, vm) < 0)
		lose(c);
}

static void handle_taken(const struct net_wire_reply *reply, void *userdata)
{
	struct vm *vm = userdata;
	struct net_card *c = &vm->card;

	c->ifindex = reply->ifindex;
	c->state = reply->error == 0 ? NET_CARD_UP : NET_CARD_DOWN;
	if (reply->error == -ECONNRESET)
		lose(c);
	if (reply->error < 0)
		card_failed(vm, reply, "filtered");
	net_links_wake(vm->manager);
}

static void take(struct vm *vm)
{
	struct net_card *c = &vm->card;

	c->state = NET_CARD_BUSY;
	if (net_wire_ask(c->at, WIRE_TAKE, vm->config.net_index, handle_taken, vm) < 0)
		lose(c);
}

static void send_home(struct vm *vm)
{
	struct net_wire *home;

	if (is_home(vm->card.at))
		return;
	if (find_home(vm->manager, &home) < 0)
		lose(&vm->card);
	else
		move(vm, home);
}

static void handle_looked(const struct net_wire_reply *reply, void *userdata);

/* Asks @w, or the next one that takes a request, whether it has the card. */
static void look(struct vm *vm, struct net_wire *w)
{
	struct net_card *c = &vm->card;

	c->asked = false;
	for (; w && !c->asked; w = c->asked ? w : w->next) {
		c->at = w;
		c->asked = net_wire_ask(w, WIRE_HAS, vm->config.net_index, handle_looked, vm) == 0;
	}
	if (!c->asked)
		lose(c);
}

static void handle_looked(const struct net_wire_reply *reply, void *userdata)
{
	struct vm *vm = userdata;
	struct net_card *c = &vm->card;

	if (reply->error < 0) {
		look(vm, c->at ? c->at->next : NULL);
	} else {
		c->asked = false;
		c->ifindex = reply->ifindex;
		/* vmos-tap was told of it only when it was up */
		c->state = vm->link.linked && !is_home(c->at) ? NET_CARD_UP : NET_CARD_DOWN;
		vm->link.linked = vm->link.linked && !is_home(c->at);
	}
	net_links_wake(vm->manager);
}

static bool all_are_ready(const struct manager *m)
{
	for (const struct net_wire *w = m->wires; w; w = w->next) {
		if (!w->is_ready)
			return false;
	}
	return true;
}

/* A card that is where its link does not want it. While vmos-tap starts, nobody knows yet what it will be told. */
static void leave(struct vm *vm, struct net_wire *to)
{
	const struct vm *net = owner_of(vm->manager, vm->card.at);

	if (is_home(vm->card.at) && to)
		move(vm, to);
	else if (!net || net->tap.state != NET_TAP_STARTING)
		send_home(vm);
}

static void settle_card(struct vm *vm)
{
	const struct vm *net = vm->link.via[0] ? manager_find_vm(vm->manager, vm->link.via) : NULL;
	struct net_wire *to = net ? net->inside.wire : NULL;
	struct net_card *c = &vm->card;

	switch (c->state) {
	case NET_CARD_FOUND:
		if (!c->asked && all_are_ready(vm->manager))
			look(vm, vm->manager->wires);
		break;
	case NET_CARD_DOWN:
		if (!to || c->at != to)
			leave(vm, to);
		else
			take(vm);
		break;
	case NET_CARD_UP:
		if (!to || c->at != to)
			leave(vm, to);
		else if (!vm->link.linked)
			net_hub_plugged(vm, c->ifindex, NULL);
		break;
	default:
		break;
	}
}

static bool is_used(const struct manager *m, const struct net_wire *w)
{
	if (is_home(w) || owner_of(m, w))
		return true;
	for (const struct vm *vm = m->vms; vm; vm = vm->next) {
		if (vm->card.state == NET_CARD_FOUND || vm->card.at == w || vm->card.to == w)
			return true;
	}
	return false;
}

static void kernel_settle(struct manager *m)
{
	struct net_wire *w, *next;

	if (m->blind)
		return;
	for (struct vm *vm = m->vms; vm; vm = vm->next)
		settle_card(vm);
	for (w = m->wires; w; w = next) {
		next = w->next;
		if (is_used(m, w))
			continue;
		drop_wire(m, w);
		net_wire_close(w);
	}
}

const struct net_fabric net_fabric_kernel = {
	.name = "kernel",
	.open = kernel_open,
	.has_cards = kernel_has_cards,
	.describe = kernel_describe,
	.vm_start = kernel_vm_start,
	.vm_started = kernel_vm_started,
	.vm_adopt = kernel_vm_adopt,
	.vm_off = kernel_vm_off,
	.vm_free = kernel_vm_free,
	.why_no_card = kernel_why_no_card,
	.why_no_inside = kernel_why_no_inside,
	.start_tap = kernel_start_tap,
	.plug = kernel_plug,
	.unplug = kernel_unplug,
	.link = kernel_link,
	.cut = kernel_cut,
	.settle = kernel_settle,
};
