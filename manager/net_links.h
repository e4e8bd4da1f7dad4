/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of VMs to their NET VMs: one is there while both run, the VM names
 * that NET VM, and a rule "VM NETVM w" is in force. What counts is brought to
 * vmos-tap on the next turn of the main loop, whatever changed.
 */
#ifndef MANAGER_NET_LINKS_H
#define MANAGER_NET_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

#include "proto/tap.h"

struct manager;
struct net_flows_call;
struct net_plug;
struct vm;

/* Of a VM that uses a NET VM. */
struct net_link {
	char via[VM_NAME_MAX + 1]; /* the NET VM whose vmos-tap has its plug, or is to get it; "": none */
	struct net_plug *plug; /* being opened for it; may be NULL */
	bool linked; /* vmos-tap has it */
	int ctl; /* the plug's control socket: with its end the plug is dead, whatever vmos-tap does; -1: found, or none */
	bool unplugged; /* it could not be had: the switch or vmos-wire is gone, or busy until the next change */
	bool asks; /* the rule says ask … */
	bool list_due; /* vmos-tap has not been told the list that counts */
	uint32_t rate_kib; /* that vmos-tap was told */
	struct tap_stats stats; /* the last ones told */
	bool stats_wanted;
	char *state; /* of NetState; owned; NULL: "none" */
};

/* Of a NET VM. */
struct net_hub {
	struct net_plug *plug; /* of its inside card, being opened; may be NULL */
	bool plugged; /* vmos-tap has it */
	struct net_flows_call *flows; /* who waits for FLOW, the first one now; owned */
};

int net_links_open(struct manager *m);
void net_links_close(struct manager *m);

/* Something changed: looks at all links on the next turn of the main loop. */
void net_links_wake(struct manager *m);

bool net_links_is_net(const struct vm *vm);
/* Whether VMs have network cards in this mode and on this host; where not, why not (static). */
bool net_links_has_cards(const struct manager *m, const char **ret_why);
/* What the property NetState says. */
const char *net_links_state(const struct vm *vm);

/* Its index, if it has none yet. -ENOSPC: none is left. */
int net_links_give_index(struct vm *vm);
/* Whether @vm may use the NET VM @net ("": none) from now on; < 0: @ret_error says why not. */
int net_links_check(const struct vm *vm, const char *net, sd_bus_error *ret_error);
/* The names of the VMs that use the NET VM @name, comma separated; NULL: none. The caller frees it. */
char *net_links_users(const struct manager *m, const char *name);

/* vm_start: its cards, and of a NET VM vmos-tap; what QEMU finds of these must be there before it. -errno. */
int net_links_vm_start(struct vm *vm);
/* QEMU runs. */
void net_links_vm_started(struct vm *vm);
/* The NET VM of @vm starts too, where the rule is there. */
void net_links_start_net(struct vm *vm);
/* It was found running. */
void net_links_vm_adopt(struct vm *vm);
/* QEMU is gone. */
void net_links_vm_off(struct vm *vm);
/* What a VM that does not run has left in @run_dir. */
void net_links_dismiss(const char *run_dir);
void net_links_vm_free(struct vm *vm);

/* net_hub.c: asks vmos-tap for the numbers of @vm's link. False: there is none to ask. */
bool net_links_query(struct vm *vm);

/* The user's answer to the question @id of @vm. -errno: nobody waits for it any more. */
int net_links_answer(struct manager *m, struct vm *vm, uint32_t id, bool allow);

typedef void (*net_flows_fn)(const struct tap_flow *flow /* NULL: the end */, void *userdata);
/* Calls @fn, later, for each flow through the NET VM @net and once more at the end. -errno: it has none. */
int net_links_flows(struct manager *m, const char *net, net_flows_fn fn, void *userdata);

#endif
