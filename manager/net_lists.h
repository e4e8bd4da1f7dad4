/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each VM may reach on the network: the lists of net.d in force, what the
 * user answered for the session, and the questions that are open.
 */
#ifndef MANAGER_NET_LISTS_H
#define MANAGER_NET_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

#include "proto/tap.h"

#define NET_LISTS_FNS 4

struct manager;
struct vm;

typedef void (*net_lists_fn)(struct manager *m, const char *vm /* NULL: all */);

/* Reads the lists and watches their folders. What is wrong with a file is logged. -errno. */
int net_lists_open(struct manager *m);
/* Ends the questions: all of them are a no. */
void net_lists_finish(struct manager *m);
void net_lists_close(struct manager *m);

/* The folder that vmosd itself writes a list to; borrowed. */
const char *net_lists_folder(const struct manager *m);
/* Reads the files again, and has what they say in force when it returns. As net_set_load(). */
int net_lists_reload(struct manager *m);
/* Why the files were not taken; NULL: they were. As long as none were since vmosd began, no VM reaches anything. */
const char *net_lists_error(const struct manager *m);
size_t net_lists_count(const struct manager *m); /* lines in force */

/*
 * What counts for @vm now, in order: its lines, and the user's answers for the
 * session. @link_asks: the rule that opens its link says ask. The array is the
 * caller's to free. @ret_generation numbers the list, and is the same as long
 * as the list is. -ENOMEM.
 */
int net_lists_targets(struct manager *m, const char *vm, bool link_asks, struct net_target **ret_targets,
	size_t *ret_count, enum net_action *ret_fallback, unsigned *ret_generation);
/* Has @fn called whenever another list than before counts for a VM, or for all. At most NET_LISTS_FNS. */
void net_lists_on_change(struct manager *m, void (*fn)(struct manager *m, const char *vm /* NULL: all */));

/* vmos-tap asks, does not ask any more, or tells what happened. */
void net_lists_question(struct manager *m, struct vm *vm, const struct tap_flow *flow);
void net_lists_withdraw(struct manager *m, struct vm *vm, uint32_t id);
void net_lists_log(struct manager *m, struct vm *vm, const struct tap_flow *flow);
/* The link of @vm is gone, and with it what waits there: numbers of questions may come again, of other flows. */
void net_lists_unlinked(struct manager *m, struct vm *vm);
/* @vm ended: its questions are withdrawn, and what was answered for the session is forgotten. */
void net_lists_vm_off(struct manager *m, struct vm *vm);

/*
 * Adds @line, or (@line NULL) removes @vm's lines about @target, or its line
 * @number of 50-vmos.net. How many lines went; < 0: @ret_error says why.
 * @call: who asks for it; NULL: an answer of the user's.
 */
struct net_change {
	const char *vm, *line;
	const struct net_target *target;
	unsigned number;
};
int net_lists_change(struct manager *m, const struct net_change *change, sd_bus_message *call, sd_bus_error *ret_error);

/* net_bus.c: org.vmos.Net1. */
int net_bus_add(struct manager *m);

#endif
