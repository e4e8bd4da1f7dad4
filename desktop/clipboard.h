/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clipboard's way between this VM and the others, begun by the user's
 * gesture and by nothing else. Copy: the guest is asked, what it answers is
 * checked and goes to vmosd. Paste: vmosd is asked, what it gives becomes the
 * guest's clipboard. A guest's answer to a question that is over is left out,
 * one to a question that never was is a breach of the protocol.
 */
#ifndef DESKTOP_CLIPBOARD_H
#define DESKTOP_CLIPBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/gui.h"
#include "proto/helper.h"

#define CLIPBOARD_STALL_MS 3000 /* without a byte of the guest's a copy is given up */
#define CLIPBOARD_COPY_MS 15000 /* … and altogether */

struct guest;
struct manager;
struct window;
struct window_set;

struct clipboard {
	struct guest *guest;
	struct manager *manager;
	struct window_set *windows;
	bool able; /* the guest knows of it */
	uint32_t offered; /* GUI_MIME_* bits, the guest's word */
	uint32_t win; /* the window of the last gesture: where notes go */

	uint32_t wants, gives; /* xfer of this session's last WANT and GIVE; 0: none */
	uint8_t *copy; /* mapped, GUI_CLIP_MAX; NULL: no copy is under way */
	size_t copy_len;
	uint32_t copy_mime;
	uint64_t stall_ms, end_ms;

	bool hoping; /* vmosd has been asked */
	uint8_t *paste; /* mapped; NULL: none is under way */
	size_t paste_len, paste_sent;
	uint32_t paste_mime;
};

/* The guest said HELLO, sent an OFFER or DATA. -EPROTO: an answer to no question. */
void clipboard_greet(struct clipboard *c, uint32_t features);
void clipboard_offer(struct clipboard *c, const struct gui_clip_offer *offer);
int clipboard_data(struct clipboard *c, const struct gui_clip_data *data);
/* The session is over. */
void clipboard_reset(struct clipboard *c);

/* The gestures, on window @w. */
void clipboard_copy(struct clipboard *c, struct window *w);
void clipboard_paste(struct clipboard *c, struct window *w);

/* vmosd's answers; @fd is borrowed. */
void clipboard_give(struct clipboard *c, const struct helper_clip *clip, int fd);
void clipboard_note(struct clipboard *c, bool bad, const char *text);

/* Sends the guest as much of a paste as there is room for. True: there is more, and no room. */
bool clipboard_pump(struct clipboard *c);
/* Gives up a copy that takes too long. The ms until it is to be called again: 0 after it did something, -1: never. */
int clipboard_tick(struct clipboard *c);

#endif
