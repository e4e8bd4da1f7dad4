/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VDE switch of one network card: a vde_switch in a folder of its own in
 * the VM's, started by vmos-confine --switch. It outlives vmosd, and is found
 * again by a note of its process id and of when that process began.
 */
#ifndef MANAGER_NET_SWITCH_H
#define MANAGER_NET_SWITCH_H

#include <stdbool.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "manager/identity.h"

#define NET_SWITCH_PROGRAM "/usr/bin/vde_switch"

struct net_switch {
	char *dir, *note; /* owned */
	pid_t pid; /* 0: it does not run */
	sd_event_source *watch; /* its end; may be NULL */
	/* It ended by itself. */
	void (*ended)(struct net_switch *sw, void *userdata);
	void *userdata; /* borrowed */
};

struct net_switch_start {
	sd_event *event;
	const struct identity *identity;
	const char *program; /* vmos-confine's path */
};

/* Its folder is @name in @run_dir. -ENOMEM. */
int net_switch_init(struct net_switch *sw, const char *run_dir, const char *name);
/* Stops nothing: the process runs on. */
void net_switch_finish(struct net_switch *sw);

bool net_switch_is_installed(void);

/* Makes the folder and starts it; who connects waits until it serves. -errno. */
int net_switch_start(struct net_switch *sw, const struct net_switch_start *start);
/* Finds the one that a vmosd before us started. -ESRCH: it does not run any more. */
int net_switch_adopt(struct net_switch *sw, sd_event *event);
/* Ends it; no callback follows. */
void net_switch_stop(struct net_switch *sw);
#endif
