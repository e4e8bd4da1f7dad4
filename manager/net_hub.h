/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said to and by the vmos-tap of a NET VM, in terms of VMs. Of net_links.c only. */
#ifndef MANAGER_NET_HUB_H
#define MANAGER_NET_HUB_H

#include "manager/net_switch.h"

struct vm;

void net_hub_init(struct vm *net);
/* Starts vmos-tap. A NET VM without it runs, and its clients have no network: why is in its LastError. */
void net_hub_start(struct vm *net);
void net_hub_adopt(struct vm *net);
void net_hub_stop(struct vm *net);

/* Brings the NET VM's own plug to vmos-tap, if it has not got it. */
void net_hub_plug(struct vm *net);
/* Opens @vm's plug and gives it to the vmos-tap of @net; takes it away. */
void net_hub_link(struct vm *net, struct vm *vm);
void net_hub_unlink(struct vm *vm);
/* Sends the lists that are due, one at a time. */
void net_hub_send_lists(struct vm *net);

/* How @vm's processes are started. False: vmos-confine is not installed. The caller frees start->program. */
int net_hub_start_by(struct vm *vm, struct net_switch_start *ret_start);

#endif
