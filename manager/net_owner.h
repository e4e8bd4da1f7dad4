/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which program of a guest has a port: what its own agent says, by way of its
 * courier. It is shown as the guest's claim, and decides nothing.
 */
#ifndef MANAGER_NET_OWNER_H
#define MANAGER_NET_OWNER_H

#include <stdint.h>

#define NET_OWNER_WAIT 300000 /* usec; then it is not known */

struct manager;
struct net_asked;
struct net_owner;
struct vm;

/* @program: sanitised; "": not known. Valid during the call only. */
typedef void (*net_owner_fn)(const char *program, void *userdata);

/*
 * Asks whose the flow to @about from @local_port (of ICMP: with that identifier) is. @fn is called once, later. NULL: nobody is there to ask, and @fn is not
 * called; it is freed after the call, or by net_owner_cancel() (NULL is fine).
 */
struct net_owner *net_owner_ask(
	struct vm *vm, const struct net_asked *about, uint16_t local_port, net_owner_fn fn, void *userdata);
void net_owner_cancel(struct net_owner *o);

/* The courier of @vm answers request @id. */
void net_owner_arrived(struct vm *vm, uint32_t id, const char *untrusted_name);
/* @vm ended: what was asked of it is not known. */
void net_owner_forget(struct vm *vm);

#endif
