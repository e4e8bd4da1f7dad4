/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said to and by the vmos-tap of a NET VM, in terms of VMs. Of net_links.c and the fabrics only. */
#ifndef MANAGER_NET_HUB_H
#define MANAGER_NET_HUB_H

#include <stdint.h>

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

/* For the fabrics. @fds: VDE's plug, data and control socket, borrowed; @ifindex: the kernel's device; NULL and 0: neither came. */
void net_hub_inside_plugged(struct vm *net, uint32_t ifindex, const int *fds);
void net_hub_plugged(struct vm *vm, uint32_t ifindex, const int *fds);
/* Runs vmos-tap. @kernel: what the kernel's fabric gives it, borrowed; NULL: VDE. -errno; -ENOENT: it is not installed. */
int net_hub_run_tap(struct vm *net, const int *kernel);
/* vmos-tap does not run, and will not: why goes to LastError. */
void net_hub_give_up(struct vm *net, const char *text);
/* The same of one that runs and whose cards are out of reach: its links end at once. */
void net_hub_lose(struct vm *net, const char *text);

#endif
