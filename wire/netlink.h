/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of rtnetlink(7) that set one thing of a network device, answered at
 * once. All return 0 or -errno.
 */
#ifndef WIRE_NETLINK_H
#define WIRE_NETLINK_H

#include <stdint.h>

/* A socket for the others; it stays in the network namespace in which it was made. */
int netlink_open(void);

/* Sets the flags (IFF_UP, …) that are in @mask as they are in @flags. */
int netlink_set_flags(int sock, uint32_t ifindex, uint32_t flags, uint32_t mask);
/* @frames: how many wait at most for who reads the queue. */
int netlink_set_size(int sock, uint32_t ifindex, uint32_t mtu, uint32_t frames);
/* No address of IPv6 comes by itself. -EAFNOSUPPORT: the kernel has no IPv6 there. */
int netlink_set_no_address(int sock, uint32_t ifindex);
/* The device goes to the network namespace @ns. -EEXIST: there is one of its name. */
int netlink_move(int sock, uint32_t ifindex, int ns);

#endif
