/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the network cards of VMs are, and how they come to vmos-tap. Two fabrics
 * have one each: net_fabric_vde.c, switches of VDE; net_fabric_kernel.c, TAP
 * devices that vmos-wire makes. Of net_links.c and net_hub.c, and for vm.c.
 */
#ifndef MANAGER_NET_FABRIC_H
#define MANAGER_NET_FABRIC_H

#include <stdbool.h>
#include <stdint.h>

struct domain_paths;
struct manager;
struct vm;

struct net_fabric {
	const char *name;
	/* Before VMs are known: what the vmosd before us left. May be NULL. */
	void (*open)(struct manager *m);
	/* Whether VMs have network cards on this host; where not, why not (static). */
	bool (*has_cards)(const struct manager *m, const char **ret_why);
	/* Fields of the cards of @vm, whose QEMU is to start. */
	void (*describe)(const struct vm *vm, struct domain_paths *paths);

	/* Its cards are there, or will be: QEMU may start. -errno. */
	int (*vm_start)(struct vm *vm);
	/* QEMU runs. May be NULL. */
	void (*vm_started)(struct vm *vm);
	/* It was found running. */
	void (*vm_adopt)(struct vm *vm);
	/* QEMU is gone. */
	void (*vm_off)(struct vm *vm);
	/* @vm is no more; its processes may run on. May be NULL. */
	void (*vm_free)(struct vm *vm);
	/* Why the card by which @vm uses a NET VM, or that of its inside, cannot be used (static); NULL: it can. */
	const char *(*why_no_card)(const struct vm *vm);
	const char *(*why_no_inside)(const struct vm *net);

	/* Starts vmos-tap by net_hub_run_tap(), now or later. -errno; -ENOENT: it is not installed. */
	int (*start_tap)(struct vm *net);
	/* Brings the inside card to vmos-tap: net_hub_inside_plugged() follows. Nothing to do where that is under way. */
	void (*plug)(struct vm *net);
	/* vmos-tap ended: nobody waits for the inside card any more. */
	void (*unplug)(struct vm *net);
	/* Brings the card of @vm, whose link.via says whose client it is now, to vmos-tap: net_hub_plugged() follows. */
	void (*link)(struct vm *vm);
	/* No frame of its may reach vmos-tap any more; link.via is "". */
	void (*cut)(struct vm *vm);
	/* Once a turn of the main loop, when all links have been looked at. May be NULL. */
	void (*settle)(struct manager *m);
};

extern const struct net_fabric net_fabric_vde, net_fabric_kernel;

/* That of the name; NULL: there is none. */
const struct net_fabric *net_fabric_find(const char *name);

/* Of each VM, in the beginning. */
void net_fabric_init(struct vm *vm);

#endif
