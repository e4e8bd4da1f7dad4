/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clipboard's way to the host and back, at the host's word. Until the host
 * asks, it only hears of which kind the newest selection is; what comes from it
 * becomes the clients' clipboard as if a client had copied it.
 */
#ifndef AGENT_GUI_CLIPBOARD_H
#define AGENT_GUI_CLIPBOARD_H

#include "agent/gui/server.h"

struct clipboard;

/* After the seat. NULL: memory is out. */
struct clipboard *clipboard_create(struct server *server);
/* Before the seat goes. */
void clipboard_destroy(struct clipboard *c);

/* The host has said WELCOME with these feature bits. */
void clipboard_welcome(struct clipboard *c, uint32_t features);
void clipboard_session_ended(struct clipboard *c);
/* CLIP_WANT and CLIP_GIVE. False: neither. @ret: 0, or -errno for a blob that is none. */
bool clipboard_handle(struct clipboard *c, const struct gui_msg *g, int *ret);
/* Blobs may fit again. */
void clipboard_room(struct clipboard *c);

#endif
