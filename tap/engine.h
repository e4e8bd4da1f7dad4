/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What moves frames: takes them from the plugs to path.h, and from there to the
 * plugs. Two fabrics have one each: engine_vde.c moves every frame itself; for
 * engine_tc.c the kernel passes frames of flows that it was told of.
 */
#ifndef TAP_ENGINE_H
#define TAP_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "proto/tap.h"
#include "tap/frame.h"

#define PLUG_QUEUE 64 /* frames that wait for room in the peer's socket; the next ones are dropped */

struct tap;
struct link;
struct memory_flow;
struct sandbox_choice;

struct plug {
	struct tap *tap; /* borrowed */
	struct link *link; /* whose it is; NULL: the NET VM's */
	int data, control; /* VDE: owned; -1: nobody there */
	uint32_t ifindex; /* KERNEL; 0: nobody there */
	sd_event_source *reads, *ends; /* owned */
};

#define PLUG_NONE ((struct plug){ .data = -1, .control = -1 })

/* One fabric's. */
struct engine {
	const char *const *calls; /* as for sandbox_calls_with() */
	const struct sandbox_choice *choice; /* may be NULL, as all that follow _send */
	int (*open)(struct tap *t, const int fds[TAP_KERNEL_FDS]);
	int (*plug)(struct plug *plug); /* what it is stands in it */
	void (*unplug)(struct plug *plug);
	void (*send)(struct plug *to, const uint8_t *data, uint32_t len, bool now);
	void (*close)(void);
	void (*begin)(struct tap *t, struct memory_flow *flow);
	void (*end)(struct tap *t, struct memory_flow *flow);
	void (*look)(struct tap *t, struct memory_flow *flow);
	void (*second)(struct tap *t);
	void (*count)(struct tap *t, const struct link *link, struct tap_stats *stats);
};

extern const struct engine engine_vde;
extern const struct engine engine_tc;

/* Before the sandbox, and when the memory is there. @fds: of the kernel's fabric; taken over, also where it fails. */
int engine_open(struct tap *t, enum tap_fabric fabric, const int fds[TAP_KERNEL_FDS]);
void engine_close(struct tap *t);
/* The last stage of the sandbox, as far as frames need it. */
int engine_sandbox(void);

/* Takes over what @end holds, also where it fails. @link NULL: the NET VM's side; what was there is closed. */
int engine_plug(struct tap *t, struct link *link, struct plug *end);
void engine_unplug(struct plug *plug);

/*
 * Sends a frame; a full peer drops it. @data is left alone until the frames that came together have been judged;
 * with _now it may be used again on return.
 */
void engine_to_net(struct tap *t, const uint8_t *data, uint32_t len);
void engine_to_client(struct tap *t, struct link *link, const uint8_t *data, uint32_t len);
void engine_to_net_now(struct tap *t, const uint8_t *data, uint32_t len);
void engine_to_client_now(struct tap *t, struct link *link, const uint8_t *data, uint32_t len);

/* From now on the kernel may pass the flow by itself. */
void engine_flow_begin(struct tap *t, struct memory_flow *flow);
/* Not any longer; what it has seen of it stands in @flow. */
void engine_flow_end(struct tap *t, struct memory_flow *flow);
/* Brings @flow up to date with what the kernel has seen. */
void engine_flow_look(struct tap *t, struct memory_flow *flow);
/* Each second while there are flows. */
void engine_second(struct tap *t);
/* Adds what the kernel has counted. @link NULL: the NET VM's side. */
void engine_count(struct tap *t, const struct link *link, struct tap_stats *stats);

#endif
