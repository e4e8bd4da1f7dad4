/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of VMs in the network, from which their addresses follow (proto/netplan.h). Pure. */
#ifndef MANAGER_NET_INDEX_H
#define MANAGER_NET_INDEX_H

#include <stddef.h>
#include <stdint.h>

/* The lowest one that is not among the @n of @used; 0: there is none left. */
uint32_t net_index_pick(const uint32_t *used, size_t n);

#endif
