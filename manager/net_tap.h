/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vmos-tap process of one NET VM: born with a socket as fd 3, or found
 * again by the socket it listens on. It reads frames of guests, so all it says
 * is checked field by field. Its memory is kept here, so that the next one goes
 * on with the flows of one that died.
 */
#ifndef MANAGER_NET_TAP_H
#define MANAGER_NET_TAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "manager/identity.h"
#include "proto/tap.h"

#define NET_TAP_RESTARTS 3 /* a minute at most */
#define NET_TAP_UP_TIMEOUT 60 /* seconds */
#define NET_TAP_NEWS_PERIOD 10 /* seconds, in which … */
#define NET_TAP_NEWS_MAX 60000 /* … at most so many messages may come that nobody asked for */

/* none: not started. starting: until UP, or until one that was found has told all it has. up. ended: for good. */
enum net_tap_state { NET_TAP_NONE, NET_TAP_STARTING, NET_TAP_UP, NET_TAP_ENDED };

struct net_tap;

struct net_tap_ops {
	/* It is up; @found: it was there before this vmosd, and its links were told by have(). */
	void (*up)(struct net_tap *tap, bool found);
	void (*have)(struct net_tap *tap, uint32_t index);
	/* QUESTION, WITHDRAW, FLOW, FLOWS_END, LOG or STATS. */
	void (*report)(struct net_tap *tap, const struct tap_msg *m);
	/* All that was to be sent is sent. */
	void (*drained)(struct net_tap *tap);
	/* It is gone, for the reason tap->text; it may be started again from here. */
	void (*ended)(struct net_tap *tap);
};

/* All borrowed. */
struct net_tap_start {
	const char *program, *run_dir;
	const char *net; /* the NET VM's name */
	const int *kernel; /* TAP_KERNEL_FDS of them, of SETUP; NULL: VDE */
};

struct net_tap_out;

struct net_tap {
	const struct net_tap_ops *ops;
	void *owner; /* struct vm, borrowed */
	sd_event *event; /* borrowed */
	const struct identity *identity; /* borrowed */

	enum net_tap_state state;
	pid_t pid; /* 0: not our child */
	int sock, memory; /* -1: none */
	int found; /* pidfd of one that is not our child; -1: none */
	sd_event_source *io, *child, *timer; /* may be NULL */
	struct net_tap_out *first, **last; /* messages that wait until the socket takes them */
	char text[TAP_TEXT_MAX]; /* its last words, or ours */
	bool failed; /* text is its own */
	uint64_t restarts[NET_TAP_RESTARTS]; /* monotonic usec */
	uint64_t news_since; /* monotonic usec */
	unsigned news;
};

void net_tap_init(struct net_tap *tap, const struct net_tap_ops *ops, void *owner);
/* Starts one, after ending one that is noted in its folder. -errno: it does not run. */
int net_tap_start(struct net_tap *tap, const struct net_tap_start *start);
/* Connects to one that an earlier vmosd started: it is starting until all its links are told. */
int net_tap_adopt(struct net_tap *tap, const char *run_dir);
/* Ends it for good, and forgets its memory; no callback follows. */
void net_tap_stop(struct net_tap *tap);

/* Whether it may be started once more, by the limit per minute; counts it. */
bool net_tap_may_restart(struct net_tap *tap);

/* Sends, or keeps it until it can be sent (@fds, @m->nfds of them, are borrowed). -ENOTCONN, -ENOMEM. */
int net_tap_send(struct net_tap *tap, const struct tap_msg *m, const int *fds);
int net_tap_send_type(struct net_tap *tap, enum tap_type type);
/* Whether messages wait. */
bool net_tap_is_behind(const struct net_tap *tap);

#endif
