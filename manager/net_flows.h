/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows() of org.vmos.Net1: what runs through the NET VMs now. */
#ifndef MANAGER_NET_FLOWS_H
#define MANAGER_NET_FLOWS_H

#include <systemd/sd-bus.h>

/* As a handler of sd-bus: s vm ("": of all). Answers when all vmos-tap have. */
int net_flows_call(sd_bus_message *call, void *manager, sd_bus_error *ret_error);

#endif
