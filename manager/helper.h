/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One helper process of one VM: vmos-courier, vmos-desktop or vmos-audio. Born here with a
 * socket as fd 3, or found again by the socket it listens on. It reads hostile
 * bytes, so what it says is checked field by field, and it is known by its
 * socket, never by what it says.
 */
#ifndef MANAGER_HELPER_H
#define MANAGER_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "manager/identity.h"
#include "manager/region.h"
#include "proto/helper.h"

#define HELPER_RESTARTS 3 /* a minute at most */
#define HELPER_GUEST_MAX 100 /* reports of the guest's state … */
#define HELPER_GUEST_PERIOD 10 /* … seconds at most */
#define HELPER_LEAVE_TIMEOUT 3 /* seconds that one gets after QUIT */
#define HELPER_UP_TIMEOUT 60 /* seconds until a new helper must be up */

#define HELPER_SOUND_MAX 100 /* reports of the sound's state in the same time */

enum helper_kind { HELPER_COURIER, HELPER_DESKTOP, HELPER_AUDIO, HELPER_KINDS };

/* none: not started. starting: until UP. up. ended: gone, and not to be started again by itself. */
enum helper_state { HELPER_STATE_NONE, HELPER_STATE_STARTING, HELPER_STATE_UP, HELPER_STATE_ENDED };

struct helper;

struct helper_ops {
	void (*up)(struct helper *h);
	void (*guest)(struct helper *h, const struct helper_guest *guest);
	void (*stats)(struct helper *h, const struct helper_stats *stats);
	/* A desktop's; @fd is borrowed. */
	void (*clip_take)(struct helper *h, const struct helper_clip *clip, int fd);
	void (*clip_want)(struct helper *h);
	void (*act)(struct helper *h, enum helper_act_kind kind);
	/* Of a courier: its guest asks for something; gives up asking. @args is its own from here on. -EBADMSG: it may not. */
	int (*request)(struct helper *h, const struct helper_request *request, int args);
	void (*cancel)(struct helper *h, uint32_t id);
	/* Which program of its guest has a port: a claim. */
	void (*owner)(struct helper *h, const struct helper_owner *owner);
	/* What time its guest has been told: a claim. */
	void (*clock)(struct helper *h, const struct helper_clock *clock);
	/* What its guest can start; @fd is borrowed, -1 where that is nothing. -EBADMSG: it is no such list. */
	int (*apps)(struct helper *h, uint32_t count, int fd);
	/* Of a courier: a program of its guest shows something, takes it back, or does so too often. @fd is borrowed. */
	int (*notify)(struct helper *h, const struct helper_notify *notify, int fd);
	void (*unnotify)(struct helper *h, uint32_t id);
	void (*held)(struct helper *h, uint32_t count);
	/* Of a courier by vsock: it has no connection. */
	void (*connect)(struct helper *h);
	/* Of an audio: how its sound is. */
	void (*audio)(struct helper *h, const struct helper_audio *audio);
	/* It is gone. @reason: enum helper_reason; @text: its last words, or ours. It may be started again from here. */
	void (*ended)(struct helper *h, enum helper_reason reason, const char *text);
};

struct helper {
	enum helper_kind kind;
	const struct helper_ops *ops;
	void *owner; /* struct vm, borrowed */
	sd_event *event; /* borrowed */
	struct region *region; /* borrowed */
	const struct identity *identity; /* borrowed */

	enum helper_state state;
	uint32_t epoch; /* of the last session opened */
	pid_t pid; /* 0: not our child (adopted) or none */
	int sock; /* -1: none */
	sd_event_source *io, *child, *timer; /* may be NULL */
	bool failed; /* a FAILED came: reason and text are its own */
	enum helper_reason reason;
	char text[HELPER_TEXT_MAX];
	uint64_t restarts[HELPER_RESTARTS]; /* when the last ones were, monotonic usec */
	struct helper_stats stats;
	uint64_t guest_since; /* monotonic usec: begin of the period that guest_count counts */
	unsigned guest_count;
	bool stats_wanted; /* a QUERY is unanswered */
	bool by_vsock; /* a courier without a region: it asks for connections */
	bool keeper; /* a desktop without a display, an audio without a sound server */
};

struct helper_start {
	const char *program; /* its path */
	const char *listen_path;
	const char *vm;
	uint32_t rgb;
	bool sound; /* for a desktop: the VM has it */
	int display; /* for a desktop: connected to the compositor, for an audio to the sound server, borrowed; -1: none, it only keeps the channel */
};

void helper_init(struct helper *h, enum helper_kind kind, const struct helper_ops *ops, void *owner);
/* Starts the program and hands it the region. -errno: it does not run. */
int helper_start(struct helper *h, const struct helper_start *start);
/* Connects to a helper that an earlier vmosd started. On 0 it is starting until its fds came (ops->up). */
int helper_adopt(struct helper *h, const char *listen_path);
/* The label its process has. */
enum label_kind helper_label(enum helper_kind kind);
/* Tells a helper of a VM that does not run any more to leave. -errno: nobody is there. */
int helper_dismiss(const char *listen_path);
/* Ends it for good; no callback follows. */
void helper_stop(struct helper *h);

/* May it be started once more, by the limit per minute? Counts it. */
bool helper_may_restart(struct helper *h);

int helper_send(struct helper *h, const struct helper_msg *m, const int *fds);
/* A message without fields. */
int helper_send_type(struct helper *h, enum helper_type type);

#endif
