/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a VDE switch for vmos-tap, opened by vmos-confine --plug: a switch
 * reads frames, and one that a guest has taken over must not hold vmosd up.
 */
#ifndef MANAGER_NET_PLUG_H
#define MANAGER_NET_PLUG_H

#include <systemd/sd-event.h>

#include "manager/net_switch.h"

#define NET_PLUG_TIMEOUT 15 /* seconds */

struct net_plug;

/* @fds: data and control socket, borrowed; NULL: it did not open. @plug is no more when this returns. */
typedef void (*net_plug_fn)(const int *fds, void *userdata);

/* Calls @done later, once. -errno: it does not begin. */
int net_plug_open(const struct net_switch_start *start, const char *dir, net_plug_fn done, void *userdata,
	struct net_plug **ret_plug);
/* Nobody waits for it any more. NULL is legal. */
void net_plug_cancel(struct net_plug *plug);

#endif
