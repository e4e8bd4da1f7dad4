/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_fabric.h"

#include <string.h>

#include "manager/vm.h"

const struct net_fabric *net_fabric_find(const char *name)
{
	static const struct net_fabric *const fabrics[] = { &net_fabric_vde, &net_fabric_kernel };

	for (unsigned i = 0; i < sizeof(fabrics) / sizeof(fabrics[0]); i++) {
		if (strcmp(fabrics[i]->name, name) == 0)
			return fabrics[i];
	}
	return NULL;
}

void net_fabric_init(struct vm *vm)
{
	vm->link.ctl = -1;
	vm->card = (struct net_card){ .cable = NET_CABLE_NONE };
	vm->inside = (struct net_inside){ .cable = NET_CABLE_NONE };
}
