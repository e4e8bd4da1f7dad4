/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmosd's end: the socket this program was born with, or one that a later vmosd made to the listener. */
#ifndef DESKTOP_MANAGER_H
#define DESKTOP_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/helper.h"

#define MANAGER_FDS 5 /* of SETUP: region, notify_guest, notify_host, listener, Wayland connection */

struct clipboard;
struct guest;
struct window_set;

struct manager {
	int sock; /* -1: vmosd is gone */
	int listener;
	struct helper_setup setup;
	const struct guest *guest;
	const struct window_set *windows;
	struct clipboard *clipboard;
	uint64_t wakeups;
	bool quit; /* vmosd said so */
	bool adopted; /* another vmosd has taken the fds back */
};

/* Waits for SETUP on @sock. @ret_fds: MANAGER_FDS fds, the caller's; the last is -1: there is no display. 0 or -errno. */
int manager_receive_setup(struct manager *m, int sock, int *ret_fds);
/* Reports. None of them fails: a vmosd that does not listen asks again. */
void manager_tell_up(struct manager *m);
void manager_tell_guest(struct manager *m, enum helper_guest_state state);
void manager_tell_failed(struct manager *m, enum helper_reason reason, const char *text);
/* HELPER_CLIP_TAKE with @clip and @fd (borrowed), or HELPER_CLIP_WANT with neither. -errno: vmosd does not take it. */
int manager_tell_clip(struct manager *m, enum helper_type type, const struct helper_clip *clip, int fd);
/* What the user chose in a frame's menu. -errno: vmosd does not take it. */
int manager_tell_act(struct manager *m, enum helper_act_kind kind);
/* Where the event loop waits for input: the socket, or the listener. */
int manager_fd(const struct manager *m);
/* Takes one packet or visitor. */
void manager_wake(struct manager *m);
void manager_finish(struct manager *m);

#endif
