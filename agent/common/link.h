/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's end of a channel: device, rings and sessions together; or of ctl by vsock. Calls back
 * when the host opens a session, when it ends, for each message, and when room
 * that was waited for has come.
 */
#ifndef AGENT_COMMON_LINK_H
#define AGENT_COMMON_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/common/device.h"
#include "agent/common/vsock.h"
#include "proto/carrier.h"

/* Messages kept when the ring is full; a host that lets more pile up does not read any more. */
#define LINK_QUEUE_MAX 65536

struct link;

struct link_ops {
	void (*joined)(struct link *l); /* a new session: nothing has been sent in it yet */
	void (*ended)(struct link *l); /* the session is over: all that the host held is ours again */
	int (*message)(struct link *l, const struct msg *m); /* < 0: the message makes no sense; logged */
	void (*room)(struct link *l); /* may be NULL: blobs may fit again */
};

struct link {
	struct device dev;
	struct vsock vsock; /* where carrier.streams, in place of @dev */
	struct carrier carrier;
	const struct link_ops *ops;
	bool joined;
	struct msg *queue; /* in order, sent before anything newer; owned */
	size_t queue_len, queue_cap;
};

/* Opens the device. Errors as device_open(). The caller watches link_fd() and calls link_dispatch() first of all. */
int link_open(struct link *l, const char *path, uint32_t role, const struct link_ops *ops);
/* The same of ctl by vsock. Errors and @listener as vsock_open(). */
int link_listen(struct link *l, int listener, const struct link_ops *ops);
/* Readable when there is something to do. */
int link_fd(const struct link *l);
void link_close(struct link *l);

/*
 * Takes what has come, at most CHANNEL_BATCH messages, and arms the doorbell.
 * 1: more is waiting, call again after other events; 0: sleep;
 * -EBADMSG: the host's indices make no sense; -ENOBUFS: the queue has overflowed.
 */
int link_dispatch(struct link *l);

/* Sends a message, or queues it while the ring is full. -ENOTCONN: no session. */
int link_send(struct link *l, const struct msg *m);
/* The head.seq that the next message sent will have. */
uint32_t link_next_seq(const struct link *l);
/* Puts @blob into the blob zone for a message sent next. -EAGAIN: no room; ops->room will say when. */
int link_blob(struct link *l, const void *blob, size_t len, struct blob_ref *ret_ref);
/* Publishes what was sent; called at the end of each turn of the event loop. */
void link_flush(struct link *l);

/* Runs link_dispatch() once, and link_flush(): the caller's handler of link_fd(). As link_dispatch(). */
int link_turn(struct link *l);

#endif
