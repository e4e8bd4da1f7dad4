/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of the gui channel: sessions, messages taken and sent. The
 * only place of this program where bytes of a guest are read: each message is
 * a private copy, decoded in proto/, then handed on as a struct.
 */
#ifndef DESKTOP_GUEST_H
#define DESKTOP_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/channel.h"
#include "proto/gui.h"
#include "proto/helper.h"

#define GUEST_LOT 32 /* messages between two looks at the compositor's socket */
#define GUEST_BACKLOG 4096 /* messages kept while the guest takes none */
#define GUEST_BACKLOG_INPUT 3072 /* beyond it input is dropped */

struct clipboard;
struct display;
struct manager;
struct output;
struct seat;
struct window_set;

struct guest {
	struct channel channel;
	struct display *display;
	struct window_set *windows;
	struct seat *seat;
	struct clipboard *clipboard;
	struct manager *manager; /* hears of its state */
	void *region;
	size_t region_size;
	int fd, notify_guest, notify_host; /* owned */
	bool joined; /* reported */
	bool greeted; /* it has said HELLO */
	uint32_t features; /* GUI_FEATURE_* as it said there */
	bool more; /* messages wait, or the session has to be looked at again */
	bool overflow; /* it takes nothing any more: its session ends */
	bool keymap_due;
	char why[HELPER_TEXT_MAX - 32]; /* of the breach, our own words */
	unsigned backlog_first, backlog_len;
	struct msg backlog[GUEST_BACKLOG];
};

/* Maps the region and opens the session. Takes the fds in any case. 0 or -errno. */
int guest_init(struct guest *g, const struct helper_setup *s, const int *fds);
/* Closes the session so that the guest knows. */
void guest_finish(struct guest *g);

/*
 * Takes what is there, at most CHANNEL_BATCH messages. Call when notify_host
 * is readable and when @g->more is set. 0; -EBADMSG: the guest broke the
 * protocol, @g->why says how; another -errno: we cannot go on.
 */
int guest_wake(struct guest *g);
/* Sends what is queued and tells the guest. Once per round of the event loop. As guest_wake(). */
int guest_flush(struct guest *g);

/* Queues a message, dropped if no guest has said HELLO. Never fails: see GUEST_BACKLOG. */
void guest_send(struct guest *g, const struct gui_msg *m);
void guest_send_keymap(struct guest *g, const char *text, size_t len);
void guest_send_output(struct guest *g, struct output *o, bool gone);

enum helper_guest_state guest_state(const struct guest *g);

/* dispatch.c: hands a decoded message on. 0, -EBADMSG with @g->why set, or another -errno. */
int dispatch(struct guest *g, const struct gui_msg *m);

#endif
