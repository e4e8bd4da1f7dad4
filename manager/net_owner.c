/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_owner.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager.h"
#include "manager/net_state.h"
#include "proto/text.h"

#define OPEN_MAX 256 /* in all; of one VM its courier takes HELPER_OWNERS_MAX */

struct net_owner {
	struct net_owner *next; /* net_lists.owners */
	struct vm *vm;
	uint32_t id;
	uint8_t proto;
	uint16_t port;
	net_owner_fn fn;
	void *userdata;
	sd_event_source *timer;
};

/* -errno: it cannot be asked. */
static int send_request(struct vm *vm, const struct net_owner *o, const struct net_asked *about)
{
	struct helper_msg msg = { .type = HELPER_OWNER_REQ };

	msg.owner_req.id = o->id;
	msg.owner_req.port = o->port;
	msg.owner_req.proto = about->proto == NET_ICMP && !netplan_is_ipv4(about->addr) ? IPPROTO_ICMPV6 : about->proto;
	return helper_send(&vm->helper[HELPER_COURIER], &msg, NULL);
}

static void unlink_owner(struct net_owner *o)
{
	struct net_owner **at = &o->vm->manager->net_lists->owners;

	while (*at && *at != o)
		at = &(*at)->next;
	if (*at)
		*at = o->next;
}

void net_owner_cancel(struct net_owner *o)
{
	if (!o)
		return;
	unlink_owner(o);
	sd_event_source_disable_unref(o->timer);
	free(o);
}

static void finish(struct net_owner *o, const char *program)
{
	unlink_owner(o);
	o->fn(program, o->userdata);
	sd_event_source_disable_unref(o->timer);
	free(o);
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	finish(userdata, "");
	return 0;
}

static unsigned count_open(const struct net_lists *n)
{
	unsigned count = 0;

	for (const struct net_owner *o = n->owners; o; o = o->next)
		count++;
	return count;
}

struct net_owner *net_owner_ask(
	struct vm *vm, const struct net_asked *about, uint16_t local_port, net_owner_fn fn, void *userdata)
{
	struct net_lists *n = vm->manager->net_lists;
	struct net_owner *o = vm->agent == VM_AGENT_READY && local_port > 0 && count_open(n) < OPEN_MAX
		? calloc(1, sizeof(*o))
		: NULL;

	if (!o)
		return NULL;
	if (++n->last_owner == 0)
		n->last_owner = 1;
	*o = (struct net_owner){ n->owners, vm, n->last_owner, about->proto, local_port, fn, userdata, NULL };
	if (send_request(vm, o, about) < 0 ||
		sd_event_add_time_relative(
			vm->manager->event, &o->timer, CLOCK_MONOTONIC, NET_OWNER_WAIT, 1000, handle_timeout, o) < 0) {
		free(o);
		return NULL;
	}
	n->owners = o;
	return o;
}

void net_owner_arrived(struct vm *vm, uint32_t id, const char *untrusted_name)
{
	struct net_lists *n = vm->manager->net_lists;
	struct net_owner *o = n ? n->owners : NULL;
	struct net_program program = { 0 };
	struct net_vm *of;

	while (o && (o->vm != vm || o->id != id))
		o = o->next;
	if (!o)
		return;
	text_sanitise((const uint8_t *)untrusted_name, strnlen(untrusted_name, NET_PROGRAM_MAX), program.name,
		sizeof(program.name));
	program.proto = o->proto;
	program.port = o->port;
	of = net_state_vm(n, vm->config.name, true);
	if (of)
		net_state_keep_program(of, &program);
	finish(o, program.name);
}

void net_owner_forget(struct vm *vm)
{
	struct net_owner *o = vm->manager->net_lists->owners, *next;

	for (; o; o = next) {
		next = o->next;
		if (o->vm != vm)
			continue;
		finish(o, "");
		next = vm->manager->net_lists->owners; /* the callee may have asked or cancelled others */
	}
}
