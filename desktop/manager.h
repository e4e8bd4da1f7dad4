/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmosd orders, and what it hears. */
#ifndef DESKTOP_MANAGER_H
#define DESKTOP_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "helper/link.h"

struct clipboard;
struct guest;
struct window_set;

struct manager {
	struct link link;
	const struct guest *guest;
	const struct window_set *windows;
	struct clipboard *clipboard;
	uint64_t wakeups;
	bool quit; /* vmosd said so */
	bool adopted; /* another vmosd has taken the fds back */
};

/* For link.obey, with a struct manager. */
void manager_obey(void *data, const struct helper_msg *msg, int *fds);
void manager_tell_guest(struct manager *m, enum helper_guest_state state);
/* HELPER_CLIP_TAKE with @clip and @fd (borrowed), or HELPER_CLIP_WANT with neither. -errno: vmosd does not take it. */
int manager_tell_clip(struct manager *m, enum helper_type type, const struct helper_clip *clip, int fd);
/* What the user chose in a frame's menu. -errno: vmosd does not take it. */
int manager_tell_act(struct manager *m, enum helper_act_kind kind);

#endif
