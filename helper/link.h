/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A helper's link to vmosd: the socket it was born with, or one that a later vmosd made to the listener. See proto/helper.h. */
#ifndef HELPER_LINK_H
#define HELPER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/helper.h"

/* Of SETUP: region, notify_guest, notify_host (-1 all where there is no region), listener, and a connection to the user's server. */
enum { LINK_REGION, LINK_NOTIFY_GUEST, LINK_NOTIFY_HOST, LINK_LISTENER, LINK_SERVER, LINK_FDS };

struct sd_event;
struct sd_event_source;

struct link {
	int sock; /* owned; -1: no vmosd */
	int listener; /* owned */
	struct helper_setup setup;
	/* An order of vmosd's, checked. What of @fds it keeps it sets to -1, the others are closed. */
	void (*obey)(void *data, const struct helper_msg *order, int *fds);
	void (*lost)(void *data); /* vmosd is gone; may be NULL */
	void (*room)(void *data); /* link_event.c: the socket takes more, after link_want_room() */
	void *data;
	struct sd_event_source *source; /* of link_event.c */
};

/* Waits for SETUP, for a helper of @role, and listens. @ret_fds: LINK_FDS of them, the caller's but for the listener. -errno. */
int link_open(struct link *l, uint32_t role, int *ret_fds);
void link_close(struct link *l);
/* Maps the region that SETUP gave as @fd, if it is sealed memory of the size that @setup says. -errno. */
int link_map_region(const struct helper_setup *setup, int fd, void **ret_region);

/* -EAGAIN: no room; -ENOTCONN: no vmosd. */
int link_send(struct link *l, struct helper_msg *m, const int *fds, unsigned nfds);
/* The same without fds, where vmosd asks again for what it has not heard. */
void link_tell(struct link *l, struct helper_msg *m);
void link_tell_up(struct link *l);
/* The last word; the exit code says it as well. @text: our own words. */
void link_tell_failed(struct link *l, enum helper_reason reason, const char *text);
/* To a new vmosd: what SETUP gave us, the first three of LINK_FDS, and that we are up. */
void link_give_back(struct link *l, uint32_t epoch, const int *fds);

/* Where the loop waits for input: the socket, or the listener. */
int link_fd(const struct link *l);
/* Takes one packet or visitor. */
void link_wake(struct link *l);

/* link_event.c: the same in an sd-event loop. Before the sandbox: what that forbids later happens here. -errno. */
int link_watch(struct link *l, struct sd_event *event);
void link_unwatch(struct link *l);
void link_want_room(struct link *l, bool on);

#endif
