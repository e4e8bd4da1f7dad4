/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few things that init asks of rtnetlink(7). Addresses are 16 bytes as in
 * proto/netplan.h; what they mean follows from them. All return 0 or -errno.
 */
#ifndef AGENT_INIT_NETLINK_H
#define AGENT_INIT_NETLINK_H

#include <stdint.h>

#include "proto/netplan.h"

struct netlink {
	int fd;
	uint32_t seq;
};

int netlink_open(struct netlink *nl);
void netlink_close(struct netlink *nl);

/* Renames a device that is down. */
int netlink_rename(struct netlink *nl, int device, const char *name);
int netlink_up(struct netlink *nl, int device, uint32_t mtu);
/* An address for the whole of its bits, without a network behind it and without duplicate address detection. */
int netlink_add_address(struct netlink *nl, int device, const uint8_t addr[NETPLAN_ADDR]);
/* To @bits of @net, whose hosts are on the link. @bits: of an IPv4 or IPv6 address, as everybody counts them. */
int netlink_add_route(struct netlink *nl, int device, const uint8_t net[NETPLAN_ADDR], uint8_t bits);
/* To all, by @gateway, which is on the link whatever its address. */
int netlink_add_default(struct netlink *nl, int device, const uint8_t gateway[NETPLAN_ADDR]);
/* For good: nobody is ever asked for it. */
int netlink_add_neighbour(
	struct netlink *nl, int device, const uint8_t addr[NETPLAN_ADDR], const uint8_t mac[NETPLAN_MAC]);

#endif
