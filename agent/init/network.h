/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of a guest. All addresses follow from a number on the kernel
 * command line (proto/netplan.h) and never change, so it is set up once, by a
 * child of init that ends then: no daemon, nothing that wakes.
 */
#ifndef AGENT_INIT_NETWORK_H
#define AGENT_INIT_NETWORK_H

#include <stdint.h>

struct netlink;

/* A client: an APP VM, or a NET VM that uses another one. 0: done, or it has no network card. -errno, logged. */
int network_client(uint32_t index);

/* The addresses, routes and resolver of client @index on device @name. -errno. */
int network_set_up(struct netlink *nl, const char *name, uint32_t index);

/* What network_server() has set up: bits. */
#define NETWORK_INSIDE 1 /* the clients' side: the resolver may start */
#define NETWORK_DYNAMIC 2 /* an uplink that waits for DHCP */

/*
 * A NET VM. @index: of its uplink, which is another NET VM; 0: its uplink is
 * the card that does not lead to the clients, whatever it is.
 * Returns NETWORK_* bits; what fails is logged.
 */
int network_server(uint32_t index);

#endif
