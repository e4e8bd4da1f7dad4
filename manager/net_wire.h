/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmosd's end of one vmos-wire (proto/wire.h). Requests wait in line, and one
 * is on its way at a time: what is not answered in time, or not by the rules,
 * ends the connection. Where systemd keeps file descriptors for vmosd, the
 * connection and the network namespace lie there too, so that a vmosd that
 * comes back has them.
 */
#ifndef MANAGER_NET_WIRE_H
#define MANAGER_NET_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "proto/text.h"
#include "proto/wire.h"

#define NET_WIRE_TIMEOUT 15 /* seconds */
#define NET_WIRE_CALLS_MAX 1024 /* in line; more are refused */
#define NET_WIRE_STORED "wire-" /* begins the name by which systemd keeps one */

struct net_wire;
struct net_wire_call;

struct net_wire_reply {
	int error; /* 0, or -errno; -ECONNRESET: the connection ended, and nobody knows */
	const char *text; /* of an error: what did not work */
	uint32_t ifindex;
	int *fds; /* of MAKE and SHARE; who takes one over leaves -1 */
	unsigned nfds;
};

typedef void (*net_wire_fn)(const struct net_wire_reply *reply, void *userdata);

struct net_wire_ops {
	/* It is open, or what the vmosd before us had asked is done. */
	void (*ready)(struct net_wire *w);
	/* It ended by itself; whoever waited has been told. @w is no more when this returns. */
	void (*ended)(struct net_wire *w, const char *why);
};

struct net_wire_start {
	sd_event *event;
	const char *path; /* of its socket */
	const struct net_wire_ops *ops;
	void *userdata; /* borrowed */
};

struct net_wire {
	struct net_wire *next; /* the owner's */
	struct net_wire_start start; /* path: NULL from then on */
	char name[VM_NAME_MAX + 1]; /* of the NET VM; "": cards wait there, and nothing is filtered */
	bool is_ready;
	int sock, ns; /* -1: none */
	struct net_wire_call *first, **last; /* the first one is on its way, if … */
	bool is_sent;
	unsigned ncalls;
	bool adopting; /* answers to the vmosd before us may come */
	bool busy, closed; /* a callback runs; it is to be freed then */
	char broken[WIRE_TEXT_MAX + 32]; /* it is to be ended then, for this reason; "": it is not */
	sd_event_source *io, *next_turn, *timer;
};

/* The NET VM's name in that by which systemd keeps one, "" of the one where cards wait; NULL: it is none of ours. */
const char *net_wire_stored_name(const char *name);

/* Connects and asks to OPEN; requests may follow at once. -errno: nobody listens. */
int net_wire_open(const struct net_wire_start *start, const char *name, struct net_wire **ret_wire);
/* One that the vmosd before us opened: @fds, its socket and its namespace, are taken over, also where it fails. */
int net_wire_adopt(const struct net_wire_start *start, const char *name, const int fds[2], struct net_wire **ret_wire);
/* Ends it; nobody is called. NULL is legal. */
void net_wire_close(struct net_wire *w);

/* Calls @fn (NULL: nobody wants to know) later, once. -EBUSY: too many wait; -ENOTCONN, -ENOMEM. */
int net_wire_ask(struct net_wire *w, enum wire_type type, uint32_t index, net_wire_fn fn, void *userdata);
/* The same of GIVE, to the namespace of @to, which must be ready. */
int net_wire_give(struct net_wire *w, uint32_t index, const struct net_wire *to, net_wire_fn fn, void *userdata);
/* What is asked is still done, but @userdata is not told. */
void net_wire_forget(struct net_wire *w, const void *userdata);

#endif
