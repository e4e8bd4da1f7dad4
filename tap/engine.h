/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What moves frames: takes them from the plugs to path.h, and from there to the plugs. */
#ifndef TAP_ENGINE_H
#define TAP_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "tap/frame.h"

#define PLUG_QUEUE 64 /* frames that wait for room in the peer's socket; the next ones are dropped */

struct tap;
struct link;

struct plug {
	struct tap *tap; /* borrowed */
	struct link *link; /* whose it is; NULL: the NET VM's */
	int data, control; /* owned; -1: nobody there */
	sd_event_source *reads, *ends; /* owned */
};

#define PLUG_NONE ((struct plug){ .data = -1, .control = -1 })

void engine_open(void);
/* Takes both fds over, also where it fails. @link NULL: the NET VM's side; what was there is closed. */
int engine_plug(struct tap *t, struct link *link, int data, int control);
void engine_unplug(struct plug *plug);

/*
 * Sends a frame; a full peer drops it. @data is left alone until the frames that came together have been judged;
 * with _now it may be used again on return.
 */
void engine_to_net(struct tap *t, const uint8_t *data, uint32_t len);
void engine_to_client(struct tap *t, struct link *link, const uint8_t *data, uint32_t len);
void engine_to_net_now(struct tap *t, const uint8_t *data, uint32_t len);
void engine_to_client_now(struct tap *t, struct link *link, const uint8_t *data, uint32_t len);

#endif
